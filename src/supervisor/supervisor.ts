import { type DurationMs, type EpochMs, MINUTE, type Stamp } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import { resolvePolicy } from '../../machines/workspace/policy.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createActorHost } from './actor-host.ts';
import { agentSide } from './agents.ts';
import type { Supervisor } from './api.ts';
import { recordingSide } from './beat-record.ts';
import { createBeatTally } from './beat-tally.ts';
import { resumeAll } from './boot.ts';
import { censusOf } from './census.ts';
import { createChores } from './chores.ts';
import type { Core } from './core.ts';
import { createDirectory } from './directory.ts';
import { createDrift } from './drift.ts';
import { withEffects } from './effects.ts';
import { createEntry, type Entry, type EntryFacts } from './entry.ts';
import { tellExits } from './exits.ts';
import { healthOf } from './health.ts';
import { createIdleness } from './idleness.ts';
import { createJudgement } from './judgement.ts';
import { createLeases } from './leases.ts';
import { createMeasures } from './measures.ts';
import { newsOf } from './news.ts';
import { operatorSide } from './operators.ts';
import type { SupervisorOptions } from './options.ts';
import { pluginSide } from './plugin-side.ts';
import type { Runtime } from './ports.ts';
import { createPresenceKeeper } from './presence-keeper.ts';
import { readingSide } from './readers.ts';
import { reportingSide } from './reports.ts';
import type { WorkspaceSnapshot } from './restore.ts';
import { restoreEntry } from './restore-entry.ts';
import { rotatingSide } from './rotation.ts';
import { createScheduler } from './scheduler.ts';
import { createSchedules } from './schedules.ts';
import { createSecretKeeper } from './secret-keeper.ts';
import { secretSide } from './secret-side.ts';
import { sweep } from './sweep.ts';
import { createTokenIndex } from './tokens.ts';
import { createWatching } from './watching.ts';

/** Presence reaches the disk this often; a crash may cost so much of it. */
const PRESENCE_FLUSH_MS: DurationMs = 10_000;
/** A scheduler that is so late is not ticking. */
const LATE_MS: DurationMs = 3 * PRESENCE_FLUSH_MS;
const DEFAULT_CHECK_MS: DurationMs = 60 * MINUTE;

