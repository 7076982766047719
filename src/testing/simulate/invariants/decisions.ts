/** What must be true of every transition, looked at when it is decided. */
import { HUSH } from '../plan.ts';
import { SILENCE_DECISIONS } from './silence.ts';
import type { Decision, Facts, Invariant } from './types.ts';

const RECONCILING = 'wanted.online.reconciling';
const isOnline = (state: string | null): boolean => state?.startsWith('wanted.online.') ?? false;
const isReconcileOver = ({ row, from }: Decision): boolean =>
  from === RECONCILING && row.event === 'reconcile.settled';

/** Whatever leads into online begins a reconcile, and only one. */
const entersOnlineByReconciling = ({ from, to, before, after }: Decision): string | null => {
  const runs = after.reconcile.run - (before?.reconcile.run ?? 0);
  if (isOnline(to) && !isOnline(from) && to !== RECONCILING)
    return `it came online without a reconcile, as ${to}`;
  if (isOnline(to) && !isOnline(from) && runs !== 1) return `one way into online began ${runs} reconciles`;
  if (runs > 1) return `one transition began ${runs} reconciles`;
  if (runs === 1 && to !== RECONCILING) return `a reconcile was counted, but it is ${to}`;
  const wasSettled = from === 'wanted.online.converged' || from === 'wanted.online.delivering';
  const isSettled = to === 'wanted.online.converged' || to === 'wanted.online.delivering';
  if (isSettled && from !== to && from !== RECONCILING && !wasSettled) return `it went from ${from} to ${to}`;
  return null;
};

/** A reconcile ends as settled, failed or superseded, and nothing else counts as running. */
const reconcileHasOneOutcome = ({ from, to, after }: Decision): string | null => {
  const { outcome } = after.reconcile;
  if (to === RECONCILING)
    return outcome === 'running' ? null : `it reconciles, but the outcome is ${outcome}`;
  if (outcome === 'running') return `nothing reconciles in ${to}, but the outcome is still awaited`;
  return from === RECONCILING && outcome === null ? 'a reconcile ended without an outcome' : null;
};

/** What is settled was looked at on the disk, once since the entry. */
const reconcileLooksOnce = (decision: Decision): string | null => {
  const { looks, overtaken } = decision.seen;
  if (!isReconcileOver(decision) || outcomeOf(decision)?.error !== null) return null;
  return looks >= 1 && looks <= 1 + overtaken
    ? null
    : `the disk was looked at ${looks} times between entering online and settling`;
};

/** Nothing of a workspace runs once it is said to be stopped. */
const restingMeansStopped = ({ seen, to, row }: Decision, facts: Facts): string | null => {
  const isStopped = to === 'resting.paused' || to === 'resting.hibernated' || to === 'removed';
  if (!isStopped || !/^(stop|destroy)\.settled$/.test(row.event)) return null;
  return facts.instanceOf(seen.id) === null ? null : `it is ${to}, but its instance still runs`;
};

/** Converged means that every declared plugin is there, whole, or held back. */
const convergedHasWhatIsDeclared = (decision: Decision, facts: Facts): string | null => {
  const { seen, to, after } = decision;
  if (!isReconcileOver(decision) || to !== 'wanted.online.converged') return null;
  const missing = missingOf(decision, facts).filter(
    (name) => !after.plugins.suspicion.held.some((held) => held.name === name),
  );
  if (missing.length > 0) return `it is converged without ${missing.join(', ')}`;
  const { generation } = facts.inForce(seen.id);
  return after.plugins.generation === generation
    ? null
    : `plugin generation ${generation} is in force, but it settled on ${after.plugins.generation}`;
};

/** What is left out is named, with a reason and a moment. */
const blockedSaysWhyPerPlugin = (decision: Decision, facts: Facts): string | null => {
  const { to, after, row } = decision;
  if (!isReconcileOver(decision) || to !== 'wanted.online.blocked') return null;
  if (after.reason === null) return 'it is blocked without a reason';
  if (outcomeOf(decision)?.error !== null) return null;
  const { blocked, suspicion } = after.plugins;
  const unsaid = missingOf(decision, facts).filter(
    (name) => ![...blocked, ...suspicion.held].some((one) => one.name === name),
  );
  if (unsaid.length > 0) return `${unsaid.join(', ')} is missing, and nothing says why`;
  const silent = blocked.find(({ message, retryAt }) => message === '' || retryAt < row.at);
  return silent === undefined ? null : `${silent.name} is blocked without a reason or a next try`;
};

