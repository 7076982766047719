import type { EpochMs } from '../../machines/time.ts';
import type { Reason } from '../../machines/workspace/types.ts';

/**
 * How far a workspace's schedule is dealt with: moments up to `settledAt` are over, by the schedule or by an operator
 * who acted since. `pausedAt` is the moment by which the schedule paused it; null when it did not. `idleSince` is since
 * when it had no work when it was hibernated for that.
 */
export type ScheduleMark = { settledAt: EpochMs; pausedAt: EpochMs | null; idleSince?: EpochMs };

/** A reason as it is shown: of the machine's, or of the supervisor's own. */
export type ShownReason = Omit<Reason, 'code'> & { code: Reason['code'] | 'by-schedule' | 'by-idleness' };
