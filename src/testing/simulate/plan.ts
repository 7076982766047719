import { type DurationMs, MINUTE, SECOND } from '../../../machines/time.ts';
import type { Action, Deed, Fault, FaultKind, Wish } from './action.ts';
import { type SeededDice, seededDice, seedOf } from './dice.ts';

/** What a run is made from: the same facts give the same plan. */
export type PlanFacts = {
  seed: number;
  /** How many there are at the start. */
  workspaces: number;
  hours: number;
  faults: readonly FaultKind[];
};

const HOUR: DurationMs = 60 * MINUTE;
/** Whoever is there at the start comes within so much. */
const ARRIVAL_MS: DurationMs = 20 * SECOND;
/** Of them so many have agents that run elsewhere. */
const EXTERNAL_SHARE = 0.3;
/** Whoever looks at its plugins every minute makes a large fleet slow, and shows nothing that a few of them do not. */
const HASTY = { share: 0.5, most: 40 };

/** The plugins that can be declared here. */
export const PLUGINS = ['red', 'green', 'blue', 'grey'];
export const SECRETS = ['TOKEN', 'KEY'];

/**
 * All that is made to happen in a run, by moment.
 *
 * Made hour by hour: the plan of fewer hours is the beginning of the longer one's, with the same numbers. Every
 * action says all of itself, so that any of them can be left out.
 */
export const createPlan = ({ seed, workspaces, hours, faults }: PlanFacts): Action[] => {
  const plan: Action[] = [];
  const hastyShare = Math.min(HASTY.share, HASTY.most / workspaces);
  const add = (atMs: DurationMs, what: Deed | Fault) => {
    plan.push({ n: plan.length + 1, atMs: Math.round(atMs), ...what });
  };
  const arrivals = seededDice(seedOf(seed, 'arrivals'));
  for (let workspace = 0; workspace < workspaces; workspace += 1) {
    add(arrivals.roll() * ARRIVAL_MS, newcomer(workspace, arrivals, workspace > 0, hastyShare));
  }
  let born = workspaces;
  for (let hour = 0; hour < hours; hour += 1) {
    const dice = seededDice(seedOf(seed, 'hour', hour));
    const moments = Math.max(6, Math.min(40, 3 * workspaces)) + dice.upTo(6);
    const lengthMs = Math.min(1, hours - hour) * HOUR;
    for (let moment = 0; moment < moments; moment += 1) {
      let atMs = hour * HOUR + (moment === 0 && hour === 0 ? ARRIVAL_MS : 0) + dice.roll() * lengthMs;
      const workspace = dice.upTo(born);
      // What happens close together is what gets into each other's way.
      for (let more = true; more; more = dice.chance(0.45)) {
        const isFault = faults.length > 0 && dice.chance(0.5);
        const at = dice.chance(0.85) ? workspace : dice.upTo(born);
        const what = isFault ? fault(dice.of(faults), at, dice) : deed(at, dice);
        // Whoever is new gets the next number.
        if (what.kind === 'create') add(atMs, newcomer(born++, dice, true, hastyShare));
        else add(atMs, what);
        atMs += dice.chance(0.3) ? 0 : dice.roll() ** 3 * 40 * SECOND;
      }
    }
  }
  // Afterwards nothing is made to happen any more; the numbers stay what they are.
  return plan.filter(({ atMs }) => atMs < hours * HOUR).toSorted((a, b) => a.atMs - b.atMs || a.n - b.n);
};

const newcomer = (
  workspace: number,
  dice: SeededDice,
  mayBeElsewhere: boolean,
  hastyShare: number,
): Deed => ({
  kind: 'create',
  workspace,
  external: mayBeElsewhere && dice.chance(EXTERNAL_SHARE),
  plugins: wishes(dice),
  hasty: dice.chance(hastyShare),
});

const wishes = (dice: SeededDice): Wish[] =>
  PLUGINS.filter(() => dice.chance(0.45)).map((name) => ({
    name,
    ...(dice.chance(0.2) ? { restart: dice.of(['never', 'always'] as const) } : {}),
    ...(dice.chance(0.3) ? { track: 'auto' as const } : {}),
  }));

