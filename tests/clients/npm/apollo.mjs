import { askWith, follow } from './apollo-follow.mjs';
import { play, token, url } from './harness.mjs';

// docs: apollo
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';

const client = new ApolloClient({
  link: new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } }),
  cache: new InMemoryCache(),
});
// docs: end

await play({ ask: askWith(client), follow: (...args) => follow(client, ...args) });
