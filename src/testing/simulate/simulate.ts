import { type DurationMs, MINUTE } from '../../../machines/time.ts';
import type { Action, FaultKind } from './action.ts';
import type { Decision, Invariant } from './invariants/types.ts';
import { createOperators } from './operators.ts';
import { createPlan } from './plan.ts';
import { comeToRest } from './rest.ts';
import type { Broken } from './watch.ts';
import { BEGINNING, createWorld } from './world.ts';

/** One line of what a run was like, for people. */
export type StepTold = {
  atMs: DurationMs;
  workspace: string;
  event: string;
  from: string | null;
  to: string;
};

export type SimulationOptions = {
  seed: number;
  /** How many workspaces there are at the start. Default 4. */
  workspaces?: number;
  /** Simulated hours, without the time in which all comes to rest afterwards. Default 4. */
  hours?: number;
  faults: readonly FaultKind[];
  /** Only these actions of the plan happen. Default: all. */
  only?: readonly number[];
  /** What every transition is held against besides. Default: nothing more. */
  also?: readonly Invariant<Decision>[];
  /** Told of every transition. */
  onStep?: (step: StepTold) => void;
  /** Told of every action that is performed. */
  onAction?: (action: Action) => void;
};

export type Simulation = {
  seed: number;
  workspaces: number;
  hours: number;
  /** All that was planned, those that were left out included. */
  plan: Action[];
  /** How often each kind of action happened. */
  performed: Record<string, number>;
  counts: {
    transitions: number;
    beats: number;
    beatsHeard: number;
    beatsLost: number;
    beatsLate: number;
    beatsDoubled: number;
    reconciles: number;
    starts: number;
    restarts: number;
    fetches: number;
    reports: number;
    requests: number;
    refused: number;
    unanswered: number;
    boundaries: number;
    supervisors: number;
    crashes: number;
    /** How often silence was held. */
    holds: number;
  };
  /** Simulated, the time of rest included. */
  simulatedMs: DurationMs;
  /** The first invariant that did not hold, and what else did not at that moment. */
  broken: Broken[];
};

const LOOK_EVERY_MS: DurationMs = MINUTE;
const REPLAY_EVERY = 60;

/**
 * Lives through some hours of a fleet, in as long as that takes to compute.
 *
 * The supervisor, the machines and the reconciler are the real ones; time, chance, the disk, processes, agents and
 * operators are not. The same options give the same run. It ends with the first invariant that does not hold.
 */
export const simulate = async (options: SimulationOptions): Promise<Simulation> => {
  const { seed, workspaces = 4, hours = 4, faults, only, also = [], onStep, onAction } = options;
  const plan = createPlan({ seed, workspaces, hours, faults });
  const broken: Broken[] = [];
  let transitions = 0;
  let reconciles = 0;

  const onDecision = ({ seen, at, row, from, to }: Decision): void => {
    transitions += 1;
    if (row.event === 'reconcile.settled') reconciles += 1;
    onStep?.({ atMs: at - BEGINNING, workspace: seen.spec.name, event: row.event, from, to });
  };
  const world = createWorld({
    seed,
    workspaces,
    also,
    onDecision,
    onBroken: (one) => {
      // What follows from the first one says nothing of its own.
      if (broken.length === 0 || one.at === broken[0]?.at) broken.push(one);
    },
  });
  const operators = createOperators(world);
  const { timeline, watch } = world;

  world.open();
  const wanted = only === undefined ? plan : plan.filter(({ n }) => only.includes(n));
  for (const action of wanted) {
    timeline.at(BEGINNING + action.atMs, () => {
      onAction?.(action);
      operators.perform(action);
    });
  }
  let looks = 0;
  const look = (): void => {
    looks += 1;
    world.checkMoments();
    if (looks % REPLAY_EVERY === 0) world.checkReplay();
    timeline.after(LOOK_EVERY_MS, look);
  };
  timeline.after(LOOK_EVERY_MS, look);

  /** False as soon as something is broken. */
  const passUntil = async (at: number): Promise<boolean> => {
    for (;;) {
      if (broken.length > 0) return false;
      const next = timeline.next();
      if (next === null || next > at) break;
      await world.step();
    }
    timeline.moveTo(at);
    return true;
  };

  if (await passUntil(BEGINNING + hours * 60 * MINUTE)) await comeToRest(world, operators, passUntil);
  if (broken.length === 0) world.checkReplay();
  world.end();

  const { agents, network, requests, counts, holds } = world;
  return {
    seed,
    workspaces,
    hours,
    plan,
    performed: operators.counts,
    counts: {
      transitions,
      beats: agents.counts.beats,
      beatsHeard: agents.counts.heard,
      beatsLost: network.counts.lost,
      beatsLate: network.counts.late,
      beatsDoubled: network.counts.doubled,
      reconciles,
      starts: agents.counts.starts,
      restarts: [...watch.seen.values()].reduce((sum, { context }) => sum + context.restarts, 0),
      fetches: counts.fetches,
      reports: agents.counts.reports,
      requests: requests.counts.asked,
      refused: requests.counts.refused,
      unanswered: requests.counts.unanswered,
      boundaries: counts.steps,
      supervisors: counts.lives,
      crashes: counts.crashes,
      holds: holds.counts.holds,
    },
    simulatedMs: timeline.now() - BEGINNING,
    broken,
  };
};
