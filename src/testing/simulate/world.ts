import type { EpochMs } from '../../../machines/time.ts';
import { createMemoryInstances } from '../memory/memory-instances.ts';
import { createMemoryShelf, createPluginSources } from '../memory/memory-plugins.ts';
import { createMemoryDisk } from '../memory/memory-store.ts';
import { nextTurn } from '../memory/next-turn.ts';
import { createAgents } from './agents.ts';
import { seededDice, seedOf } from './dice.ts';
import { createDisturbances } from './disturbances.ts';
import { createFacts } from './facts.ts';
import { createHolds } from './holds.ts';
import { MOMENT_INVARIANTS } from './invariants/moments.ts';
import type { Decision, Invariant } from './invariants/types.ts';
import { createNetwork } from './network.ts';
import { createPublisher } from './publisher.ts';
import { createReplay } from './replay.ts';
import { createRequests } from './requests.ts';
import { beginLife, type Machine, SILENCE_HOLD_MS, type SupervisorLife } from './supervisor-life.ts';
import { createTimeline } from './timeline.ts';
import { type Broken, createWatch } from './watch.ts';

/** When every world begins. */
export const BEGINNING: EpochMs = Date.UTC(2030, 0, 1);
const BEAT_INTERVAL_MS = 30_000;
/** A world is looked at in every detail while it has so few workspaces. */
const THOROUGH_UP_TO = 60;
/** An alarm rings every 10 s and is late from 5 s on: a shorter stall is not noticed, and costs no more of a lease. */
const UNNOTICED_MS = 15_000;
/** So soon every request is answered, unless something is held up. */
const ANSWERED_WITHIN_MS = 60_000;
/** No lease is given for longer. */
const LONGEST_QUIET_MS = 15 * 60_000;
/** More than that never happens in one moment, not even after a stall. */
const MOST_IN_MOMENT = { anyway: 2_000, perWorkspace: 20 };
const MISSING_COMMAND = '/no/such/agent';

export type WorldOptions = {
  seed: number;
  workspaces: number;
  also: readonly Invariant<Decision>[];
  onBroken: (broken: Broken) => void;
  onDecision: (decision: Decision) => void;
};

/**
 * A machine with a disk, processes and a network, agents that beat, places that plugins come from, and the real
 * supervisor in the middle. Nothing of it happens by itself: time stands still until `step`.
 */
