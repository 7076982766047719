import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import { KeepwellError } from '../../errors.ts';
import type { RunningSupervisor } from '../../supervisor/supervisor.ts';
import type { SupervisorLife } from './supervisor-life.ts';

/** What a request may be told in a world like this one. Anything else is a fault of ours. */
const EXPECTED = new Set([
  'STATE_CONFLICT',
  'WORKSPACE_NOT_FOUND',
  'WORKSPACE_REMOVED',
  'WORKSPACE_EXISTS',
  'STALE_INCARNATION',
  'STORE_UNWRITABLE',
  'NOT_READY',
  'PLUGIN_GENERATION_NOT_FOUND',
  'PLUGIN_CACHE_DAMAGED',
  'PLUGIN_NOT_HELD',
  'SECRET_NOT_FOUND',
]);

type Pending = { what: string; life: SupervisorLife; since: EpochMs };

type Options = {
  now: () => EpochMs;
  current: () => SupervisorLife | null;
  /** A request was told something that nobody can make sense of. */
  onFault: (what: string, error: unknown) => void;
};

/** What is asked of the supervisor over the network: it may be away, and it may die before it answers. */
export const createRequests = ({ now, current, onFault }: Options) => {
  const pending = new Set<Pending>();
  const counts = { asked: 0, answered: 0, refused: 0, unanswered: 0 };

  const follow = async <T>(
    one: Pending,
    answer: Promise<T>,
    onAnswer?: (answer: T) => void,
  ): Promise<void> => {
    pending.add(one);
    try {
      const told = await answer;
      if (one.life.isOver()) return;
      counts.answered += 1;
      onAnswer?.(told);
    } catch (error) {
      if (one.life.isOver()) return;
      counts.refused += 1;
      if (!(error instanceof KeepwellError && EXPECTED.has(error.code))) onFault(one.what, error);
    } finally {
      pending.delete(one);
    }
  };

  return {
    counts,
    /** Sends a request; `onAnswer` is called with what is answered, if that ever comes. */
    ask<T>(
      what: string,
      request: (supervisor: RunningSupervisor) => T | Promise<T>,
      onAnswer?: (answer: T) => void,
    ): void {
      const life = current();
      if (life === null) {
        counts.unanswered += 1;
        return;
      }
      life.inbox.deliver(() => {
        counts.asked += 1;
        const run = async () => request(life.supervisor);
        void follow({ what, life, since: now() }, run(), onAnswer);
      });
    },
    /** What has been waiting for its answer for longer than that, while the supervisor lives. */
    overdue: (ms: DurationMs): string | null => {
      for (const { what, life, since } of pending) {
        if (!life.isOver() && now() - since > ms) return what;
      }
      return null;
    },
    /** Nobody waits for a supervisor that is gone. */
    forgetDead(): void {
      for (const one of pending) {
        if (!one.life.isOver()) continue;
        counts.unanswered += 1;
        pending.delete(one);
      }
    },
  };
};

export type Requests = ReturnType<typeof createRequests>;