/** A new incarnation has a cause that is younger than the one before it. */
const incarnationHasCause = ({ seen, before, after }: Decision): string | null => {
  const step = after.incarnation - (before?.incarnation ?? 0);
  if (step === 0) return null;
  if (step !== 1) return `its incarnation went from ${before?.incarnation ?? 0} to ${after.incarnation}`;
  return seen.causes.length > 0 ? null : `incarnation ${after.incarnation} begins, and nothing asked for it`;
};

/** Who asked for a restart has it, or was told why not, before all is called well. */
const restartIsServed = (decision: Decision): string | null => {
  const { seen, to, after } = decision;
  const isSettled = to === 'wanted.online.converged' || to === 'wanted.online.blocked';
  if (!isSettled || !isReconcileOver(decision) || !after.owned || seen.owedSince === null) return null;
  const { decline, wanted } = after.restart;
  if (after.incarnation > seen.owedSince || decline?.wanted === wanted) return null;
  return `a restart was asked for, and it settles with incarnation ${after.incarnation} as if nobody had`;
};

/** What runs was started with what is declared now. */
const runsWithWhatIsDeclared = (decision: Decision, facts: Facts): string | null => {
  const { seen, to, after } = decision;
  if (to !== 'wanted.online.converged' || !isReconcileOver(decision) || !after.owned) return null;
  const { decline, wanted } = after.restart;
  const running = facts.instanceOf(seen.id);
  if (decline?.wanted === wanted || running === null || running.spec.incarnation !== after.incarnation)
    return null;
  const { env } = running.spec;
  if (env['COLOUR'] !== seen.spec.env['COLOUR'])
    return 'its instance runs with an environment that was changed';
  if (running.spec.command.join(' ') !== seen.spec.command.join(' '))
    return 'its instance runs another command';
  const stale = [...facts.secretsOf(seen.id)].find(([name, value]) => env[name] !== value);
  return stale === undefined ? null : `its instance runs without what the secret ${stale[0]} is now`;
};

/** What runs has loaded the plugins that are in force, unless they need no restart. */
const runsWithPluginsInForce = (decision: Decision, facts: Facts): string | null => {
  const { seen, to, after } = decision;
  if (to !== 'wanted.online.converged' || !isReconcileOver(decision) || !after.owned) return null;
  const { decline, wanted } = after.restart;
  const running = facts.instanceOf(seen.id);
  if (decline?.wanted === wanted || running === null || running.spec.incarnation !== after.incarnation)
    return null;
  const loaded = new Map(running.loaded.map(({ name, coreHash }) => [name, coreHash]));
  const inForce = new Map(facts.inForce(seen.id).plugins.map(({ name, coreHash }) => [name, coreHash]));
  const names = new Set([...loaded.keys(), ...inForce.keys()]);
  const other = [...names].find((name) => loaded.get(name) !== inForce.get(name) && !seen.unminded.has(name));
  return other === undefined
    ? null
    : `its agent has not loaded ${other} as it is in force, and no restart is due`;
};

/** Incarnation, generation and online entries only rise, and nothing leads out of removed. */
const nothingGoesBack = ({ seen, before, after, to }: Decision): string | null => {
  if (seen.removed) return `it was removed, and goes on to ${to}`;
  if (before === null) return null;
  for (const name of [
    'incarnation',
    'endedIncarnation',
    'heardIncarnation',
    'generation',
    'restarts',
  ] as const) {
    if (after[name] < before[name]) return `its ${name} went back from ${before[name]} to ${after[name]}`;
  }
  if (after.reconcile.run < before.reconcile.run) return 'its count of online entries went back';
  if (after.heardIncarnation > after.incarnation) return 'an incarnation was heard that never began';
  return after.generation > seen.generation ? 'it was told of a generation that is not declared' : null;
};

/** Restarts after crashes stay within the budget of their window. */
const restartsStayWithinBudget = (
  { seen, row, before, after, from, to }: Decision,
  facts: Facts,
): string | null => {
  if (row.event !== 'deadline.passed' || from !== 'wanted.offline' || to !== 'wanted.restarting') return null;
  const { restartBudget, restartWindowMs } = (before ?? after).policy;
  // By a clock that was set meanwhile, the window has another length.
  const begin = Math.max(seen.crashedAt - restartWindowMs, facts.clockSetAt());
  const within = [...seen.crashRestarts, seen.crashedAt].filter((one) => one > begin).length;
  return within <= restartBudget
    ? null
    : `it was restarted ${within} times within ${restartWindowMs / 60_000} min; its budget is ${restartBudget}`;
};

/** Who is given up has a reason, and something that can be done. */
const givingUpSaysWhy = ({ to, after }: Decision): string | null => {
  if (to !== 'wanted.failed') return null;
  if (after.reason === null) return 'it failed without a reason';
  return after.reason.hint === null ? 'it failed, and nothing says what to do' : null;
};

