import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';

type Target = {
  name: string;
  kind: string;
  on: string[];
  pending: number;
  problem: string | null;
  delivered_at: string | null;
  dead: number;
};
type DeadLetter = {
  id: string;
  target: string;
  at: string;
  tries: number;
  problem: string | null;
  text: string;
};
type Listed = { targets: Target[]; dead_letters: DeadLetter[] };

export const notifyCommand = (program: Command): Command => {
  const notify = program.command('notify').summary('who is told of trouble, and whether that works');
  notify
    .command('ls')
    .summary('targets, their last delivery, and what was given up')
    .action(action((session) => list(session)));
  notify
    .command('test')
    .summary('send a test to a target')
    .argument('[name]', 'of the target (default: all of them)')
    .action(action((session, { args: [name] }) => test(session, name)));
  notify
    .command('retry')
    .summary('try again what was given up')
    .argument('[id]', 'of the notice (default: all of them)')
    .action(
      action(async ({ client, out }, { args: [id] }) => {
        const body = id === undefined ? {} : { id };
        const told = await client.send<{ retried: number }>('POST', '/notify/retry', { body });
        out.document(told);
        out.line(`${told.retried} ${told.retried === 1 ? 'notice is' : 'notices are'} tried again.`);
      }),
    );
  return notify;
};

const list = async ({ client, out }: Session): Promise<void> => {
  const listed = await client.get<Listed>('/notify');
  out.document(listed);
  if (listed.targets.length === 0) out.line('Nobody is told; name targets under `notify` in keepwell.yaml.');
  const now = Date.now();
  const moment = (at: string | null) => (at === null ? 'never' : humanMoment(at, now));
  if (listed.targets.length > 0) {
    out.table(
      [
        { title: 'TARGET' },
        { title: 'KIND' },
        { title: 'ON', flexible: true },
        { title: 'DELIVERED' },
        { title: 'PENDING' },
        { title: 'DEAD' },
        { title: 'PROBLEM', flexible: true },
      ],
      listed.targets.map(({ name, kind, on, delivered_at: at, pending, dead, problem }) => [
        name,
        kind,
        on.join(','),
        moment(at),
        String(pending),
        String(dead),
        problem ?? '–',
      ]),
    );
  }
  if (listed.dead_letters.length === 0) return;
  out.line('Given up:');
  out.table(
    [
      { title: 'ID' },
      { title: 'TARGET' },
      { title: 'OF' },
      { title: 'PROBLEM', flexible: true },
      { title: 'TEXT', flexible: true },
    ],
    listed.dead_letters.map(({ id, target, at, problem, text }) => [
      id,
      target,
      moment(at),
      problem ?? '–',
      text,
    ]),
  );
  out.line('`keepwell notify retry` tries them again.');
};

const test = async ({ client, out }: Session, name: string | undefined): Promise<void> => {
  const names =
    name === undefined ? (await client.get<Listed>('/notify')).targets.map((target) => target.name) : [name];
  const results: { target: string; delivered: boolean; problem: string | null }[] = [];
  for (const target of names) {
    const told = await client.send<{ delivered: boolean; problem: string | null }>('POST', '/notify/test', {
      body: { target },
    });
    results.push({ target, ...told });
    out.line(`${target}: ${told.delivered ? 'delivered' : (told.problem ?? 'not delivered')}`);
  }
  out.document({ items: results });
  if (names.length === 0) out.line('Nobody is told; name targets under `notify` in keepwell.yaml.');
  const failed = results.filter(({ delivered }) => !delivered);
  if (failed.length > 0) {
    throw new CliError(`Not delivered: ${failed.map(({ target }) => target).join(', ')}.`, {
      code: 'NOT_DELIVERED',
      hint: 'See that its url and secret under `notify` in keepwell.yaml are right.',
    });
  }
};
