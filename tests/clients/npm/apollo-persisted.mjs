import { askWith, follow } from './apollo-follow.mjs';
import { play, tell, token, url } from './harness.mjs';

// docs: apollo persisted
import { createHash } from 'node:crypto'; // in a browser: the package crypto-hash
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const http = new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } });

const client = new ApolloClient({
  link: new PersistedQueryLink({ sha256 }).concat(http),
  cache: new InMemoryCache(),
});
// docs: end

const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const { operationName, query, extensions } = JSON.parse(init.body);
  tell('sent', [operationName, query !== undefined, extensions?.persistedQuery !== undefined]);
  return send(input, init);
};

await play({ ask: askWith(client), follow: (...args) => follow(client, ...args) });