const DEADLINES: Record<string, string | null> = {
  'wanted.provisioning': 'provisionBy',
  'wanted.awaitingAgent': null,
  [RECONCILING]: 'reconcileBy',
  'wanted.online.converged': 'resyncAt',
  'wanted.online.delivering': 'resyncAt',
  'wanted.online.blocked': 'retryAt',
  'wanted.degraded': null,
  'wanted.offline': 'restartAt',
  'wanted.restarting': 'stopBy',
  'wanted.rollingBack': 'stopBy',
  'wanted.failed': null,
  'resting.pausing': 'stopBy',
  'resting.paused': null,
  'resting.hibernating': 'stopBy',
  'resting.hibernated': null,
  removing: 'stopBy',
  removed: null,
};

/** Every state that waits has the deadline that belongs to it, and no other one. */
const waitsHaveDeadlines = ({ to, after }: Decision): string | null => {
  const wanted = DEADLINES[to];
  if (wanted === undefined) return `nobody knows the state ${to}`;
  const armed = after.deadline?.name ?? null;
  return armed === wanted
    ? null
    : `it waits in ${to} with the deadline ${armed ?? 'none'}, not ${wanted ?? 'none'}`;
};

const SAMPLED = 16;

/** No secret is in what is written down. */
const secretsStaySecret = ({ seen, row, after }: Decision, facts: Facts): string | null => {
  if (!facts.isThorough && seen.decisions % SAMPLED !== 0) return null;
  const written = JSON.stringify([row.cause, row.reason, after.reason]);
  return written.includes(HUSH) ? `a secret is in the journal row of ${row.event}` : null;
};

/** What a reconcile gets in place does not depend on what it cannot. */
const oneBrokenPluginCostsOne = (decision: Decision, facts: Facts): string | null => {
  const outcome = outcomeOf(decision);
  if (!isReconcileOver(decision) || outcome === null || outcome.error !== null) return null;
  const excused = new Set([
    ...outcome.failed.map(({ name }) => name),
    ...decision.after.plugins.suspicion.held.map(({ name }) => name),
    ...(decision.before?.plugins.suspicion.held ?? []).map(({ name }) => name),
  ]);
  const others = missingOf(decision, facts).filter((name) => !excused.has(name));
  return others.length === 0 ? null : `${others.join(', ')} could be installed, but was left out`;
};

const missingOf = ({ seen }: Decision, facts: Facts): string[] => {
  const inForce = new Map(facts.inForce(seen.id).plugins.map((plugin) => [plugin.name, plugin]));
  // What somebody changes meanwhile is found by the next look.
  const isTampered = seen.tamperedAt >= seen.enteredAt;
  return seen.spec.plugins
    .filter(({ name, source }) => {
      const plugin = inForce.get(name);
      if (plugin === undefined || plugin.source !== source) return true;
      return !isTampered && plugin.actualHash !== plugin.treeHash;
    })
    .map(({ name }) => name);
};

type Outcome = { failed: { name: string }[]; error: { code: string } | null };
const outcomeOf = ({ row }: Decision): Outcome | null =>
  (row.cause as { output?: Outcome } | null)?.output ?? null;

export const DECISION_INVARIANTS: readonly Invariant<Decision>[] = [
  { number: '1', name: 'entersOnlineByReconciling', check: entersOnlineByReconciling },
  { number: '1', name: 'reconcileHasOneOutcome', check: reconcileHasOneOutcome },
  { number: '1', name: 'reconcileLooksOnce', check: reconcileLooksOnce },
  { number: '2', name: 'restingMeansStopped', check: restingMeansStopped },
  { number: '3', name: 'convergedHasWhatIsDeclared', check: convergedHasWhatIsDeclared },
  { number: '3', name: 'blockedSaysWhyPerPlugin', check: blockedSaysWhyPerPlugin },
  { number: '4', name: 'incarnationHasCause', check: incarnationHasCause },
  { number: '4', name: 'restartIsServed', check: restartIsServed },
  { number: '4', name: 'runsWithWhatIsDeclared', check: runsWithWhatIsDeclared },
  { number: '4', name: 'runsWithPluginsInForce', check: runsWithPluginsInForce },
  { number: '5', name: 'nothingGoesBack', check: nothingGoesBack },
  ...SILENCE_DECISIONS,
  { number: '8', name: 'restartsStayWithinBudget', check: restartsStayWithinBudget },
  { number: '8', name: 'givingUpSaysWhy', check: givingUpSaysWhy },
  { number: '10', name: 'waitsHaveDeadlines', check: waitsHaveDeadlines },
  { number: '12', name: 'secretsStaySecret', check: secretsStaySecret },
  { number: '13', name: 'oneBrokenPluginCostsOne', check: oneBrokenPluginCostsOne },
];
