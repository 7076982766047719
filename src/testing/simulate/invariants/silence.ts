/** What must be true of how silence is judged: whose lease ends, and while most of a fleet is silent at once. */
import { type DurationMs, type EpochMs, MINUTE } from '../../../../machines/time.ts';
import {
  type Decision,
  type Facts,
  hears,
  type Invariant,
  isLeasedState,
  NOTICE_MS,
  type Seen,
} from './types.ts';

/** Of the fleet so many silent at once are taken for a fault between the supervisor and them. */
const MASS = { share: 0.55, least: 3 };
/** The fleet is counted at most so often: what leaves it meanwhile is counted still. */
const COUNTED_EVERY_MS: DurationMs = 1_000;
/** While silence is held, the fleet is looked at so often. */
const LOOKED_AT_EVERY_MS: DurationMs = 6_000;
/** One hold may follow upon another while agents come and go, but whoever is silent throughout is judged by then. */
const MOST_HOLDS = 3;

const isLeased = ({ state }: Seen): boolean => isLeasedState(state);
const leaseOf = ({ context }: Seen, facts: Facts): DurationMs =>
  Math.max(context.policy.offlineAfterMs, 2 * facts.intervalMs());
/** With the while for which it said that it would be quiet: that is given again together with a lease. */
const givenLeaseOf = (seen: Seen, facts: Facts): DurationMs =>
  Math.max(leaseOf(seen, facts), facts.heard(seen.id).quietForMs);
const massOf = (fleet: number): number => Math.max(MASS.least, Math.ceil(MASS.share * fleet));

/** Between which moments an agent that is not heard any more begins to count as silent: half of its lease is over. */
const silentFrom = (seen: Seen, facts: Facts): { earliest: EpochMs; latest: EpochMs } => {
  const leaseMs = leaseOf(seen, facts);
  const missed = facts.heard(seen.id).at + 2 * facts.intervalMs();
  const promised = facts.promisedUntil(seen.id);
  const half = (end: EpochMs): EpochMs => Math.max(missed, end - leaseMs / 2);
  // After a start, a stall or a hold everybody is given a lease again, spread over an interval.
  const { since, endedAt, grantedUntil } = facts.hold();
  const given =
    Math.max(facts.workingSince() + facts.intervalMs(), seen.leasedSince, endedAt) +
    givenLeaseOf(seen, facts);
  return {
    earliest: half(Math.max(promised, facts.hearingSince() + leaseMs)),
    latest: half(
      Math.max(promised, given, facts.heard(seen.id).storedUntil, since === null ? grantedUntil : 0),
    ),
  };
};

/** Silence is judged only where a whole lease of it could be heard. */
const silenceIsHeardBeforeItIsJudged = ({ seen, row, before, at }: Decision, facts: Facts): string | null => {
  if (row.event !== 'lease.expired' || before === null) return null;
  const leaseMs = Math.max(before.policy.offlineAfterMs, 2 * facts.intervalMs());
  const deafMs = at - facts.hearingSince();
  if (deafMs < leaseMs - 1) {
    return `it was called silent ${Math.round(deafMs / 1000)} s after the supervisor could hear again; its lease is ${leaseMs / 1000} s`;
  }
  const promised = facts.promisedUntil(seen.id);
  if (promised > at + 1)
    return `it was called silent ${Math.round((promised - at) / 1000)} s before its lease ended`;
  const heldMs = at - facts.hold().endedAt;
  return heldMs < leaseMs - 1
    ? `it was called silent ${Math.round(heldMs / 1000)} s after most of the fleet was heard again; its lease is ${leaseMs / 1000} s`
    : null;
};

/** While most of the fleet is silent, nobody is called so before that has lasted as long as it is not believed. */
const massSilenceIsHeld = ({ seen, row, before, at }: Decision, facts: Facts): string | null => {
  if (row.event !== 'lease.expired' || before === null) return null;
  const fleet = [...facts.fleet()].filter(isLeased);
  const silent = fleet
    .map((one) => silentFrom(one, facts))
    .filter(({ latest }) => latest + COUNTED_EVERY_MS < at)
    .map(({ earliest }) => earliest)
    .toSorted((a, b) => a - b);
  const begun = silent[massOf(fleet.length) - 1];
  if (begun === undefined) return null;
  // Whoever was held for all that time may be called silent, although others fell silent after that.
  const heldMs = at - Math.min(begun, silentFrom(seen, facts).earliest);
  return heldMs >= facts.silenceHoldMs - facts.intervalMs() - COUNTED_EVERY_MS
    ? null
    : `it was called silent with ${silent.length} of ${fleet.length}, ${Math.round(heldMs / 1000)} s after so many fell silent at once`;
};

/** Silence is held only while most of the fleet is silent, and no longer than it is not believed. */
const onlyMassSilenceIsHeld = (_: Seen, facts: Facts): string | null => {
  const { since } = facts.hold();
  const now = facts.now();
  if (since === null || !facts.isThorough || !hears(facts)) return null;
  if (now - since < LOOKED_AT_EVERY_MS || now - since > facts.silenceHoldMs) return null;
  const all = [...facts.fleet()];
  // Whoever came or went a moment ago was not counted yet.
  if (all.some(({ enteredAt }) => now - enteredAt < LOOKED_AT_EVERY_MS)) return null;
  const fleet = all.filter(isLeased);
  const silent = fleet.filter(
    (one) =>
      silentFrom(one, facts).earliest <= now + facts.intervalMs() ||
      now - facts.heard(one.id).at < LOOKED_AT_EVERY_MS,
  );
  return silent.length >= massOf(fleet.length)
    ? null
    : `nobody is called silent for ${Math.round((now - since) / 1000)} s now, although only ${silent.length} of ${fleet.length} are`;
};

/** Who is silent for longer than its lease is not called alive, unless most of the fleet is silent too. */
const silenceIsNoticed = (seen: Seen, facts: Facts): string | null => {
  if (!isLeased(seen) || !hears(facts)) return null;
  const now = facts.now();
  const leaseMs = givenLeaseOf(seen, facts);
  // After a start leases are spread over an interval.
  const given = Math.max(facts.workingSince() + facts.intervalMs(), seen.leasedSince) + leaseMs;
  const end = Math.max(given, facts.promisedUntil(seen.id), facts.heard(seen.id).storedUntil);
  const { endedAt, grantedUntil } = facts.hold();
  const regiven = endedAt === 0 ? 0 : endedAt + leaseMs;
  const latest = end + MOST_HOLDS * (facts.silenceHoldMs + leaseMs);
  const silentMs = now - Math.min(Math.max(end, grantedUntil, regiven), latest);
  return silentMs <= NOTICE_MS
    ? null
    : `its lease ended ${Math.round((now - end) / MINUTE)} min ago, and it is still ${seen.state}`;
};

export const SILENCE_DECISIONS: readonly Invariant<Decision>[] = [
  { number: '7', name: 'silenceIsHeardBeforeItIsJudged', check: silenceIsHeardBeforeItIsJudged },
  { number: '7', name: 'massSilenceIsHeld', check: massSilenceIsHeld },
];

export const SILENCE_MOMENTS: readonly Invariant<Seen>[] = [
  { number: '7', name: 'silenceIsNoticed', check: silenceIsNoticed },
  { number: '7', name: 'onlyMassSilenceIsHeld', check: onlyMassSilenceIsHeld },
];
