import { OUTCOMES, play, token, url } from './harness.mjs';

// docs: urql with graphql-ws
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { forEach, onEnd, pipe } from 'wonka';

const socket = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  shouldRetry: () => true, // also while the gateway restarts and takes no connection
});

const client = new Client({
  url: `${url}/graphql`,
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe(request, sink) }),
      }),
    }),
  ],
  fetchOptions: () => ({ headers: { authorization: `Bearer ${token}` } }),
});

function follow(run, show, after = null) {
  const variables = { run, after };
  return new Promise((complete, fail) => {
    pipe(
      client.subscription(OUTCOMES, variables),
      onEnd(complete),
      forEach(({ data, error, hasNext }) => {
        if (error) fail(error);
        if (!data || !hasNext) return; // at the end the last result is given once more
        show(data.entryCancelOutcomes);
        // When the connection is lost graphql-ws subscribes again, with what the variables are then.
        variables.after = data.entryCancelOutcomes.cursor;
      }),
    );
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
await socket.dispose();
