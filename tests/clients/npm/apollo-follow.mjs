import { OUTCOMES as TEXT } from './harness.mjs';

// docs: apollo follow
import { CombinedGraphQLErrors, ServerError, gql } from '@apollo/client';

const OUTCOMES = gql(TEXT);

// A lost connection, or a gateway that stops and whose successor goes on.
const lost = (error) =>
  CombinedGraphQLErrors.is(error)
    ? error.errors.some(({ extensions }) => extensions.code === 'SERVICE_UNAVAILABLE')
    : !ServerError.is(error);

export function follow(client, run, show, after = null) {
  return new Promise((complete, fail) => {
    const subscribe = () => {
      let failure = null;
      client.subscribe({ query: OUTCOMES, variables: { run, after } }).subscribe({
        next({ data, error }) {
          failure = error;
          if (error) return;
          show(data.entryCancelOutcomes);
          after = data.entryCancelOutcomes.cursor;
        },
        complete() {
          if (!failure) complete();
          else if (lost(failure)) setTimeout(subscribe, 1000);
          else fail(failure);
        },
      });
    };
    subscribe();
  });
}
// docs: end

export const askWith = (client) => async (text, variables) => {
  const document = gql(text);
  const { data } = text.startsWith('mutation')
    ? await client.mutate({ mutation: document, variables })
    : await client.query({ query: document, variables });
  return data;
};
