import type { DurationMs } from '../../../machines/time.ts';
import type { RuntimeName } from '../../../machines/workspace/spec.ts';
import type { Declined } from '../../../machines/workspace/types.ts';
import { isErrorCode, KeepwellError } from '../../errors.ts';
import type { Instance, InstanceExit, InstanceSpec, Runtime } from '../../supervisor/ports.ts';
import { CALM_LIFE, type Life, pass } from './life.ts';
import type { InstanceEnd, LivingInstance, MemoryInstances } from './memory-instances.ts';
import { createTurns } from './turns.ts';

/** How long a successor waits for the one before it to end. */
const GRACE_MS: DurationMs = 10_000;

type Held = { one: LivingInstance; watcher: (end: InstanceEnd) => void };

/**
 * Runs instances in memory, as one supervisor's driver for them: the world stays, this object goes with its life.
 * `external` owns nothing: it starts nobody, finds nobody and stops nobody.
 *
 * Boundaries: `runtime.check`, `.find`, `.start`, `.begin` (the former one is gone), `.begun` (it runs, nobody was
 * told), `.stop`, `.stopped`, `.destroy`, `.sweep`, `.exit`. One that throws is an answer that fails, and nothing of
 * what it stands for happened; at `begun` and `stopped` it did.
 */
export const createMemoryRuntime = (
  name: RuntimeName,
  instances: MemoryInstances,
  life: Life = CALM_LIFE,
): Runtime => (name === 'external' ? external(life) : owned(name, instances, life));

const owned = (name: RuntimeName, instances: MemoryInstances, life: Life): Runtime => {
  const { clock } = instances;
  const turns = createTurns();
  const held = new Map<string, Held>();
  const listeners = new Set<(exit: InstanceExit) => void>();
  /** Stops that a further one may join, and how to have them insist earlier. */
  const stops = new Map<string, { done: Promise<void>; patience: Patience }>();
  const closing = new AbortController();

  const hold = (one: LivingInstance, isOurs: boolean): void => {
    const { workspaceId, incarnation } = one.instance;
    const watcher = ({ code, signal }: InstanceEnd) => {
      if (life.isOver() || closing.signal.aborted) return;
      const exit = { workspaceId, incarnation, code: isOurs ? code : null, signal: isOurs ? signal : null };
      void turns(workspaceId, () => tell(one, exit));
    };
    drop(workspaceId);
    one.watchers.add(watcher);
    held.set(workspaceId, { one, watcher });
  };
  const drop = (workspaceId: string): void => {
    const former = held.get(workspaceId);
    former?.one.watchers.delete(former.watcher);
    held.delete(workspaceId);
  };

  /** Takes its turn: an end that a stop or a successor brought about is not told of. */
  const tell = async (one: LivingInstance, exit: InstanceExit): Promise<void> => {
    if (held.get(exit.workspaceId)?.one !== one) return;
    await pass(life, 'runtime.exit', exit.workspaceId).catch(() => undefined);
    if (held.get(exit.workspaceId)?.one !== one) return;
    drop(exit.workspaceId);
    for (const listener of listeners) listener(exit);
  };

  const end = async (workspaceId: string, patience: Patience): Promise<void> => {
    const one = instances.find(workspaceId);
    if (one !== null) await endOne(one, patience);
    drop(workspaceId);
  };

  const endOne = (one: LivingInstance, patience: Patience): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        patience.forget();
        resolve();
      };
      one.watchers.add(done);
      instances.ask(one);
      // One that obeys at once is gone by now.
      if (instances.find(one.instance.workspaceId) !== one) return;
      patience.begin(() => {
        if (!life.isOver()) instances.kill(one);
      });
    });

  const begin = async (spec: InstanceSpec): Promise<Instance> => {
    const { workspaceId } = spec;
    await pass(life, 'runtime.start', workspaceId);
    const { declined, startsInMs = 0 } = instances.behave(spec);
    if (declined !== undefined) throw errorOf(declined);
    await end(workspaceId, createPatience(clock, GRACE_MS));
    await pass(life, 'runtime.begin', workspaceId);
    if (startsInMs > 0) {
      await new Promise<void>((resolve) => void clock.schedule(clock.now() + startsInMs, resolve));
    }
    if (life.isOver()) await new Promise<never>(() => {});
    if (closing.signal.aborted) throw new Error('The runtime is closed.');
    const one = instances.begin(spec);
    hold(one, true);
    await pass(life, 'runtime.begun', workspaceId);
    return one.instance;
  };

  const stop = (workspaceId: string, graceMs: DurationMs): Promise<void> => {
    const shared = stops.get(workspaceId);
    if (shared !== undefined) {
      shared.patience.shorten(graceMs);
      return shared.done;
    }
    const patience = createPatience(clock, graceMs);
    const done = turns(workspaceId, async () => {
      try {
        await pass(life, 'runtime.stop', workspaceId);
        await end(workspaceId, patience);
        await pass(life, 'runtime.stopped', workspaceId);
      } finally {
        if (stops.get(workspaceId)?.patience === patience) stops.delete(workspaceId);
      }
    });
    stops.set(workspaceId, { done, patience });
    return done;
  };

  return {
    name,
    owned: true,
    async check(spec) {
      await pass(life, 'runtime.check', spec.workspaceId);
      return instances.behave(spec).declined ?? null;
    },
    find: (workspaceId) =>
      turns(workspaceId, async () => {
        await pass(life, 'runtime.find', workspaceId);
        const one = instances.find(workspaceId);
        const ours = held.get(workspaceId);
        if (one !== null && ours?.one !== one) hold(one, false);
        return one?.instance ?? null;
      }),
    start(spec) {
      // A stop asked for from now on means this instance as well, so it may not join one that came before.
      stops.delete(spec.workspaceId);
      return turns(spec.workspaceId, () => begin(spec));
    },
    stop,
    destroy: (workspaceId, { purge }) =>
      turns(workspaceId, async () => {
        await pass(life, 'runtime.destroy', workspaceId);
        const one = instances.find(workspaceId);
        if (one !== null) throw new Error(`Still running: ${one.instance.pid}`);
        if (purge) instances.forgetOutput(workspaceId);
      }),
    onExit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async sweep(isKnown) {
      await pass(life, 'runtime.sweep');
      const unknown = instances.ids().filter((id) => !isKnown(id));
      await Promise.all(unknown.map((id) => stop(id, GRACE_MS)));
      return unknown;
    },
    logs: (workspaceId, { tail, follow, signal }) =>
      readOutput(instances, workspaceId, {
        tail,
        follow,
        signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
      }),
    async close() {
      closing.abort();
      for (const workspaceId of held.keys()) drop(workspaceId);
    },
  };
};