/** How often each deed is done, relative to the others. */
const DEEDS: [weight: number, make: (workspace: number, dice: SeededDice) => Deed][] = [
  [
    10,
    (workspace, dice) => ({
      kind: 'verb',
      workspace,
      verb: dice.of(['restart', 'pause', 'resume', 'hibernate', 'wake', 'retry', 'reconcile']),
    }),
  ],
  [4, (workspace) => ({ kind: 'verb', workspace, verb: 'restart' })],
  [4, (workspace) => ({ kind: 'verb', workspace, verb: 'resume' })],
  [2, (workspace) => ({ kind: 'verb', workspace, verb: 'wake' })],
  [4, (workspace) => ({ kind: 'verb', workspace, verb: 'retry' })],
  [6, (workspace, dice) => ({ kind: 'declare', workspace, plugins: wishes(dice) })],
  [2, (workspace, dice) => ({ kind: 'role', workspace, role: String(dice.upTo(1_000)) })],
  [3, (workspace, dice) => ({ kind: 'env', workspace, value: String(dice.upTo(1_000)) })],
  [2, (workspace, dice) => ({ kind: 'command', workspace, exists: dice.chance(0.6) })],
  [
    4,
    (workspace, dice) => ({
      kind: 'secret',
      workspace: dice.chance(0.3) ? null : workspace,
      name: dice.of(SECRETS),
      value: dice.chance(0.2) ? null : `${HUSH}${dice.upTo(1_000_000)}`,
    }),
  ],
  [3, (workspace) => ({ kind: 'rollback', workspace })],
  [3, (workspace) => ({ kind: 'update', workspace })],
  [2, (workspace) => ({ kind: 'release', workspace })],
  [1, (workspace, dice) => ({ kind: 'remove', workspace, purge: dice.chance(0.5) })],
  [1, () => ({ kind: 'create', workspace: 0, external: false, plugins: [], hasty: false })],
  [
    4,
    (_, dice) => ({
      kind: 'publish',
      plugin: dice.of(PLUGINS),
      bad: dice.chance(0.25),
      words: dice.chance(0.25),
    }),
  ],
  [2, (_, dice) => ({ kind: 'withdraw', plugin: dice.of(PLUGINS), forMs: minutes(dice, 1, 40) })],
];

/** What every secret here begins with, so that it can be found where it must not be. */
export const HUSH = 'hush-hush-';

const DEED_WEIGHT = DEEDS.reduce((sum, [weight]) => sum + weight, 0);

const deed = (workspace: number, dice: SeededDice): Deed => {
  let left = dice.roll() * DEED_WEIGHT;
  for (const [weight, make] of DEEDS) {
    left -= weight;
    if (left < 0) return make(workspace, dice);
  }
  return { kind: 'verb', workspace, verb: 'reconcile' };
};

const minutes = (dice: SeededDice, least: number, most: number): DurationMs =>
  dice.between(least * 60, most * 60) * SECOND;

const fault = (kind: FaultKind, workspace: number, dice: SeededDice): Fault => {
  const whose = dice.chance(0.5) ? null : workspace;
  switch (kind) {
    case 'crash':
    case 'power-cut':
      return {
        kind,
        steps: dice.chance(0.3) ? 0 : dice.upTo(40),
        downMs: dice.chance(0.5) ? SECOND : minutes(dice, 0, 6),
      };
    case 'disk-full':
      return { kind, forMs: minutes(dice, 0, 8) };
    case 'beats-lost':
      return { kind, workspace: whose, forMs: minutes(dice, 1, 10), share: dice.of([0.3, 0.6, 0.9]) };
    case 'beats-late':
      return { kind, workspace: whose, forMs: minutes(dice, 1, 10), byMs: minutes(dice, 0, 2) + SECOND };
    case 'beats-doubled':
      return { kind, workspace: whose, forMs: minutes(dice, 1, 10) };
    case 'clock-jump':
      return { kind, byMs: dice.of([-1, 1]) * HOUR };
    case 'stall':
      return { kind, forMs: dice.of([6, 20, 60, 60, 240]) * SECOND };
    case 'mass-silence':
      // Some outlast the time for which it is not believed.
      return { kind, forMs: minutes(dice, 1, 18) };
    case 'agent-exits':
      return { kind, workspace };
    case 'agent-silent':
    case 'agent-wedged':
    case 'agent-flaps':
    case 'agent-crash-loop':
    case 'agent-undead':
      return { kind, workspace, forMs: minutes(dice, 1, 20) };
    case 'driver-fails':
      return { kind, workspace, forMs: minutes(dice, 0, 6) };
    case 'driver-slow':
      return { kind, forMs: minutes(dice, 1, 10), byMs: dice.of([2, 10, 45]) * SECOND };
    case 'source-fails':
      return { kind, plugin: dice.of(PLUGINS), forMs: minutes(dice, 0, 15) };
    case 'source-slow':
      return {
        kind,
        plugin: dice.of(PLUGINS),
        forMs: minutes(dice, 1, 15),
        byMs: dice.of([5, 30, 200]) * SECOND,
      };
    case 'source-hangs':
      return { kind, plugin: dice.of(PLUGINS), forMs: minutes(dice, 1, 15) };
    case 'plugin-tampered':
      return { kind, workspace, plugin: dice.of(PLUGINS) };
    case 'restart-storm':
      break;
  }
  return { kind, times: dice.between(2, 6) };
};
