/**
 * The life of a workspace a second time, in plain TypeScript: DESIGN's table of states, its restart levels and budgets.
 *
 * It shares nothing with the program, so that what is wrong there is not wrong here as well. What happens is told in the
 * words of the journal, and only what decides the next state is kept.
 */
import {
  acquitted,
  blamed,
  type Happening,
  inForce,
  isUnproved,
  type Life,
  type Limits,
  loaded,
  onTrial,
  pluginRestartsBy,
  recent,
  released,
  withoutPlugins,
} from './reference-search.ts';

type Answer = (life: Life, what: Happening) => Life;

const ONLINE = 'reconciling delivering converged blocked';
const RESTING = 'pausing paused hibernating hibernated';
const GONE = 'removing removed';
const WANTED = `provisioning awaitingAgent ${ONLINE} degraded offline restarting rollingBack failed`;
const isOneOf = (leaves: string, leaf: string): boolean => leaves.split(' ').includes(leaf);

/** The state by its dotted path. */
export const stateOf = ({ leaf }: Life): string => {
  if (isOneOf(GONE, leaf)) return leaf;
  if (isOneOf(RESTING, leaf)) return `resting.${leaf}`;
  return `wanted.${isOneOf(ONLINE, leaf) ? 'online.' : ''}${leaf}`;
};

/** What the world sees. */
export const statusOf = ({ leaf }: Life): string => {
  if (isOneOf(ONLINE, leaf)) return 'online';
  if (isOneOf('restarting rollingBack', leaf)) return 'provisioning';
  const others: Record<string, string> = {
    awaitingAgent: 'awaiting_agent',
    pausing: 'paused',
    removing: 'removed',
  };
  return others[leaf] ?? leaf;
};

/** Whether a request for a restart was neither served nor declined. */
export const isDue = ({ asked, served, declined }: Life): boolean => asked > Math.max(served, declined);

/** A workspace that was declared a moment ago. `owned`: we start its agent. */
export const created = (owned: boolean, at: number, limits: Limits): Life => {
  const levels = { asked: 0, served: 0, declined: 0, restarts: 0, crashes: [], pluginRestarts: [] };
  const plugins = { generation: 0, good: 0, trying: null, tryingSince: null, reported: 0, rollbackBy: null };
  const search = { held: [], queue: [], isHalved: false, trial: [] };
  const agent = { incarnation: 0, over: 0, heard: 0 };
  return start({ leaf: '', owned, limits, since: at, ...agent, ...levels, ...plugins, ...search });
};

/** What becomes of a workspace when something happens to it. */
export const step = (before: Life, what: Happening): Life => {
  const after = passOn(ANSWERS.get(`${before.leaf} ${what.type}`)?.(before, what) ?? before, what.at);
  if (statusOf(after) === statusOf(before)) return after;
  const lasts = statusOf(after) === 'online' && after.trying !== null;
  return { ...after, since: what.at, tryingSince: lasts ? what.at : null };
};

/** States that are not stayed in. */
const passOn = (life: Life, at: number): Life => {
  const { leaf, owned, trial, limits } = life;
  if (leaf === 'degraded' && owned && isDue(life)) return to('restarting', life);
  if (leaf !== 'offline') return life;
  const isLoop = trial.length > 0 || pluginRestartsBy(life, at).length > limits.pluginRestartBudget;
  if (owned && isUnproved(life) && isLoop) return rollBack(life, 'breaker');
  const isSpent = recent(life.crashes, at, limits.restartWindowMs).length > limits.restartBudget;
  return isSpent ? to('failed', acquitted(life)) : life;
};

/** A sign of life. A register of an agent elsewhere is its answer to requests for a restart. */
const heard: Answer = (life, what) => {
  const { leaf, owned, limits, since } = life;
  const isRegister = what.type === 'agent.registered';
  const isAnswer = isRegister && !owned && !isOneOf('offline failed', leaf);
  const alive = { ...life, ...(isAnswer ? { served: life.asked, declined: 0 } : {}) };
  if (isOneOf(ONLINE, leaf)) return isOneOf('failing wedged', what.beat ?? '') ? to('degraded', life) : alive;
  const isRecovered = what.beat === 'recovered' && what.at - since >= limits.degradedForMs;
  if (leaf === 'degraded' && !isRegister && !isRecovered) return life;
  if (isOneOf('offline failed', leaf) && owned && life.incarnation <= life.over) return life;
  return online({ ...alive, heard: life.incarnation });
};

