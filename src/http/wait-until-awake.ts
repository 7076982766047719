import type { DurationMs } from '../../machines/time.ts';
import type { Supervisor, WorkspaceView } from '../supervisor/api.ts';
import { createNudge } from './nudge.ts';

/**
 * How far a workspace is from an agent that answers. `awake`: it is there. `waking`: it comes by itself, or with the
 * next beat of an agent that runs elsewhere. `cannot`: somebody has to do something else first, as its reason says. `asleep`: it can be woken.
 */
export type Wakefulness = 'awake' | 'waking' | 'cannot' | 'asleep';

/** One that is about to be restarted is not there yet; one that is degraded answers, if badly. */
export const wakefulnessOf = ({ status, state, restartPending }: WorkspaceView): Wakefulness => {
  if (status === 'hibernating' || status === 'hibernated') return 'asleep';
  if (status === 'online' || status === 'degraded') return restartPending ? 'waking' : 'awake';
  if (status === 'failed' || !state.startsWith('wanted.')) return 'cannot';
  return 'waking';
};

/**
 * Waits while a workspace is waking, whoever woke it: at most `withinMs`, and no longer than `signal` lets it.
 * @returns where it is then. @throws `WORKSPACE_REMOVED` when it was removed meanwhile
 */
export const waitWhileWaking = async (
  supervisor: Pick<Supervisor, 'view' | 'onJournal'>,
  id: string,
  { withinMs, signal }: { withinMs: DurationMs; signal: AbortSignal },
): Promise<WorkspaceView> => {
  const { nudge, wait } = createNudge();
  const over = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const stopListening = supervisor.onJournal(nudge);
  over.addEventListener('abort', nudge, { once: true });
  try {
    for (;;) {
      const view = supervisor.view(id);
      if (wakefulnessOf(view) !== 'waking' || over.aborted) return view;
      await wait();
    }
  } finally {
    stopListening();
  }
};
