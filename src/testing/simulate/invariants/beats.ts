/** What must be true of every beat that was taken, looked at when it is answered. */
import type { EpochMs } from '../../../../machines/time.ts';
import type { Beat, BeatReply } from '../../../supervisor/api.ts';
import type { Seen } from './types.ts';

type Taken = {
  /** Of the agent that sent it; null for one that runs elsewhere. */
  incarnation: number | null;
  /** The incarnation of the workspace when it came. */
  known: number;
  beat: Beat;
  /** Null while the answer waits for the disk. */
  told: BeatReply | null;
  seen: Seen;
  /** Where it was when the beat came. */
  from: string;
  wall: EpochMs;
};

/** A beat that should move a workspace has moved it, any other one has renewed the lease, and none is taken from the past. */
export const checkBeat = ({ incarnation, known, beat, told, seen, from, wall }: Taken): string | null => {
  const { state, context } = seen;
  if (incarnation !== null && incarnation < known) {
    return `a beat of incarnation ${incarnation} was taken while incarnation ${known} is there`;
  }
  if (seen.removed) return 'a beat was taken for what is removed';
  const isBad = beat.wedged || beat.errorRate >= context.policy.degradedAt;
  if (state.startsWith('wanted.online.')) {
    if (isBad && from.startsWith('wanted.online.'))
      return `it says that it ${beat.wedged ? 'is wedged' : 'fails'}, and is still called online`;
  } else if (state === 'wanted.degraded' && from === state) {
    const hasRecovered = !beat.wedged && beat.errorRate < context.policy.recoveredBelow;
    if (hasRecovered && context.policy.degradedForMs === 0)
      return 'it has recovered, and is still called degraded';
  } else if (state === 'wanted.provisioning' || state === 'wanted.awaitingAgent') {
    return `it beats, and is still ${state}`;
  } else if (state === 'wanted.offline' || state === 'wanted.failed') {
    const isLiving = !context.owned || context.incarnation > context.endedIncarnation;
    if (isLiving) return `it beats, and is still ${state}`;
  }
  if (told === null || (told.status !== 'online' && told.status !== 'degraded')) return null;
  const leaseMs = (told.leaseExpiresAt ?? 0) - wall;
  return leaseMs >= Math.max(context.policy.offlineAfterMs, beat.quietForMs) - 1
    ? null
    : `its lease was renewed to ${Math.round(leaseMs / 1000)} s only`;
};