/** All plugins in one switch, and at most one restart: within the budget of plugins, or back where there is a way. */
const reconciled: Answer = (life, what) => {
  const { owned, limits, good } = life;
  const { restartNeeded = false, complete = false } = what;
  const settled = inForce({ ...life, asked: life.asked + (restartNeeded ? 1 : 0) }, what);
  const causes = pluginRestartsBy(life, what.at);
  const isSpent = owned && restartNeeded && causes.length >= limits.pluginRestartBudget;
  if (isSpent && good > 0 && good !== settled.generation) return rollBack(settled, 'breaker');
  const rest = complete ? 'converged' : 'blocked';
  if (isSpent && !isDue(life)) return to(rest, { ...settled, declined: settled.asked });
  if (owned && isDue(settled))
    return to('restarting', restartNeeded ? { ...settled, pluginRestarts: [...causes, what.at] } : settled);
  const { trying, trial, queue, reported: there } = settled;
  if (trying === null && trial.length === 0 && queue.length > 0) return online(onTrial(settled));
  return to(owned || !complete || there === settled.generation ? rest : 'delivering', settled);
};

/** What cannot be started anew is left as it is: running, on its way, or given up where nothing runs. */
const stopped: Answer = (life, what) => {
  if (what.kind === 'stopped') return start(loaded(restarted(over(life)), what.generation));
  if (what.kind !== 'declined') return life;
  if (life.incarnation <= life.over) return to('failed', life);
  const declined = { ...life, declined: life.asked };
  return life.heard < life.incarnation ? to('provisioning', declined) : online(declined);
};

const rolledBack: Answer = (life, { kind, generation, changed = [] }) => {
  const isOwn = life.rollbackBy === 'breaker';
  if (kind === 'rolled-back' && typeof generation === 'number') {
    const back = restarted(over(withoutPlugins(life, changed)));
    const trying = life.limits.pluginProbationMs === 0 ? null : generation;
    const judged = isOwn ? { good: generation, crashes: [] } : {};
    return start({
      ...back,
      ...judged,
      pluginRestarts: [],
      rollbackBy: null,
      generation,
      trying,
      tryingSince: null,
    });
  }
  if (kind !== 'declined') return life;
  const given = { ...life, rollbackBy: null, trying: null, tryingSince: null };
  return to('restarting', isOwn ? { ...given, good: 0 } : { ...given, pluginRestarts: [] });
};

const reported: Answer = (life, { complete = false, generation = null }) => {
  if (life.owned) return life;
  const told = { ...life, reported: complete ? generation : null };
  const isThere = told.reported === life.generation;
  if (life.leaf === 'delivering' && isThere) return to('converged', told);
  return life.leaf === 'converged' && !isThere ? to('delivering', told) : told;
};

const timedOut: Answer = (life) => {
  if (life.owned && isDue(life)) return to('restarting', life);
  if (life.leaf === 'reconciling') return to('blocked', life);
  return life.owned && isUnproved(life) ? rollBack(life, 'breaker') : to('failed', life);
};

const by =
  (deadline: string, then: Answer): Answer =>
  (life, what) =>
    what.deadline === deadline ? then(life, what) : life;
const ofThisOne =
  (then: Answer): Answer =>
  (life, what) =>
    what.incarnation === life.incarnation ? then(life, what) : life;
const ifStopped =
  (leaf: string): Answer =>
  (life, { kind, generation }) =>
    kind === 'stopped' ? to(leaf, loaded(over(life), generation)) : life;
const ifOwned =
  (then: Answer, other: Answer = (life) => life): Answer =>
  (life, what) =>
    (life.owned ? then : other)(life, what);
const anew: Answer = (life) => to('restarting', over(forgiven(life)));

