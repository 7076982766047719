import type { Policy } from './policy.ts';
import type { BeatClass } from './types.ts';

/** What of a beat decides its class. */
export type BeatFacts = {
  /** 0–1. */
  errorRate: number;
  wedged: boolean;
  /** The agent reports its own state, so its error rate is not ours to judge. */
  managesStatus: boolean;
};

/** Says what a beat means for its workspace. */
export const classifyBeat = (
  { errorRate, wedged, managesStatus }: BeatFacts,
  { degradedAt, recoveredBelow }: Pick<Policy, 'degradedAt' | 'recoveredBelow'>,
): BeatClass => {
  if (wedged) return 'wedged';
  if (managesStatus) return 'recovered';
  if (errorRate >= degradedAt) return 'failing';
  return errorRate < recoveredBelow ? 'recovered' : 'healthy';
};

/**
 * What a state does with beats, as tags on the states themselves.
 *
 * `hears-all`: any beat may move it. `hears-trouble`: only a failing or wedged one. `hears-recovery`: only a
 * recovered one. A state without any of them is not moved by beats.
 */
export type HearingTag = 'hears-all' | 'hears-trouble' | 'hears-recovery';

/**
 * The heartbeat gate: whether a beat only renews the lease, so that the actor need not be asked.
 *
 * Proved in the tests: wherever this says true, the machine's snapshot is the same before and after the beat.
 */
export const renewsLeaseOnly = (tags: { has(tag: HearingTag): boolean }, beat: BeatClass): boolean => {
  if (tags.has('hears-all')) return false;
  if (beat === 'failing' || beat === 'wedged') return !tags.has('hears-trouble');
  return !(beat === 'recovered' && tags.has('hears-recovery'));
};
