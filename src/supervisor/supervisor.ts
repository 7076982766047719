import type { DurationMs, EpochMs, Stamp } from '../../machines/time.ts';
import { type Policy, resolvePolicy } from '../../machines/workspace/policy.ts';
import type { RuntimeName } from '../../machines/workspace/spec.ts';
import type { PublicStatus } from '../../machines/workspace/types.ts';
import { createActorHost } from './actor-host.ts';
import { agentSide } from './agents.ts';
import type { Supervisor } from './api.ts';
import { restoreActor, resumeAll } from './boot.ts';
import type { Core, EntryFacts } from './core.ts';
import { createDirectory } from './directory.ts';
import { withEffects } from './effects.ts';
import { type Entry, NO_PRESENCE } from './entry.ts';
import { gateOf } from './gate.ts';
import { leafOf } from './journal-row.ts';
import { createLeases } from './leases.ts';
import { operatorSide } from './operators.ts';
import type { Clock, Dice, LoadedWorkspace, Reconciler, ReconcilerHost, Runtime, Store } from './ports.ts';
import { createPresenceKeeper } from './presence-keeper.ts';
import { readingSide } from './readers.ts';
import type { WorkspaceActor, WorkspaceLogic, WorkspaceSnapshot } from './restore.ts';
import { createAlarm, createScheduler } from './scheduler.ts';
import { createTokenIndex } from './tokens.ts';

/** Presence reaches the disk this often; a crash may cost so much of it. */
const PRESENCE_FLUSH_MS: DurationMs = 10_000;
/** A scheduler that is so late is not ticking. */
const LATE_MS: DurationMs = 3 * PRESENCE_FLUSH_MS;

export type Log = Record<'debug' | 'info' | 'warn' | 'error', (details: object, message: string) => void>;

export type SupervisorOptions = {
  store: Store;
  runtimes: Partial<Record<RuntimeName, Runtime>>;
  reconciler: (host: ReconcilerHost) => Reconciler;
  clock: Clock;
  dice: Dice;
  log: Log;
  adminToken: string;
  policyDefaults: Policy;
  /** How often agents of a small fleet are asked to beat. */
  beatIntervalMs: DurationMs;
  enrolment: 'open' | 'closed';
  /** Lets a test put other implementations into the machine. */
  adaptMachine?: (machine: WorkspaceLogic) => WorkspaceLogic;
};

/** A supervisor with the two moves by which it comes to life, and the one by which it goes. */
export type RunningSupervisor = Supervisor & {
  /** Brings every stored workspace back, deciding nothing yet. Synchronous: afterwards requests can be answered. */
  restore(): void;
  /** Lets everything happen: adopts instances, gives leases their grace, enters every state anew. */
  resume(url: string): Promise<void>;
  /** Stops deciding and writes what is left. Never stops an agent. */
  close(): Promise<void>;
};

/**
 * The actor system: owns every workspace's actor, and is the only one who writes their state.
 *
 * Persists each transition before its effects begin, routes what agents and operators say, and keeps leases and
 * deadlines with one scheduler. Time, randomness and ids enter only through `clock` and `dice`.
 */
