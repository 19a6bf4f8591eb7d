// PostGraphile's own schema of the ledger's tables, with its usual preset and server. URL PORT.

import { createServer } from 'node:http';
import { grafserv } from 'postgraphile/grafserv/node';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { postgraphile } from 'postgraphile';

const [url, port] = process.argv.slice(2);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: url.replace('+psycopg', ''),
      schemas: ['public'],
      poolConfig: { max: 20, idleTimeoutMillis: 0, options: '-c timezone=UTC' },
    }),
  ],
  grafserv: { graphqlPath: '/graphql', watch: false },
  grafast: { explain: false },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
const [graphql] = server.listeners('request');
server.removeAllListeners('request');
server.on('request', (request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
  } else {
    graphql(request, response);
  }
});
server.listen(Number(port), '127.0.0.1');
