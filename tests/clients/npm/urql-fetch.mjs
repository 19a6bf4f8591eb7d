import { OUTCOMES, play, token, url } from './harness.mjs';

// docs: urql
import { Client, cacheExchange, fetchExchange } from '@urql/core';

const client = new Client({
  url: `${url}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  fetchSubscriptions: true,
  fetchOptions: () => ({ headers: { authorization: `Bearer ${token}` } }),
});

// A lost connection, or a gateway that stops and whose successor goes on.
const lost = (error) =>
  error?.networkError instanceof TypeError ||
  error?.graphQLErrors.some(({ extensions }) => extensions.code === 'SERVICE_UNAVAILABLE');

function follow(run, show, after = null) {
  return new Promise((complete, fail) => {
    const subscribe = () => {
      let ended = false; // the stream ends by itself then: to unsubscribe would abort it, which urql 6 does not catch
      client.subscription(OUTCOMES, { run, after }).subscribe(({ data, error, hasNext }) => {
        if (ended) return;
        if (lost(error)) {
          ended = true;
          setTimeout(subscribe, 1000);
        } else if (error && !(error.networkError && error.response?.ok)) {
          fail(error);
        } else if (data && hasNext) {
          show(data.entryCancelOutcomes);
          after = data.entryCancelOutcomes.cursor;
        } else {
          complete(); // urql gives the last result once more at the end; where there was none, it makes up an error
        }
      });
    };
    subscribe();
  });
}
// docs: end

async function ask(document, variables) {
  const send = document.startsWith('mutation') ? client.mutation : client.query;
  const { data, error } = await send.call(client, document, variables, { requestPolicy: 'network-only' });
  if (error) throw error;
  return data;
}

await play({ ask, follow });
