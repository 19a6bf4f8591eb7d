// The same schema served by graphql-js behind graphql-http, with loaders over rows of the plain driver. URL PORT SDL WORDS.
// WORDS is JSON: the stored word of each enum value, by enum.
// It resolves what the measured documents select. Documents are parsed and validated once, as in the gateway.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { makeExecutableSchema } from '@graphql-tools/schema';
import DataLoader from 'dataloader';
import { GraphQLScalarType, parse, validate } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

import { openDatabase } from './database.mjs';

const [url, port, sdl, vocabulary] = process.argv.slice(2);
const database = await openDatabase(url);
const words = JSON.parse(vocabulary);

const ENTRIES = (ids) => `
  SELECT * FROM (
    SELECT e.*, c.digits, row_number() OVER (PARTITION BY e.journal_run_id ORDER BY e.id) AS place
    FROM journal_entry e JOIN currency c ON c.code = e.currency
    WHERE e.journal_run_id IN (${ids})
  ) e WHERE e.place <= ? ORDER BY e.journal_run_id, e.place`;

const ITEMS = (ids) => `
  SELECT i.*, c.digits FROM journal_entry_item i JOIN currency c ON c.code = i.currency
  WHERE i.journal_entry_id IN (${ids})
  ORDER BY i.journal_entry_id, i.type <> 'Debit', i.accounting_code_id, i.position`;

const TRANSACTIONS = (ids) => `
  SELECT * FROM (
    SELECT t.*, b.journal_entry_id, b.posting_date AS transaction_date, k.transaction_type, k.debit_code_id,
      k.credit_code_id, k.currency, k.segments, c.digits,
      row_number() OVER (PARTITION BY b.journal_entry_id ORDER BY b.id, t.id) AS place
    FROM posting_bucket b
    JOIN billing_transaction t ON t.posting_bucket_id = b.id
    JOIN posting_key k ON k.id = b.posting_key_id
    JOIN currency c ON c.code = k.currency
    WHERE b.journal_entry_id IN (${ids})
  ) t WHERE t.place <= ? ORDER BY t.journal_entry_id, t.place`;

const LIVE = (ids) => `
  SELECT journal_run_id, count(*) AS live FROM journal_entry
  WHERE journal_run_id IN (${ids}) AND status = 'Created' GROUP BY journal_run_id`;

const CODES = (ids) => `SELECT * FROM accounting_code WHERE id IN (${ids})`;

const marks = (ids) => ids.map(() => '?').join(', ');

function grouped(ids, parent, rows) {
  const found = new Map(ids.map((id) => [id, []]));
  for (const row of rows) found.get(row[parent]).push(row);
  return [...found.values()];
}

class Loaders {
  pages = new Map();
  code = new DataLoader(async (ids) => {
    const rows = await database.rows(CODES(marks(ids)), ids);
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  });
  items = new DataLoader(async (ids) =>
    grouped(ids, 'journal_entry_id', await database.rows(ITEMS(marks(ids)), ids)),
  );
  live = new DataLoader(async (ids) => {
    const rows = await database.rows(LIVE(marks(ids)), ids);
    const found = new Map(rows.map((row) => [row.journal_run_id, row.live]));
    return ids.map((id) => found.get(id) ?? 0);
  });

  entries(runId, size) {
    return this.page('entries', ENTRIES, 'journal_run_id', size).load(runId);
  }

  transactions(entryId, size) {
    return this.page('transactions', TRANSACTIONS, 'journal_entry_id', size).load(entryId);
  }

  page(name, statement, parent, size) {
    const key = `${name} ${size}`;
    if (!this.pages.has(key)) {
      const load = async (ids) => grouped(ids, parent, await database.rows(statement(marks(ids)), [...ids, size]));
      this.pages.set(key, new DataLoader(load));
    }
    return this.pages.get(key);
  }
}

