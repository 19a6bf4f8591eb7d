import { readdirSync } from 'node:fs';
import { CANCEL, RUN, play, run, tell, token, url } from '../harness.mjs';
import page from './__generated__/runEntriesPageQuery.graphql.js';
import entries from './__generated__/runEntriesQuery.graphql.js';
import CANCEL_MUTATION from './__generated__/runCancelMutation.graphql.js';
import OUTCOMES from './__generated__/runOutcomesSubscription.graphql.js';
import QUERY from './__generated__/runQuery.graphql.js';
import fragment from './__generated__/run_entries.graphql.js';

import { commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector } from 'relay-runtime';

// docs: relay
import { Environment, Network, Observable, RecordSource, Store, requestSubscription } from 'relay-runtime';
import { createClient } from 'graphql-ws';

const authorization = `Bearer ${token}`;

async function send({ text, id }, variables) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: text, doc_id: id, variables }), // `id` in place of `text` with trusted documents
  });
  return answer.json();
}

const socket = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  connectionParams: () => ({ authorization }),
  retryAttempts: 0, // it would subscribe again with the first cursor; `follow` does with the last
});

const subscribe = ({ text, id }, variables) =>
  Observable.create((sink) => socket.subscribe({ query: text ?? '', doc_id: id, variables }, sink));

const environment = new Environment({
  network: Network.create(send, subscribe),
  store: new Store(new RecordSource()),
});

function follow(run, show, after = null) {
  return new Promise((complete, fail) => {
    const again = () =>
      requestSubscription(environment, {
        subscription: OUTCOMES,
        variables: { run, after },
        onNext({ entryCancelOutcomes }) {
          show(entryCancelOutcomes);
          after = entryCancelOutcomes.cursor;
        },
        // A refusal is an Error or a list of them; a lost connection is the event that told of it.
        onError: (error) =>
          Array.isArray(error) || error instanceof Error ? fail(error) : setTimeout(again, 1000),
        onCompleted: complete,
      });
    again();
  });
}
// docs: end

const ask = (text, variables) =>
  text === RUN
    ? fetchQuery(environment, QUERY, variables).toPromise()
    : new Promise((onCompleted, onError) => {
      commitMutation(environment, { mutation: CANCEL_MUTATION, variables, onCompleted, onError });
    });

// The entries, four a page: the first with the run, the others as a pagination container asks, by the id of the run.
async function pages(number) {
  const first = createOperationDescriptor(entries, { number });
  const { journalRun } = await fetchQuery(environment, entries, { number }).toPromise();
  environment.retain(first);
  const selector = getSingularSelector(fragment, journalRun);
  for (;;) {
    const { journalEntries } = environment.lookup(selector).data;
    const { hasNextPage, endCursor: cursor } = journalEntries.pageInfo;
    tell('page', journalEntries.edges.map(({ node }) => node.number));
    if (!hasNextPage) return;
    await fetchQuery(environment, page, { id: journalRun.id, count: 4, cursor }).toPromise();
  }
}

await play({ ask, follow });
await pages(run);
await socket.dispose();
