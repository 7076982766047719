import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { Declined } from '../../../machines/workspace/types.ts';
import type { Instance, InstanceSpec, InstanceWish } from '../../supervisor/ports.ts';

/** How an instance takes what happens to it. Everything that is left out takes no time and goes well. */
export type Behaviour = {
  /** It can certainly not start. */
  declined?: Declined;
  /** From being started until it is there. */
  startsInMs?: DurationMs;
  /** Its first lines of output. */
  prints?: readonly string[];
  /** It ends by itself, so long after it began. */
  exits?: { afterMs: DurationMs; code: number | null; signal?: string | null };
  /** From being asked to end until it does; null for one that runs on until it is killed. */
  stopsInMs?: DurationMs | null;
};

export type InstanceEnd = { code: number | null; signal: string | null };

/** An instance as the world knows it. `end` is called once when it ends, whoever ended it. */
export type LivingInstance = {
  instance: Instance;
  behaviour: Behaviour;
  watchers: Set<(end: InstanceEnd) => void>;
  /** It was asked to end. */
  asked: boolean;
};

export type MemoryInstances = ReturnType<typeof createMemoryInstances>;

/** Declines and obeys nobody in particular: starts at once, runs for ever, ends when it is asked to. */
const OBEDIENT: Behaviour = {};

export type MemoryInstancesOptions = {
  clock: { now(): EpochMs; schedule(at: EpochMs, run: () => void): () => void };
  /** How an instance of this kind behaves; asked when it is checked and when it is started. Default: obedient. */
  behave?: (spec: InstanceWish) => Behaviour;
  /** Told when an instance is there, with the token and address that it was given: where a simulated agent begins. */
  onBegin?: (spec: InstanceSpec, instance: Instance) => void;
  /** Told when an instance is gone. */
  onEnd?: (instance: Instance, end: InstanceEnd) => void;
};

/**
 * The machine on which instances run. It outlives every supervisor: runtimes are opened over it and die, what runs
 * goes on, and is found by the next.
 */
export const createMemoryInstances = ({
  clock,
  behave = () => OBEDIENT,
  onBegin = () => undefined,
  onEnd = () => undefined,
}: MemoryInstancesOptions) => {
  const running = new Map<string, LivingInstance>();
  const output = new Map<string, string[]>();
  const readers = new Set<() => void>();
  /** What must never be: two instances of one workspace at a time. */
  const violations: string[] = [];
  let lastPid = 0;

  const print = (workspaceId: string, lines: readonly string[]): void => {
    output.set(workspaceId, [...(output.get(workspaceId) ?? []), ...lines]);
    for (const tell of readers) tell();
  };

  const end = (one: LivingInstance, how: InstanceEnd): void => {
    const { workspaceId } = one.instance;
    if (running.get(workspaceId) !== one) return;
    running.delete(workspaceId);
    onEnd(one.instance, how);
    for (const watcher of one.watchers) watcher(how);
    one.watchers.clear();
  };

  return {
    violations,
    behave,
    clock,

    /** The instance of a workspace that runs now. */
    find: (workspaceId: string): LivingInstance | null => running.get(workspaceId) ?? null,
    ids: (): string[] => [...running.keys()],
    count: (): number => running.size,

    begin(spec: InstanceSpec): LivingInstance {
      const { workspaceId, incarnation } = spec;
      const former = running.get(workspaceId);
      if (former !== undefined) {
        const numbers = `${former.instance.incarnation} and ${incarnation}`;
        violations.push(`two instances of ${workspaceId} run at a time: incarnations ${numbers}`);
        end(former, { code: null, signal: 'SIGKILL' });
      }
      lastPid += 1;
      const behaviour = behave(spec);
      const instance = { workspaceId, incarnation, startedAt: clock.now(), pid: lastPid };
      const one: LivingInstance = { instance, behaviour, watchers: new Set(), asked: false };
      running.set(workspaceId, one);
      print(workspaceId, behaviour.prints ?? []);
      const { exits } = behaviour;
      if (exits !== undefined) {
        const how = { code: exits.code, signal: exits.signal ?? null };
        clock.schedule(clock.now() + exits.afterMs, () => end(one, how));
      }
      onBegin(spec, instance);
      return one;
    },

    /** Asks an instance to end: it does in its time, or not at all. */
    ask(one: LivingInstance): void {
      if (one.asked) return;
      one.asked = true;
      const { stopsInMs = 0 } = one.behaviour;
      const how = { code: null, signal: 'SIGTERM' };
      if (stopsInMs === 0) end(one, how);
      else if (stopsInMs !== null) clock.schedule(clock.now() + stopsInMs, () => end(one, how));
    },

    kill: (one: LivingInstance): void => end(one, { code: null, signal: 'SIGKILL' }),

    /** An instance ends by itself. False when none runs. */
    crash(workspaceId: string, how: Partial<InstanceEnd> = {}): boolean {
      const one = running.get(workspaceId);
      if (one !== undefined) end(one, { code: how.signal === undefined ? 1 : null, signal: null, ...how });
      return one !== undefined;
    },

    /** The machine goes down: everything ends, and nobody is there to be told. */
    loseAll(): void {
      for (const one of running.values()) {
        one.watchers.clear();
        end(one, { code: null, signal: null });
      }
    },

    print: (workspaceId: string, ...lines: string[]): void => print(workspaceId, lines),
    output: (workspaceId: string): readonly string[] => output.get(workspaceId) ?? [],
    forgetOutput: (workspaceId: string): boolean => output.delete(workspaceId),
    /** Called whenever anything is printed. Returns what ends it. */
    onOutput(tell: () => void): () => void {
      readers.add(tell);
      return () => void readers.delete(tell);
    },
  };
};
