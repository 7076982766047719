import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { humanDuration, humanMoment } from '../humanise.ts';
import { type Output, printable } from '../output.ts';
import { pluginWords } from '../plugin-words.ts';
import { action } from '../session.ts';
import { stateStyle, statusWord } from '../state-words.ts';
import type { WireBudget, WireView } from '../wire.ts';
import { wrapHanging } from '../wrap-hanging.ts';

export const getCommand = (program: Command): Command =>
  program
    .command('get')
    .summary('show one workspace')
    .argument('<workspace>', 'name or id')
    .action(
      action(async ({ client, out }, { args: [key = ''] }) => {
        const view = await client.get<WireView>(workspacePath(key));
        out.document(view);
        printFields(fieldsOf(view, out, Date.now()), out);
      }),
    );

/** Prints `name  value` lines; fields without a value are left out, long values are wrapped beside their name. */
export const printFields = (fields: readonly [name: string, value: string | null][], out: Output): void => {
  const width = Math.max(...fields.map(([name]) => name.length)) + 2;
  for (const [name, value] of fields) {
    if (value === null || value === '') continue;
    const [head = '', ...more] = wrapHanging(value, width, out.width);
    out.line(`${out.style('dim', name.padEnd(width))}${head}`);
    for (const line of more) out.line(' '.repeat(width) + line);
  }
};

const oldTokenWords = ({ until, last_used_at: usedAt }: NonNullable<WireView['old_token']>, now: number) =>
  `good until ${humanMoment(until, now)}, ${usedAt === null ? 'not used' : `used ${humanMoment(usedAt, now)}`}`;

const idleWords = ({ since, hibernates_at: at }: NonNullable<WireView['idle']>, now: number): string =>
  `without work for ${humanDuration(now - Date.parse(since))}, ${at === null ? 'its agent has not said for how long it may be' : `hibernated ${humanMoment(at, now)}`}`;

const budgetWords = (
  { used, allowed, window_seconds: seconds, next_free_at: freeAt }: WireBudget,
  now: number,
): string =>
  `${used} of ${allowed} in ${humanDuration(seconds * 1_000)} used${freeAt === null ? '' : `, the oldest is forgotten ${humanMoment(freeAt, now)}`}`;

const scheduleWords = (
  { spec }: WireView,
  { act, at }: NonNullable<NonNullable<WireView['schedule']>['next']>,
  now: number,
): string => {
  const { pause, resume, timezone } = spec.schedule as Record<string, string>;
  return `${act} ${humanMoment(at, now)}; pause ${pause}, resume ${resume}, ${timezone}`;
};

const fieldsOf = (view: WireView, out: Output, now: number): [string, string | null][] => {
  const status = statusWord(view);
  const { plugins, reason, deadline } = view;
  const rate = view.last_error_rate;
  return [
    ['name', view.name],
    ['id', view.id],
    ['status', `${out.style(stateStyle(status), status)} for ${humanDuration(now - Date.parse(view.since))}`],
    ['reason', reason && printable(reason.message)],
    ['what to do', reason?.hint ? printable(reason.hint) : null],
    ['next', deadline && `${deadline.name} ${humanMoment(deadline.at, now)}`],
    ['schedule', view.schedule?.next ? scheduleWords(view, view.schedule.next, now) : null],
    ['idle', view.idle ? idleWords(view.idle, now) : null],
    ['restart', view.restart_pending ? 'pending' : null],
    ['plugins', `${pluginWords(plugins)}${plugins.generation > 0 ? ` (set ${plugins.generation})` : ''}`],
    ...plugins.blocked.map(({ name, message, attempt, retry_at }): [string, string] => [
      `  ${name}`,
      printable(`${message} Try ${attempt + 1} ${humanMoment(retry_at, now)}.`),
    ]),
    ['role', view.role && printable(view.role)],
    ['runtime', `${view.runtime}, tier ${view.tier}`],
    ['url', view.url],
    ['incarnation', String(view.incarnation)],
    ['generation', `${view.generation} (in place: ${view.observed_generation})`],
    ['last beat', view.last_heartbeat_at && humanMoment(view.last_heartbeat_at, now)],
    ['old token', view.old_token ? oldTokenWords(view.old_token, now) : null],
    ['error rate', rate === null ? null : `${Math.round(rate * 100)} %`],
    ['last error', view.last_sample_error && printable(view.last_sample_error)],
    ['doing', view.current_task && printable(view.current_task)],
    ['restarts', String(view.restarts)],
    ['crash budget', view.restart_budget ? budgetWords(view.restart_budget, now) : null],
    ['plugin budget', view.plugin_restart_budget?.used ? budgetWords(view.plugin_restart_budget, now) : null],
    ['created', humanMoment(view.created_at, now)],
  ];
};
