// The audit of GraphQL over HTTP that the reference implementation publishes: every "should" of it counts as a "must".

import { auditServer } from 'graphql-http';
import { tell, token, url } from './harness.mjs';

const headers = token ? { authorization: `Bearer ${token}` } : {};

const results = await auditServer({
  url: `${url}/graphql`,
  fetchFn: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, ...headers } }),
});

for (const { id, name, status, reason, response } of results) {
  const answer = response && {
    status: response.status,
    type: response.headers.get('content-type'),
    body: response.bodyUsed ? undefined : await response.text(),
  };
  tell(status, { id, name, reason, answer });
}
