import { printable } from './output.ts';
import type { WireReason, WireRow } from './wire.ts';

/** `minor`: said better by another row nearby; of interest only to who reads the whole journal. */
export type Described = { text: string; minor: boolean };

/** One journal row in words. Knows the usual events; any other is shown as it is. */
export const describeRow = (row: WireRow): Described => {
  const cause = asObject(row.cause);
  const say = WORDS[row.event];
  const text = say === undefined ? generic(row.event, cause) : say(cause, row);
  const because = isNewlyTrouble(row) && !isToldByPlugins(row) ? row.reason : null;
  return {
    text: printable(because === null ? (text ?? row.event) : withReason(text, because)),
    minor: text === null && because === null,
  };
};

const TROUBLE = ['failed', 'offline', 'degraded', 'blocked', 'awaitingAgent'];
const isNewlyTrouble = ({ from, to }: WireRow): boolean =>
  from !== to && TROUBLE.includes(to.split('.').at(-1) ?? '');

/** Which plugin failed and why was said by rows of its own. */
const isToldByPlugins = ({ event, cause }: WireRow): boolean =>
  event === 'reconcile.settled' && namesOf(asObject(asObject(cause).output).failed).length > 0;

const withReason = (text: string | null, { message }: WireReason): string => {
  if (text === null || message.includes(text)) return message;
  return text.includes(message) ? text : `${text}: ${message}`;
};

type Cause = Record<string, unknown>;

/** Null: not worth a line of its own. */
type Say = (cause: Cause, row: WireRow) => string | null;

/** An effect's outcome, which lies in the event that reported it. */
const outcome =
  (say: Say): Say =>
  (cause, row) =>
    say(asObject(cause.output), row);

const WORDS: Record<string, Say> = {
  'workspace.created': ({ template }) =>
    typeof template === 'string' ? `created from template ${template}` : 'created',
  'heartbeat.received': (_, { from, to }) => {
    if (to === 'wanted.degraded') return 'a beat reports trouble';
    if (from?.startsWith('wanted.online')) return null;
    return from === 'wanted.degraded' ? 'beats are good again' : 'first beat';
  },
  'agent.registered': () => 'agent registered',
  'lease.expired': () => 'no beat within its lease',
  'deadline.passed': ({ deadline }) => DEADLINES[String(deadline)] ?? `deadline ${wordOf(deadline)} passed`,
  'instance.started': (cause) => `process started${identityOf(cause)}`,
  'instance.adopted': (cause) => `process found running${identityOf(cause)}`,
  'instance.stopped': (cause) => `process stopped${identityOf(cause)}`,
  'instance.exited': ({ code, signal }) => {
    if (typeof signal === 'string') return `process ended by ${signal}`;
    return code === null ? 'process is gone' : `process exited with code ${wordOf(code)}`;
  },
  'spec.changed': ({ generation, restart }) =>
    `spec changed (generation ${wordOf(generation)})${restart === true ? ', restart needed' : ''}`,
  'operator.restarted': () => 'restart asked for',
  'operator.paused': ({ by }) => `paused by ${actorOf(by)}`,
  'operator.resumed': ({ by }) => `resumed by ${actorOf(by)}`,
  'pause.kept': () => 'pause of its schedule kept by an operator',
  'schedule.skipped': ({ act, status }) => `its schedule did not ${wordOf(act)} it: it was ${wordOf(status)}`,
  'operator.hibernated': () => 'sent to sleep by an operator',
  'operator.woke': () => 'woken by an operator',
  'operator.retried': () => 'retry asked for',
  'operator.reconciled': () => 'check of its plugins asked for',
  'operator.removed': () => 'removed by an operator',
  'supervisor.resumed': () => 'supervisor is back',
  'plugins.planned': (cause) => {
    const work = ['add', 'update', 'remove'].flatMap((action) => {
      const names = namesOf(cause[action]);
      return names.length > 0 ? [`${action} ${names.join(', ')}`] : [];
    });
    return work.length > 0 ? `plugins planned: ${work.join('; ')}` : null;
  },
  'plugin.fetched': ({ name, revision }) =>
    `plugin ${wordOf(name)} fetched${typeof revision === 'string' ? ` at ${revision.slice(0, 12)}` : ''}`,
  'plugin.failed': ({ name, message }) => `plugin ${wordOf(name)} failed: ${wordOf(message)}`,
  'plugins.blocked': ({ plugins }) => {
    const { attempt, retryAt } = asObject(Array.isArray(plugins) ? plugins[0] : null);
    const when = typeof retryAt === 'number' ? `, again at ${new Date(retryAt).toISOString()}` : '';
    return `not installed after try ${wordOf(attempt)}: ${namesOf(plugins).join(', ')}${when}`;
  },
  'plugins.switched': ({ generation, changed }) => {
    const names = namesOf(changed);
    return `plugins installed${names.length > 0 ? `: ${names.join(', ')}` : ''} (set ${wordOf(generation)})`;
  },
  'actor.failed': ({ message }) => `internal error, rebuilt: ${wordOf(message)}`,
  'provision.settled': outcome(({ kind, message }) =>
    kind === 'running' ? null : `not started: ${wordOf(message)}`,
  ),
  'stop.settled': outcome(({ kind, message }) =>
    kind === 'stopped' ? 'process stopped' : `not stopped: ${wordOf(message)}`,
  ),
  'destroy.settled': outcome(({ kind, message }) =>
    kind === 'stopped' ? 'stopped and cleared away' : `not removed: ${wordOf(message)}`,
  ),
  'reconcile.settled': outcome((output, { to }) => {
    const changed = namesOf(output.changed);
    const failed = namesOf(output.failed);
    const { message } = asObject(output.error);
    const said = [
      ...(changed.length > 0 ? [`changed ${changed.join(', ')}`] : []),
      ...(failed.length > 0 ? [`not installed ${failed.join(', ')}`] : []),
      ...(typeof message === 'string' ? [message] : []),
      ...(to === 'wanted.restarting' ? ['restart needed'] : []),
    ];
    return `plugins settled: ${said.length > 0 ? said.join(', ') : 'all in place'}`;
  }),
};

const DEADLINES: Record<string, string> = {
  provisionBy: 'no beat in time',
  reconcileBy: 'plugins not in place in time',
  resyncAt: 'time to check its plugins again',
  retryAt: 'trying its plugins again',
  restartAt: 'waited long enough, starting it again',
  stopBy: 'not stopped in time, trying again',
};

/** An effect that broke: `provision.failed`. Or an event that a newer supervisor knows. */
const generic = (event: string, { type: _type, at: _at, roll: _roll, error, ...rest }: Cause): string => {
  if (error !== undefined) return `${event.replace('.', ' ')}: ${wordOf(error)}`;
  const shown = Object.entries(rest).map(([name, value]) => `${name}=${wordOf(value)}`);
  const text = [event, ...shown].join(' ');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
};

const actorOf = (by: unknown): string => (by === 'schedule' ? 'its schedule' : 'an operator');

const identityOf = ({ pid, incarnation }: Cause): string => {
  const said = [
    ...(typeof pid === 'number' ? [`pid ${pid}`] : []),
    ...(typeof incarnation === 'number' ? [`incarnation ${incarnation}`] : []),
  ];
  return said.length > 0 ? ` (${said.join(', ')})` : '';
};

/** A list of names, or of things with names. */
const namesOf = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.map((each: unknown) => wordOf(typeof each === 'string' ? each : asObject(each).name))
    : [];

const asObject = (value: unknown): Cause =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Cause) : {};

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '?');
