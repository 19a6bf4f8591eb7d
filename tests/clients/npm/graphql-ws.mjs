import { OUTCOMES, play, token, url } from './harness.mjs';

// docs: graphql-ws
import { createClient } from 'graphql-ws';

const client = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  shouldRetry: () => true, // also while the gateway restarts and takes no connection
});

async function follow(run, show, after = null) {
  const variables = { run, after };
  for await (const { data, errors } of client.iterate({ query: OUTCOMES, variables })) {
    if (errors) throw new Error(errors[0].message);
    show(data.entryCancelOutcomes);
    // When the connection is lost the client subscribes again, with what the variables are then.
    variables.after = data.entryCancelOutcomes.cursor;
  }
}
// docs: end

async function ask(query, variables) {
  for await (const { data } of client.iterate({ query, variables })) return data;
}

await play({ ask, follow });
await client.dispose();
