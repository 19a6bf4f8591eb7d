// Rows of the ledger by the plain driver, as objects; statements have `?` for each value.

export async function openDatabase(url) {
  return url.startsWith('sqlite:') ? openSqlite(url) : openPostgresql(url);
}

async function openSqlite(url) {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(url.replace('sqlite:///', ''), { readOnly: true });
  const prepared = new Map();
  return {
    rows: async (text, values) => {
      if (!prepared.has(text)) prepared.set(text, database.prepare(text));
      return prepared.get(text).all(...values);
    },
  };
}

async function openPostgresql(url) {
  const { default: pg } = await import('pg');
  const asText = [pg.types.builtins.DATE, pg.types.builtins.TIMESTAMPTZ];
  for (const type of asText) pg.types.setTypeParser(type, (text) => text);
  // Amounts of this ledger are below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url.replace('+psycopg', ''),
    max: 20,
    idleTimeoutMillis: 0,
    options: '-c timezone=UTC',
  });
  const names = new Map();
  return {
    rows: async (text, values) => {
      if (!names.has(text)) {
        let number = 0;
        names.set(text, { name: `s${names.size}`, text: text.replaceAll('?', () => `$${++number}`) });
      }
      return (await pool.query({ ...names.get(text), values })).rows;
    },
  };
}
