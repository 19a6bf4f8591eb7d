import { OUTCOMES, play, token, url } from './harness.mjs';

// docs: graphql-sse
import { createClient } from 'graphql-sse';

const client = createClient({
  url: `${url}/graphql`,
  headers: () => ({ authorization: `Bearer ${token}` }),
});

async function follow(run, show, after = null) {
  const variables = { run, after };
  for await (const { data, errors } of client.iterate({ query: OUTCOMES, variables })) {
    // The gateway stops, and its successor goes on.
    if (errors?.[0].extensions.code === 'SERVICE_UNAVAILABLE') return follow(run, show, variables.after);
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
client.dispose();
