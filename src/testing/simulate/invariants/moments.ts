/** What must be true of every workspace at any moment, looked at now and then. */
import type { DurationMs } from '../../../../machines/time.ts';
import { SILENCE_MOMENTS } from './silence.ts';
import { type Facts, hears, type Invariant, type Seen } from './types.ts';

/** Alarms may ring so late. */
const LATE_MS: DurationMs = 3_000;
/** With a slow driver, a start that nobody wants any more and the stop after it take so long. */
const STARTED_WITHIN_MS: DurationMs = 240_000;

/** A deadline that has passed has been heard. */
const deadlinesAreKept = (seen: Seen, facts: Facts): string | null => {
  const view = hears(facts) && !facts.isBehind() ? facts.view(seen.id) : null;
  const { deadline } = seen.context;
  if (view === null || deadline === null) return null;
  const lateMs = facts.wallNow() - deadline.at;
  return lateMs <= LATE_MS || facts.now() - seen.enteredAt < LATE_MS
    ? null
    : `its ${deadline.name} passed ${Math.round(lateMs / 1000)} s ago, and nothing came of it`;
};

/** What is shown is what was decided. */
const shownIsDecided = (seen: Seen, facts: Facts): string | null => {
  const view = facts.view(seen.id);
  if (view === null || seen.removed) return null;
  if (view.state !== seen.state) return `it is shown as ${view.state}, but was decided to be ${seen.state}`;
  return view.generation === seen.generation
    ? null
    : `generation ${view.generation} is shown, ${seen.generation} is declared`;
};

/** Nobody is left without an owner: somebody or some moment moves it on, and it can say which. */
const everyWaitSaysWhy = (seen: Seen, facts: Facts): string | null => {
  // It asks the machine where every move would lead: once in every state that a workspace comes to is enough.
  if (seen.removed || seen.toldWhyIn.has(seen.state)) return null;
  seen.toldWhyIn.add(seen.state);
  if (!facts.isThorough && !seen.spec.name.endsWith('0')) return null;
  const why = facts.why(seen.id);
  if (why === null) return null;
  return why.moves > 0 && why.text !== '' ? null : `nothing says what it waits for in ${seen.state}`;
};

/** At most one instance of a workspace runs. */
const oneInstanceAtATime = (seen: Seen, facts: Facts): string | null =>
  facts.doubledInstances().find((words) => words.includes(seen.id)) ?? null;

/** What runs is the incarnation that is there, and nothing runs of what is stopped. A start that is under way gets time to end. */
const nothingElseRuns = (seen: Seen, facts: Facts): string | null => {
  const { state, context, removed, enteredAt, id } = seen;
  const running =
    facts.now() - Math.max(enteredAt, facts.storingSince()) > STARTED_WITHIN_MS &&
    hears(facts) &&
    !facts.isBehind()
      ? facts.instanceOf(id)
      : null;
  if (running === null) return null;
  const { incarnation } = running.spec;
  if (removed || state === 'resting.paused' || state === 'resting.hibernated') {
    return `it is ${state}, and its incarnation ${incarnation} runs`;
  }
  // A start that was given up before what ran was stopped leaves that alone, until somebody decides about it.
  return incarnation === context.incarnation || !state.startsWith('wanted.') || state === 'wanted.failed'
    ? null
    : `its incarnation ${incarnation} runs, but incarnation ${context.incarnation} is there`;
};

/** A set of plugins in force is whole but for what others did to it. */
const nothingIsHalfInstalled = (seen: Seen, facts: Facts): string | null => {
  if (seen.tamperedAt > 0) return null;
  const broken = facts.inForce(seen.id).plugins.find(({ treeHash, actualHash }) => treeHash !== actualHash);
  return broken === undefined ? null : `${broken.name} is in force, but not whole`;
};

export const MOMENT_INVARIANTS: readonly Invariant<Seen>[] = [
  { number: '1', name: 'shownIsDecided', check: shownIsDecided },
  { number: '2', name: 'oneInstanceAtATime', check: oneInstanceAtATime },
  { number: '2', name: 'nothingElseRuns', check: nothingElseRuns },
  ...SILENCE_MOMENTS,
  { number: '9', name: 'nothingIsHalfInstalled', check: nothingIsHalfInstalled },
  { number: '10', name: 'deadlinesAreKept', check: deadlinesAreKept },
  { number: '10', name: 'everyWaitSaysWhy', check: everyWaitSaysWhy },
];
