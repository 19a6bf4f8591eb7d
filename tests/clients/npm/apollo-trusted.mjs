import { readFileSync } from 'node:fs';
import { askWith, follow } from './apollo-follow.mjs';
import { play, tell, token, url } from './harness.mjs';

// docs: apollo trusted
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';

const manifest = JSON.parse(readFileSync('persisted-query-manifest.json', 'utf-8'));
const ids = generatePersistedQueryIdsFromManifest({ loadManifest: async () => manifest });

const client = new ApolloClient({
  link: new PersistedQueryLink({ ...ids, disable: () => false, retry: () => false }).concat(
    new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } }),
  ),
  cache: new InMemoryCache(),
});
// docs: end

await play({ ask: askWith(client), follow: (...args) => follow(client, ...args) });
