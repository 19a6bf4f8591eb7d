import { askWith, follow } from './apollo-follow.mjs';
import { play, token, url } from './harness.mjs';

// docs: apollo with graphql-ws
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

const socket = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  retryAttempts: 0, // it would subscribe again with the first cursor; `follow` does with the last
});

const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === 'subscription',
    new GraphQLWsLink(socket),
    new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } }),
  ),
  cache: new InMemoryCache(),
});
// docs: end

await play({ ask: askWith(client), follow: (...args) => follow(client, ...args) });
await socket.dispose();