export const createWorld = ({ seed, workspaces, also, onBroken, onDecision }: WorldOptions) => {
  const thorough = workspaces <= THOROUGH_UP_TO;
  const timeline = createTimeline(BEGINNING);
  const now = (): EpochMs => timeline.now();
  let offsetMs = 0;
  const wall = (): EpochMs => now() + offsetMs;
  const dice = (part: string) => seededDice(seedOf(seed, part));

  /** Whoever gives way inside the supervisor is still to be waited for. */
  const turns = { underWay: 0 };
  const turn = async (): Promise<void> => {
    turns.underWay += 1;
    await nextTurn();
    turns.underWay -= 1;
  };

  const disturbances = createDisturbances({ now, dice: dice('hands'), thorough });
  const network = createNetwork(timeline, dice('network'));
  const publisher = createPublisher(createPluginSources(), timeline);
  const habits = dice('instances');
  const machine: Machine = {
    disk: createMemoryDisk(),
    shelf: createMemoryShelf(),
    sources: publisher.sources,
    keys: [],
    instances: createMemoryInstances({
      clock: { now, schedule: (at, run) => timeline.at(at, run) },
      behave: ({ command }) =>
        command[0] === MISSING_COMMAND
          ? { declined: NO_COMMAND }
          : { startsInMs: habits.upTo(1_500), stopsInMs: habits.chance(0.1) ? null : habits.upTo(2_500) },
      onBegin: (spec) => agents.begin(spec),
      onEnd: ({ workspaceId }) => agents.end(workspaceId),
    }),
  };

  const counts = { steps: 0, looks: 0, fetches: 0, lives: 0, crashes: 0, replayed: 0 };
  let life: SupervisorLife | null = null;
  /** When the supervisor could hear again after it could not. */
  let hearingSince: EpochMs = now();
  let workingSince: EpochMs = now();
  let isBack = false;
  let storingSince: EpochMs = now();
  let stepsInMoment = 0;
  const mostInMoment = MOST_IN_MOMENT.anyway + MOST_IN_MOMENT.perWorkspace * workspaces;
  let clockSetAt: EpochMs = now();
  let diedAt: EpochMs = now();
  /** The last time that its clock was set, from what, and since when it could hear until then. */
  let jump = { at: 0, from: 0, hearingSince: 0 };
  /** Moments of before the clock was set back lie ahead until then. */
  let behindUntil: EpochMs = 0;

  const holds = createHolds(now, SILENCE_HOLD_MS + BEAT_INTERVAL_MS);
  const facts = createFacts({
    machine,
    isThorough: thorough,
    now,
    wall,
    life: () => life,
    agents: () => agents,
    // While it is away, or stands still, it hears nothing.
    hearingSince: () => (life === null || life.inbox.isStalled() ? now() : hearingSince),
    workingSince: () => (!isBack || life === null || life.inbox.isStalled() ? now() : workingSince),
    storingSince: () => (machine.disk.problem === null ? storingSince : now()),
    clockSetAt: () => clockSetAt,
    isBehind: () => now() < behindUntil,
    intervalMs: BEAT_INTERVAL_MS,
    fleet: () => watch.seen.values(),
    hold: holds.hold,
  });
  const watch = createWatch({ now, facts, also, onBroken, onDecision });
  const requests = createRequests({
    now,
    current: () => life,
    onFault: (what, error) => watch.report('13', 'nothingThrows', null, `${what}: ${String(error)}`),
  });
  const agents = createAgents({
    seed,
    timeline,
    network,
    watch,
    facts,
    publisher,
    machine,
    life: () => life,
    requests,
    intervalMs: BEAT_INTERVAL_MS,
  });

  const replay = createReplay(machine.disk);
  const checkReplay = (): void => {
    if (!thorough) return;
    counts.replayed += 1;
    for (const id of watch.seen.keys()) {
      const words = replay.check(id);
      if (words !== null) watch.report('11', 'journalReplays', id, words);
    }
  };

  const hearsWell = (): boolean =>
    now() - facts.workingSince() > ANSWERED_WITHIN_MS && machine.disk.problem === null;
  const deafened = (): void => {
    hearingSince = now();
    workingSince = now();
  };

  /** Until it is back it hears nothing, and what it waits for is not looked at. */
  const hearAgain = async (opened: SupervisorLife): Promise<void> => {
    await opened.supervisor.resume('http://simulated');
    if (life !== opened) return;
    workingSince = now();
    isBack = true;
  };

  const open = (): void => {
    if (life !== null) return;
    counts.lives += 1;
    isBack = false;
    // What was stored before the clock was set back, and is found only now, begins now.
    const wasSetBack = counts.crashes > 0 && clockSetAt > diedAt - UNNOTICED_MS;
    holds.forget(wasSetBack ? now() + LONGEST_QUIET_MS : 0);
    deafened();
    life = beginLife({
      machine,
      timeline,
      wall,
      turn,
      seed: seedOf(seed, 'life', counts.lives),
      beatIntervalMs: BEAT_INTERVAL_MS,
      journalCap: thorough ? 1_000_000 : 400,
      disturbances,
      watch,
      counts,
      onLog: (level, message, { err }) => {
        holds.hear(message);
        const isFault = level === 'error' && machine.disk.problem === null;
        if (isFault) watch.report('13', 'nothingThrows', null, `${message}: ${String(err)}`);
      },
    });
    const { supervisor, store } = life;
    checkReplay();
    const rows = store.load();
    const stored = new Set(rows.map(({ workspaceId }) => workspaceId));
    for (const { id, removed } of watch.seen.values()) {
      if (!removed && !stored.has(id))
        watch.report('6', 'acknowledgedIsStored', id, 'it is not on the disk any more');
    }
    for (const row of rows) watch.restored(row, replay.transitionsOf(row.workspaceId));
    agents.findLeases(rows);
    supervisor.restore();
    void hearAgain(life);
    agents.findExternal(rows);
  };

  return {
    thorough,
    timeline,
    machine,
    disturbances,
    network,
    publisher,
    agents,
    watch,
    facts,
    requests,
    counts,
    holds,
    life: () => life,
    open,
    wall,

    /** The supervisor dies, and is opened again after `downMs`; with `power`, everything that runs dies too. */
    kill(steps: number, downMs: number, power: boolean): void {
      const doomed = life;
      if (doomed === null) return;
      doomed.doom(steps, () => {
        counts.crashes += 1;
        diedAt = now();
        if (life === doomed) life = null;
        requests.forgetDead();
        agents.forgetPromises();
        if (power) machine.instances.loseAll();
        timeline.after(downMs, open);
      });
    },
    stall(forMs: number): void {
      if (life === null) return;
      life.inbox.stall(forMs);
      const held = life;
      timeline.after(forMs, () => {
        if (life !== held) return;
        if (forMs > UNNOTICED_MS) deafened();
        else workingSince = now();
      });
    },
    setDiskProblem(problem: string | null): void {
      if (machine.disk.problem !== null && problem === null) storingSince = now();
      machine.disk.problem = problem;
    },
    setClock(byMs: number): void {
      const isUndone = now() - jump.at < UNNOTICED_MS && offsetMs + byMs === jump.from;
      const heardBefore = isUndone && hearingSince === jump.at ? jump.hearingSince : now();
      jump = { at: now(), from: offsetMs, hearingSince };
      offsetMs += byMs;
      clockSetAt = now();
      deafened();
      // Nobody was deaf for a jump that was taken back before anything rang.
      hearingSince = heardBefore;
      if (byMs < 0) behindUntil = Math.max(behindUntil, now()) - byMs;
    },

    checkReplay,
    /** Looks at every workspace as it is now. */
    checkMoments(): void {
      for (const seen of watch.seen.values()) {
        for (const { number, name, check } of MOMENT_INVARIANTS) {
          const words = check(seen, facts);
          if (words !== null) watch.report(number, name, seen.id, words);
        }
      }
      const overdue = hearsWell() ? requests.overdue(ANSWERED_WITHIN_MS) : null;
      if (overdue !== null) {
        watch.report('6', 'requestsAreAnswered', null, `${overdue} was asked for, and nobody answers`);
      }
    },
    /** What was answered is on the disk, with all that had been decided by then. */
    checkAcknowledged(id: string, decided: number, what: string): void {
      if (!thorough || decided === 0) return;
      const stored = replay.transitionsOf(id);
      if (stored >= decided) return;
      watch.report(
        '6',
        'acknowledgedIsStored',
        id,
        `${what} was answered, but only ${stored} of ${decided} transitions are on the disk`,
      );
    },

    /** Nothing happens here any more. */
    end(): void {
      life?.inbox.end();
    },

    /** One thing happens, and all that follows of it without time passing. */
    async step(): Promise<void> {
      agents.noteQuiet(false);
      const before = now();
      timeline.step();
      stepsInMoment = now() === before ? stepsInMoment + 1 : 0;
      if (stepsInMoment === mostInMoment) {
        watch.report(
          'liveness',
          'timePasses',
          null,
          'one thing leads to the next without end, in one moment',
        );
      }
      if (agents.wasQuiet()) return;
      do await nextTurn();
      while (turns.underWay > 0);
    },
  };
};

export type World = ReturnType<typeof createWorld>;

const NO_COMMAND = {
  kind: 'declined' as const,
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Give it one that is there.',
};

/** The command that an agent has here, and one that is not there. */
export const commandOf = (exists: boolean): string[] => [exists ? '/bin/agent' : MISSING_COMMAND];
