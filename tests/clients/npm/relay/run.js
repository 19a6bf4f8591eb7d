// What relay-compiler reads. Babel's plugin would put the compiled documents here; the programs import them themselves.

import { graphql } from 'relay-runtime';

graphql`
  query runQuery($number: String!) {
    journalRun(number: $number) { number status journalEntries { totalCount } }
  }
`;

graphql`
  mutation runCancelMutation($number: String!) {
    cancelJournalRun(input: { number: $number }) { journalRun { number status } errors { code message field } }
  }
`;

graphql`
  subscription runOutcomesSubscription($run: String!, $after: String) {
    entryCancelOutcomes(number: $run, after: $after) {
      sequence outcome code message remainingCount cursor journalEntry { number }
    }
  }
`;

graphql`
  query runEntriesQuery($number: String!) {
    journalRun(number: $number) { id ...run_entries }
  }
`;

graphql`
  fragment run_entries on JournalRun
  @argumentDefinitions(count: { type: "Int", defaultValue: 4 }, cursor: { type: "String" })
  @refetchable(queryName: "runEntriesPageQuery") {
    journalEntries(first: $count, after: $cursor) @connection(key: "run_journalEntries") {
      edges { node { number } }
    }
  }
`;
