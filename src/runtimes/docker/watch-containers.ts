import { setTimeout as pause } from 'node:timers/promises';
import type { DurationMs } from '../../../machines/time.ts';
import type { Instance } from '../running-instance.ts';
import type { Engine } from './engine.ts';
import { isRunning } from './is-running.ts';

const RECONNECT_MS: DurationMs = 1_000;

/** An instance this runtime watches over. */
export type Held = { instance: Instance; id: string };

type WatchOptions = {
  engine: Pick<Engine, 'list' | 'deaths'>;
  /** Of every container of the installation. */
  label: string;
  pollMs: DurationMs;
  /** Told of each that seems to have ended; told again until it is dropped. */
  onEnd: (held: Held) => void;
  onFault: (fault: { workspaceId: string | null; error: unknown }) => void;
};

/**
 * Notices ends by the engine's events, and by looking every `pollMs` for those it missed. While the engine is down
 * nothing is noticed. It begins with the first instance that is held.
 */
export const createContainerWatch = ({ engine, label, pollMs, onEnd, onFault }: WatchOptions) => {
  const held = new Map<string, Held>();
  const closing = new AbortController();
  let watching = false;
  let isDown = false;

  const look = async (): Promise<void> => {
    if (held.size === 0) return;
    const before = [...held.values()];
    try {
      const running = new Set((await engine.list([label])).filter(isRunning).map(({ Id }) => Id));
      isDown = false;
      for (const one of before) if (!running.has(one.id)) onEnd(one);
    } catch (error) {
      // Said once, not with every look.
      if (!isDown && !closing.signal.aborted) onFault({ workspaceId: null, error });
      isDown = true;
    }
  };

  const listen = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const connection = new AbortController();
      const signal = AbortSignal.any([closing.signal, connection.signal]);
      try {
        for await (const id of engine.deaths(label, signal)) {
          // What ended while nobody listened is not told of.
          if (id === null) await look();
          for (const one of held.values()) if (one.id === id) onEnd(one);
        }
      } catch {
        // The next look says what is the matter.
      } finally {
        connection.abort();
      }
      await pause(RECONNECT_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  };

  const poll = async (): Promise<void> => {
    for (;;) {
      await pause(pollMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
      if (closing.signal.aborted) return;
      await look();
    }
  };

  return {
    get: (workspaceId: string): Held | null => held.get(workspaceId) ?? null,
    hold(one: Held): void {
      held.set(one.instance.workspaceId, one);
      if (watching || closing.signal.aborted) return;
      watching = true;
      void listen();
      void poll();
    },
    drop(one: Held): void {
      if (held.get(one.instance.workspaceId) === one) held.delete(one.instance.workspaceId);
    },
    close: (): void => closing.abort(),
  };
};