const external = (life: Life): Runtime => ({
  name: 'external',
  owned: false,
  check: async () => null,
  find: async () => null,
  start: async () => {
    throw new Error('An external agent is not ours to start.');
  },
  stop: async () => {},
  destroy: (workspaceId) => pass(life, 'runtime.destroy', workspaceId),
  onExit: () => () => undefined,
  sweep: async () => [],
  async *logs() {},
  close: async () => {},
});

type Patience = ReturnType<typeof createPatience>;

/** How long one stop waits between asking and insisting. Whoever joins it may shorten it, never prolong it. */
const createPatience = (clock: MemoryInstances['clock'], graceMs: DurationMs) => {
  let grace = graceMs;
  let insist: (() => void) | null = null;
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel();
    if (insist !== null) cancel = clock.schedule(clock.now() + grace, insist);
  };
  return {
    begin(run: () => void): void {
      insist = run;
      arm();
    },
    shorten(toMs: DurationMs): void {
      if (toMs >= grace) return;
      grace = toMs;
      arm();
    },
    forget(): void {
      insist = null;
      cancel();
    },
  };
};

async function* readOutput(
  instances: MemoryInstances,
  workspaceId: string,
  { tail, follow, signal }: { tail: number; follow: boolean; signal: AbortSignal },
): AsyncGenerator<string> {
  let next = Math.max(0, instances.output(workspaceId).length - tail);
  for (;;) {
    for (const line of instances.output(workspaceId).slice(next)) {
      if (signal.aborted) return;
      next += 1;
      yield line;
    }
    if (!follow || signal.aborted) return;
    if (next < instances.output(workspaceId).length) continue;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        unsubscribe();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const unsubscribe = instances.onOutput(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

const errorOf = ({ code, message, hint }: Declined): Error =>
  isErrorCode(code) ? new KeepwellError(code, { message, hint }) : new Error(message);