/** A supervisor with the two moves by which it comes to life, and the one by which it goes. */
export type RunningSupervisor = Supervisor & {
  /** A global secret that is for plugin sources alone, or null. @throws `SECRET_KEY_LOST` */
  sourceSecret(name: string): string | null;
  /** Beats that were taken since the start. */
  beats(): number;
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
  const measures = createMeasures(options.observer);
  const now = (): EpochMs => clock.now();
  const stamp = (): Stamp => ({ at: clock.now(), roll: dice.roll() });
  const startedAt = now();
  let url = '';
  let phase: 'starting' | 'ready' | 'closed' = 'starting';

  const directory = createDirectory((id) => store.isRemoved(id));
  const tokens = createTokenIndex(adminToken, options.hasher, now);
  const accessTokens = createAccessTokens({
    store,
    now,
    newToken: dice.token,
    hashOf: tokens.hashOf,
    log,
  });
  const keeper = createSecretKeeper(options.vault);
  const scheduler = createScheduler(clock, {
    onFault: (error) => log.error({ err: error }, 'an alarm failed'),
    onLate: (lateMs) => {
      log.warn({ lateMs }, 'held up, or the clock jumped: every agent gets a whole lease to be heard');
      judgement.holdLate(lateMs, longestLease());
      for (const entry of directory.all()) leases.extend(entry);
      tallies.wasDeaf(directory.all());
      idleness.startAnew();
    },
    onSetBack: (byMs) => {
      log.warn({ byMs }, 'the clock was set back: every agent gets a whole lease from now');
      judgement.holdLate(byMs, longestLease());
      chores.hasten();
      idleness.startAnew();
      for (const entry of directory.all()) {
        leases.bringBack(entry);
        leases.grantOne(entry);
      }
    },
  });
  const judgement = createJudgement({
    scheduler,
    now,
    roll: dice.roll,
    log,
    entries: () => directory.all(),
    leases: () => leases,
    silenceHoldMs: options.silenceHoldMs,
    onHold: options.onHold,
  });
  const tallies = createBeatTally(now);
  const longestLease = () => Math.max(policyDefaults.offlineAfterMs, 2 * leases.intervalMs());
  const runtimeOf = (entry: Entry): Runtime => runtimes[entry.spec.runtime] as Runtime;

  const watch = (entry: Entry): void => {
    const { deadline } = entry.snapshot.context;
    if (deadline === null) scheduler.disarm(entry.deadline);
    else scheduler.arm(entry.deadline, deadline.at);
    leases.watch(entry);
    idleness.watch(entry);
  };

  const onTransition = (entry: Entry, before: WorkspaceSnapshot, event: string): void => {
    measures.noteTransition(entry, before, event);
    const { status, context, value } = entry.snapshot;
    const [from, to] = [leafOf(before.value), leafOf(value)];
    const details = { workspace: entry.id, name: entry.spec.name, from, to, reason: context.reason?.message };
    // A steady fleet looks at its plugins all the time: only what is different for the world is news.
    const isNews =
      context.status !== before.context.status || context.reason?.message !== before.context.reason?.message;
    if (from !== to) log[isNews ? 'info' : 'debug'](details, 'transition');
    for (const { event, details } of newsOf(entry.snapshot, before)) host.note(entry, event, details);
    if (status !== 'done') return watch(entry);
    for (const alarm of [entry.deadline, entry.scheduleAlarm, entry.idleAlarm, entry.lease])
      scheduler.disarm(alarm);
    tokens.forget(entry.id);
    keeper.forgetWorkspace(entry.id);
    forgetOnceGone(entry).catch(() => undefined);
  };

  /** The name is free, and the id gone, once that is on disk. */
  const forgetOnceGone = async (entry: Entry): Promise<void> => {
    await store.settled();
    directory.remove(entry);
    watching.noteRemoval(entry);
  };

  const reconciler = options.reconciler({
    wantedOf: (id) => {
      const { spec, snapshot } = directory.byId(id);
      const { good, rollback, suspicion } = snapshot.context.plugins;
      return { spec, held: suspicion.held, keep: [good, ...(rollback === null ? [] : [rollback.to])] };
    },
    stamp,
    settled: (signal) => store.settled(signal),
    lifeOf: (id) => directory.byId(id).life.signal,
    pluginBegan: measures.pluginBegan,
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
    environmentOf: ({ id, spec }) => keeper.environmentOf(id, spec.env),
    placeTemplate: options.placeTemplate ?? (async () => undefined),
    url: () => url,
    hashOf: tokens.hashOf,
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
    onChildMoved: (entry) => watching.noteStep(entry),
  });

  const leases = createLeases({
    scheduler,
    now,
    beatIntervalMs: options.beatIntervalMs,
    fleetSize: directory.size,
    heldUntil: judgement.heldUntil,
    tallies,
    onExpired: (entry) => {
      const { lastHeartbeatAt: lastBeatAt } = entry.presence;
      measures.noteLeaseEnd(entry, now());
      tell(entry, { type: 'lease.expired', lastBeatAt, everyMs: leases.intervalMs() });
    },
  });

  /** Tells a workspace something that nobody waits for. */
  const tell = (entry: Entry, occurrence: Parameters<typeof host.send>[1]): void => {
    host.send(entry, occurrence).catch((error: unknown) => {
      log.warn({ err: error, workspace: entry.id, event: occurrence.type }, 'not on disk yet');
    });
  };

  const schedules = createSchedules({ scheduler, host, store, now, log });

  const idleness = createIdleness({ scheduler, host, leases: () => leases, now, log });

  const newEntry = (facts: EntryFacts): Entry =>
    createEntry(facts, {
      judgeLease: leases.judge,
      oldTokenOf: tokens.retiring,
      settleSchedule: schedules.settle,
      judgeIdleness: idleness.judge,
      idleOf: idleness.idleOf,
      now,
      passDeadline: (entry, deadline) => tell(entry, { type: 'deadline.passed', deadline }),
    });

  const core: Core = {
    directory,
    host,
    leases,
    tokens,
    keeper,
    schedules,
    idleness,
    store,
    runtimes,
    dice,
    now,
    stamp,
    policyDefaults,
    enrolment,
    newEntry,
    counts: { beats: 0 },
    watch,
  };
  const { enrol, ...operators } = operatorSide(core);
  const agents = agentSide(core, enrol);

  const drift = createDrift({
    entries: directory.all,
    reconciler,
    store,
    now,
    roll: dice.roll,
    everyMs: options.pluginCheckEveryMs ?? DEFAULT_CHECK_MS,
    tell,
    note: host.note,
  });
  const collectGarbage = async (): Promise<void> => {
    await options.collectGarbage?.([...directory.all()].map(({ id, spec }) => ({ id, spec })));
  };
  const presences = createPresenceKeeper({ store, entries: directory.all, tallies });
  const chores = createChores({
    scheduler,
    now,
    log,
    chores: [
      { name: 'presence', everyMs: PRESENCE_FLUSH_MS, firstMs: PRESENCE_FLUSH_MS, run: presences.flush },
      { name: 'drift', everyMs: MINUTE, firstMs: MINUTE, run: drift.tick },
      { name: 'garbage', everyMs: 24 * 60 * MINUTE, firstMs: 10 * MINUTE, run: collectGarbage },
    ],
  });

  const watching = createWatching({ directory, leases, now, judgement, loops: () => chores.view() });

  let stopWatching = (): void => undefined;

  return {
    identify: (token) => tokens.identify(token) ?? accessTokens.identify(token),
    expiredAt: tokens.expiredAt,
    ...accessTokens.side,
    ...rotatingSide(core),
    ...agents,
    ...operators,

    ...readingSide(core),
    ...recordingSide(core, presences.settle),
    ...pluginSide({ ...core, reconciler, drift }),
    ...reportingSide({ ...core, reconciler }),
    ...secretSide({ ...core, vault: options.vault }),
    sourceSecret: keeper.reserved,
    beats: () => core.counts.beats,

    ...watching.side,
    health: () =>
      healthOf({
        phase,
        isTicking: chores.lateMs() <= LATE_MS,
        store: store.health(),
        held: judgement.reason(),
        workspaces: censusOf(directory.all()),
        startedAt,
      }),

    restore() {
      accessTokens.load();
      keeper.load(store.secrets());
      drift.load();
      const toPark = store.load().map((row) => restoreEntry(row, core));
      for (const park of toPark) park?.();
      log.info({ workspaces: directory.size() }, 'restored');
    },

    async resume(ownUrl) {
      url = ownUrl;
      stopWatching = tellExits(Object.values(runtimes), directory, tell);
      const entries = [...directory.all()];
      if (entries.length > 0) judgement.holdDeaf(longestLease());
      tallies.wasDeaf(entries);
      idleness.startAnew();
      const isClosed = () => phase === 'closed';
      // A start that takes long is held up as anything else is: something has to ring by which that is noticed.
      chores.begin();
      const giveWay = () => clock.yield();
      await resumeAll(entries, { host, leases, runtimeOf, now, roll: dice.roll, giveWay, isClosed, log });
      if (isClosed()) return;
      entries.forEach(watch);
      entries.forEach(schedules.settle);
      phase = 'ready';
      for (const runtime of Object.values(runtimes)) void sweep(runtime, directory.has, log);
    },

    async close() {
      if (phase === 'closed') return;
      phase = 'closed';
      scheduler.close();
      drift.close();
      stopWatching();
      host.close(directory.all());
      await presences.close();
    },
  };
};