export const createSupervisor = (options: SupervisorOptions): RunningSupervisor => {
  const { store, runtimes, clock, dice, log, adminToken, policyDefaults, enrolment } = options;
  const now = (): EpochMs => clock.now();
  const stamp = (): Stamp => ({ at: clock.now(), roll: dice.roll() });
  const startedAt = now();
  let url = '';
  let phase: 'starting' | 'ready' | 'closed' = 'starting';

  const directory = createDirectory((id) => store.isRemoved(id));
  const tokens = createTokenIndex(adminToken);
  const scheduler = createScheduler(clock, {
    onFault: (error) => log.error({ err: error }, 'an alarm failed'),
    onLate: (lateMs) => {
      log.warn(
        { lateMs },
        'the supervisor was held up or the clock jumped: every agent gets a whole lease to be heard',
      );
      for (const entry of directory.all()) leases.extend(entry);
    },
  });
  const runtimeOf = (entry: Entry): Runtime => runtimes[entry.spec.runtime] as Runtime;

  const watch = (entry: Entry): void => {
    const { deadline } = entry.snapshot.context;
    if (deadline === null) scheduler.disarm(entry.deadline);
    else scheduler.arm(entry.deadline, deadline.at);
    leases.watch(entry);
  };

  const onTransition = (entry: Entry, before: WorkspaceSnapshot): void => {
    const { status, context, value } = entry.snapshot;
    const [from, to] = [leafOf(before.value), leafOf(value)];
    const details = { workspace: entry.id, name: entry.spec.name, from, to, reason: context.reason?.message };
    // A steady fleet looks at its plugins all the time: only what is different for the world is news.
    const isNews =
      context.status !== before.context.status || context.reason?.message !== before.context.reason?.message;
    if (from !== to) log[isNews ? 'info' : 'debug'](details, 'transition');
    const { blocked } = context.plugins;
    if (blocked.length > 0 && blocked !== before.context.plugins.blocked)
      host.note(entry, 'plugins.blocked', { plugins: blocked });
    if (status !== 'done') return watch(entry);
    scheduler.disarm(entry.deadline);
    scheduler.disarm(entry.lease);
    tokens.forget(entry.id);
    // The name is free, and the id gone, once that is on disk.
    store.settled().then(
      () => directory.remove(entry),
      () => undefined,
    );
  };

  const reconciler = options.reconciler({
    specOf: (id) => directory.byId(id).spec,
    stamp,
    settled: (signal) => store.settled(signal),
    lifeOf: (id) => directory.byId(id).life.signal,
    note: (id, event, details) => {
      const entry = directory.find(id);
      if (entry !== undefined) host.note(entry, event, details);
    },
  });

  const logic = withEffects({
    entryOf: (id) => directory.byId(id),
    runtimeOf,
    store,
    dice,
    stamp,
    url: () => url,
    onToken: tokens.add,
    note: (entry, event, details) => host.note(entry, event, details),
    reconciler,
  });

  const host = createActorHost({
    logic: options.adaptMachine?.(logic) ?? logic,
    store,
    stamp,
    policyOf: ({ spec }) => resolvePolicy(spec.policy, policyDefaults),
    log,
    onTransition,
  });

  const leases = createLeases({
    scheduler,
    now,
    beatIntervalMs: options.beatIntervalMs,
    fleetSize: directory.size,
    onExpired: (entry) => {
      tell(entry, { type: 'lease.expired', lastBeatAt: entry.presence.lastHeartbeatAt });
    },
  });

  /** Tells a workspace something that nobody waits for. */
  const tell = (entry: Entry, occurrence: Parameters<typeof host.send>[1]): void => {
    host.send(entry, occurrence).catch((error: unknown) => {
      log.warn({ err: error, workspace: entry.id, event: occurrence.type }, 'not on disk yet');
    });
  };

  const newEntry = (facts: EntryFacts): Entry => {
    const snapshot = facts.actor.getSnapshot();
    const entry: Entry = {
      // Side by side, for every beat reads them; what is spread in would push them apart.
      gate: gateOf(snapshot),
      incarnation: snapshot.context.incarnation,
      presence: facts.presence,
      presenceChanged: false,
      generation: facts.generation,
      id: facts.id,
      actor: facts.actor,
      snapshot,
      spec: facts.spec,
      createdAt: facts.createdAt,
      agentCard: facts.agentCard,
      agentUrl: facts.agentUrl,
      lease: createAlarm(() => leases.judge(entry)),
      deadline: createAlarm(() => {
        const { deadline } = entry.snapshot.context;
        if (deadline === null) return;
        tell(entry, { type: 'deadline.passed', deadline: deadline.name });
      }),
      life: new AbortController(),
      faults: 0,
      faultAt: 0,
      commit: Promise.resolve(),
    };
    return entry;
  };

  const core: Core = {
    directory,
    host,
    leases,
    tokens,
    store,
    runtimes,
    dice,
    stamp,
    policyDefaults,
    enrolment,
    newEntry,
    watch,
  };
  const { enrol, ...operators } = operatorSide(core);
  const agents = agentSide(core, enrol);

  const presences = createPresenceKeeper({ store, entries: directory.all });
  const flushAlarm = createAlarm(() => {
    scheduler.arm(flushAlarm, now() + PRESENCE_FLUSH_MS);
    void presences.flush();
  });

  const restoreOne = (row: LoadedWorkspace): (() => void) | null => {
    const { workspaceId, spec, generation } = row;
    let entry: Entry | undefined;
    const fresh = (): WorkspaceActor => {
      const policy = resolvePolicy(spec.policy, policyDefaults);
      const owned = runtimes[spec.runtime]?.owned ?? false;
      return host.prepare({ workspaceId, owned, policy, generation, ...stamp() }, () => entry);
    };
    const { actor, parkAs } = restoreActor(row, fresh, { host, now }, () => entry);
    const { createdAt, agentCard, url: agentUrl } = row;
    const presence = row.presence ?? { ...NO_PRESENCE };
    entry = newEntry({
      id: workspaceId,
      actor,
      spec,
      generation,
      createdAt,
      agentCard,
      agentUrl,
      presence,
    });
    directory.add(entry);
    // With the id that the directory has: one string for both.
    for (const token of row.tokens) tokens.add({ ...token, workspaceId });
    if (parkAs === null) host.begin(entry);
    return parkAs;
  };

  /** Nothing waits for it: what belongs to nobody may take its time to stop. */
  const sweep = async (runtime: Runtime): Promise<void> => {
    const details = { runtime: runtime.name };
    try {
      const workspaces = await runtime.sweep(directory.has);
      if (workspaces.length > 0) log.warn({ ...details, workspaces }, 'reaped what belongs to nobody');
    } catch (error) {
      log.warn({ ...details, err: error }, 'could not look for what belongs to nobody');
    }
  };

  const stopWatching: (() => void)[] = [];

  return {
    identify: tokens.identify,
    ...agents,
    ...operators,

    ...readingSide({ ...core, reconciler }),

    health() {
      const storeHealth = store.health();
      const workspaces: Partial<Record<PublicStatus, number>> = {};
      for (const { snapshot } of directory.all()) {
        workspaces[snapshot.context.status] = (workspaces[snapshot.context.status] ?? 0) + 1;
      }
      const problems = [
        phase === 'starting' ? 'Workspaces are still being brought back.' : null,
        phase === 'closed' ? 'The supervisor is stopping.' : null,
        phase === 'ready' && now() - (flushAlarm.at ?? now()) > LATE_MS
          ? 'The scheduler is not ticking.'
          : null,
        storeHealth.writable ? null : `The database cannot be written: ${storeHealth.problem ?? 'unknown'}`,
      ].filter((problem) => problem !== null);
      return { ready: problems.length === 0, problems, store: storeHealth, workspaces, startedAt };
    },

    restore() {
      const toPark = store.load().map(restoreOne);
      for (const park of toPark) park?.();
      log.info({ workspaces: directory.size() }, 'restored');
    },

    async resume(ownUrl) {
      url = ownUrl;
      for (const runtime of Object.values(runtimes)) {
        stopWatching.push(
          runtime.onExit(({ workspaceId, incarnation, code, signal }) => {
            const entry = directory.find(workspaceId);
            if (entry !== undefined) tell(entry, { type: 'instance.exited', incarnation, code, signal });
          }),
        );
      }
      const entries = [...directory.all()];
      const isClosed = () => phase === 'closed';
      await resumeAll(entries, { host, leases, runtimeOf, now, roll: dice.roll, isClosed, log });
      if (isClosed()) return;
      for (const entry of entries) watch(entry);
      scheduler.arm(flushAlarm, now() + PRESENCE_FLUSH_MS);
      phase = 'ready';
      for (const runtime of Object.values(runtimes)) void sweep(runtime);
    },

    async close() {
      if (phase === 'closed') return;
      phase = 'closed';
      scheduler.close();
      for (const stop of stopWatching) stop();
      host.close(directory.all());
      await presences.flush();
    },
  };
};
