// What every program here shares: what it was given, the documents it sends, and how it tells what it was answered.

export const { url, token, run } = JSON.parse(process.argv[2]);

export const RUN = `query Run($number: String!) {
  journalRun(number: $number) { number status journalEntries { totalCount } }
}`;

export const CANCEL = `mutation Cancel($number: String!) {
  cancelJournalRun(input: { number: $number }) { journalRun { number status } errors { code message field } }
}`;

export const OUTCOMES = `subscription Outcomes($run: String!, $after: String) {
  entryCancelOutcomes(runNumber: $run, after: $after) {
    sequence outcome code message remainingCount cursor journalEntry { number }
  }
}`;

export function tell(kind, value) {
  console.log(JSON.stringify([kind, value]));
}

export const show = (outcome) => tell('outcome', outcome);

// Ask for the run, be refused the cancellation of a run that is none, and follow the one that is.
export async function play({ ask, follow }) {
  tell('run', await ask(RUN, { number: run }));
  tell('refused', await ask(CANCEL, { number: 'JR-99999999' }));
  const followed = follow(run, show);
  tell('cancelling', await ask(CANCEL, { number: run }));
  await followed;
  tell('completed', null);
}
