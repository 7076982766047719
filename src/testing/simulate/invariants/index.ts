import { DECISION_INVARIANTS } from './decisions.ts';
import { MOMENT_INVARIANTS } from './moments.ts';

/** What is looked at where it happens: at an answer, a boot, the end of a run. */
const ELSEWHERE = [
  { number: '4', name: 'restedFleetIsStill' },
  { number: '6', name: 'acknowledgedIsStored' },
  { number: '6', name: 'requestsAreAnswered' },
  { number: '6', name: 'tokensAreKnown' },
  { number: '11', name: 'journalReplays' },
  { number: '13', name: 'nothingThrows' },
  { number: 'the gate', name: 'everyBeatCounts' },
  { number: 'liveness', name: 'everybodyComesToRest' },
  { number: 'liveness', name: 'timePasses' },
];

/** Every invariant that a run is held against, by the number it has in the design. */
export const INVARIANTS: readonly { number: string; name: string }[] = [
  ...DECISION_INVARIANTS,
  ...MOMENT_INVARIANTS,
  ...ELSEWHERE,
]
  .map(({ number, name }) => ({ number, name }))
  .toSorted((a, b) => (Number(a.number) || 99) - (Number(b.number) || 99));