function money(minor, digits) {
  const text = String(minor);
  if (digits === 0) return text;
  const sign = text.startsWith('-') ? '-' : '';
  const padded = text.slice(sign.length).padStart(digits + 1, '0');
  return `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

// Microseconds as text, because a Date has milliseconds: 2026-01-31 09:53:22.132057, on PostgreSQL with +00 at the end.
function moment(text) {
  const [time, part = ''] = text.replace(' ', 'T').replace(/\+00$/, '').split('.');
  return part === '' || part === '000000' ? `${time}+00:00` : `${time}.${part.padEnd(6, '0')}+00:00`;
}

function connection(rows, size, name, table) {
  const nodes = rows.slice(0, size);
  const edges = nodes.map((node) => ({ cursor: `${name}:${node.id}`, node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: rows.length > size,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: async () => (await database.rows(`SELECT count(*) AS total FROM ${table}`, []))[0].total,
  };
}

const columns = (names) =>
  Object.fromEntries(names.map((name) => [name, (row) => row[name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`)]]));

const resolvers = {
  ...words,
  Date: new GraphQLScalarType({ name: 'Date' }),
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: moment }),
  Query: {
    journalRun: async (_, { number }) =>
      (await database.rows('SELECT * FROM journal_run WHERE number = ?', [number]))[0] ?? null,
    journalRuns: async (_, { first = 100 }) => {
      const rows = await database.rows('SELECT * FROM journal_run ORDER BY id DESC LIMIT ?', [first + 1]);
      return connection(rows, first, 'runs', 'journal_run');
    },
    journalEntries: async (_, { first = 100 }) => {
      const statement =
        'SELECT e.*, c.digits FROM journal_entry e JOIN currency c ON c.code = e.currency ORDER BY e.id LIMIT ?';
      return connection(await database.rows(statement, [first + 1]), first, 'entries', 'journal_entry');
    },
  },
  JournalRun: {
    ...columns([
      'targetStartDate', 'targetEndDate', 'totalJournalEntryCount', 'transactionCount', 'createdAt',
    ]),
    journalEntries: async (run, { first = 100 }, { loaders }) =>
      connection(await loaders.entries(run.id, first + 1), first, 'entries', 'journal_entry'),
    liveJournalEntryCount: (run, _, { loaders }) => loaders.live.load(run.id),
  },
  JournalEntry: {
    ...columns(['transactionType', 'transactionCount', 'journalEntryDate', 'transferredToAccounting', 'createdAt']),
    id: (entry) => entry.number,
    totalDebit: (entry) => money(entry.total_debit, entry.digits),
    totalCredit: (entry) => money(entry.total_credit, entry.digits),
    items: (entry, _, { loaders }) => loaders.items.load(entry.id),
    transactions: async (entry, { first = 100 }, { loaders }) =>
      connection(await loaders.transactions(entry.id, first + 1), first, 'transactions', 'billing_transaction'),
  },
  JournalEntryItem: {
    amount: (item) => money(item.amount, item.digits),
    accountingCode: (item, _, { loaders }) => loaders.code.load(item.accounting_code_id),
  },
  AccountingCode: columns(['glAccountNumber', 'glAccountName']),
  Transaction: {
    ...columns(['transactionId', 'transactionDate']),
    amount: (transaction) => money(transaction.amount, transaction.digits),
    segments: ({ segments }) => {
      const values = typeof segments === 'string' ? JSON.parse(segments) : segments;
      return Object.entries(values).map(([name, value]) => ({ name, value }));
    },
    debitAccount: (transaction, _, { loaders }) => loaders.code.load(transaction.debit_code_id),
    creditAccount: (transaction, _, { loaders }) => loaders.code.load(transaction.credit_code_id),
  },
};

const schema = makeExecutableSchema({
  typeDefs: readFileSync(sdl, 'utf8'),
  resolvers,
  resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
});

const documents = new Map();
const validated = new Map();

const graphql = createHandler({
  schema,
  context: () => ({ loaders: new Loaders() }),
  parse: (source) => {
    const text = typeof source === 'string' ? source : source.body;
    if (!documents.has(text)) documents.set(text, parse(source));
    return documents.get(text);
  },
  validate: (against, document, rules) => {
    if (!validated.has(document)) validated.set(document, validate(against, document, rules));
    return validated.get(document);
  },
});

createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}');
  } else {
    graphql(request, response);
  }
}).listen(Number(port), '127.0.0.1');
