// What every program here shares: what it was given, the documents it sends, and how it tells what it was answered.

// In a browser it stands in the address of the page.
export const given = JSON.parse(
  globalThis.location ? decodeURIComponent(globalThis.location.hash.slice(1)) : process.argv[2],
);
export const { url, token, run } = given;
export const { run: RUN, cancel: CANCEL, outcomes: OUTCOMES } = given.documents;

// Node before 22 has none of its own.
globalThis.WebSocket ??= (await import('ws')).WebSocket;

// Some clients ask for the names of types, too.
export function tell(kind, value) {
  console.log(JSON.stringify([kind, value], (key, given) => (key === '__typename' ? undefined : given)));
}

// Ask for the run, be refused the cancellation of a run that is none, follow the one that is, and again from its end.
export async function play({ ask, follow }) {
  tell('run', await ask(RUN, { number: run }));
  tell('refused', await ask(CANCEL, { number: 'JR-99999999' }));
  let last = null;
  const followed = follow(run, (outcome) => {
    last = outcome;
    tell('outcome', outcome);
  });
  tell('cancelling', await ask(CANCEL, { number: run }));
  await followed;
  tell('completed', null);
  await follow(run, (outcome) => tell('too many', outcome), last.cursor);
  tell('completed again', null);
}