/** Who leaves which states, and for where. The first row that fits counts. */
const TABLE: [leaves: string, event: string, then: Answer][] = [
  ['removing', 'destroy.settled', ifStopped('removed')],
  [`${WANTED} ${RESTING}`, 'operator.removed', (life) => to('removing', life)],
  ['pausing', 'stop.settled', ifStopped('paused')],
  ['hibernating', 'stop.settled', ifStopped('hibernated')],
  ['pausing paused', 'operator.resumed', (life) => start(forgiven(life))],
  ['hibernating hibernated', 'operator.woke', (life) => start(forgiven(life))],
  [RESTING, 'spec.changed', (life, what) => respecified(life, what)],
  [WANTED, 'operator.paused', (life) => to('pausing', life)],
  [WANTED, 'operator.hibernated', (life) => to('hibernating', life)],
  [WANTED, 'operator.rolledBack', (life) => rollBack(forgiven(life), 'operator')],
  ['offline failed', 'operator.restarted', (life, what) => anew(asking(life), what)],
  [
    'converged blocked',
    'operator.restarted',
    ifOwned(
      (life) => to('restarting', forgiven(asking(life))),
      (life) => forgiven(asking(life)),
    ),
  ],
  [WANTED, 'operator.restarted', (life) => forgiven(asking(life))],
  ['offline failed', 'operator.retried', anew],
  ['blocked', 'operator.retried', (life) => online({ ...forgiven(life), declined: 0 })],
  [ONLINE, 'operator.reconciled', (life) => online({ ...life, declined: 0 })],
  [ONLINE, 'operator.updated', (life) => online({ ...life, pluginRestarts: [] })],
  [WANTED, 'operator.updated', (life) => ({ ...life, pluginRestarts: [] })],
  [ONLINE, 'operator.released', (life, what) => online(released(life, what.plugins))],
  [`${WANTED} ${RESTING}`, 'operator.released', (life, what) => released(life, what.plugins)],
  ['delivering converged blocked', 'plugins.outdated', (life) => online(life)],
  ['offline failed', 'secrets.changed', ifOwned((life, what) => anew(asking(life), what))],
  ['provisioning', 'secrets.changed', (life) => to('restarting', asking(life))],
  [WANTED, 'secrets.changed', ifOwned((life) => asking(life))],
  ['offline failed', 'spec.changed', (life, what) => anew(respecified(life, what), what)],
  [ONLINE, 'spec.changed', (life, what) => online(respecified(life, what))],
  [
    'provisioning',
    'spec.changed',
    (life, what) => (what.restart ? to('restarting', respecified(life, what)) : respecified(life, what)),
  ],
  [WANTED, 'spec.changed', (life, what) => respecified(life, what)],
  [WANTED, 'plugins.reported', reported],
  [`offline failed restarting rollingBack ${RESTING}`, 'instance.exited', ofThisOne((life) => over(life))],
  [
    WANTED,
    'instance.exited',
    ofThisOne((life, { at }) => to('offline', over(blamed(crashed(life, at), at)))),
  ],
  [
    `${ONLINE} degraded`,
    'lease.expired',
    ifOwned(
      (life, { at }) => to('offline', blamed(crashed(life, at), at)),
      (life) => to('awaitingAgent', life),
    ),
  ],
  [`provisioning awaitingAgent ${ONLINE} degraded offline failed`, 'heartbeat.received', heard],
  [`provisioning awaitingAgent ${ONLINE} degraded offline failed`, 'agent.registered', heard],
  ['provisioning', 'deadline.passed', by('provisionBy', timedOut)],
  ['reconciling', 'deadline.passed', by('reconcileBy', timedOut)],
  ['delivering converged', 'deadline.passed', by('resyncAt', (life) => online(life))],
  ['blocked', 'deadline.passed', by('retryAt', (life) => online(life))],
  ['offline', 'deadline.passed', by('restartAt', (life) => to('restarting', over(life)))],
  ['restarting', 'stop.settled', stopped],
  ['rollingBack', 'rollback.settled', rolledBack],
  ['reconciling', 'reconcile.settled', reconciled],
  ['reconciling', 'reconcile.failed', (life) => to('blocked', life)],
  [
    'provisioning',
    'provision.settled',
    (life, { kind, at }) =>
      kind === 'running'
        ? life
        : kind === 'declined'
          ? to('failed', over(life))
          : to('offline', crashed(life, at)),
  ],
  [ONLINE, 'supervisor.resumed', (life) => online(life)],
];

const ANSWERS = new Map(
  TABLE.toReversed().flatMap(([leaves, event, then]) =>
    leaves.split(' ').map((leaf) => [`${leaf} ${event}`, then]),
  ),
);

const to = (leaf: string, life: Life): Life => ({ ...life, leaf });
/** Every way into online begins with a reconcile. */
const online = (life: Life): Life => to('reconciling', life);
const rollBack = (life: Life, rollbackBy: Life['rollbackBy']): Life =>
  to('rollingBack', { ...life, rollbackBy });
/** The next incarnation, which serves all that was asked for; or somebody elsewhere brings the agent. */
const start = (life: Life): Life =>
  life.owned
    ? to('provisioning', { ...life, incarnation: life.incarnation + 1, served: life.asked, declined: 0 })
    : to('awaitingAgent', life);

const asking = (life: Life): Life => ({ ...life, asked: life.asked + 1 });
const over = (life: Life): Life => ({ ...life, over: life.incarnation });
const restarted = (life: Life): Life => ({ ...life, restarts: life.restarts + 1 });
const forgiven = (life: Life): Life => ({ ...life, crashes: [], pluginRestarts: [] });
const respecified: Answer = (life, { restart }) => ({
  ...(restart ? asking(life) : life),
  pluginRestarts: [],
});

/** Long enough online, and earlier crashes are forgotten. */
const crashed = (life: Life, at: number): Life => {
  const isForgotten = statusOf(life) === 'online' && at - life.since >= life.limits.healthyAfterMs;
  return {
    ...life,
    crashes: isForgotten ? [at] : [...recent(life.crashes, at, life.limits.restartWindowMs), at],
  };
};
