import type { EpochMs } from '../../machines/time.ts';
import type { SupervisorHealth } from './api.ts';
import type { StoreHealth } from './ports.ts';

type Facts = {
  phase: 'starting' | 'ready' | 'closed';
  isTicking: boolean;
  store: StoreHealth;
  /** Why silence is not judged; null where it is. */
  held: string | null;
  workspaces: SupervisorHealth['workspaces'];
  startedAt: EpochMs;
};

/** Whether the supervisor can do its work, and what keeps it from that. */
export const healthOf = ({
  phase,
  isTicking,
  store,
  held,
  workspaces,
  startedAt,
}: Facts): SupervisorHealth => {
  const problems = [
    phase === 'starting' ? 'Workspaces are still being brought back.' : null,
    phase === 'closed' ? 'The supervisor is stopping.' : null,
    phase === 'ready' && !isTicking ? 'The scheduler is not ticking.' : null,
    store.writable ? null : `The database cannot be written: ${store.problem ?? 'unknown'}`,
  ].filter((problem) => problem !== null);
  const notices = held === null ? [] : [held];
  return { ready: problems.length === 0, problems, notices, store, workspaces, startedAt };
};
