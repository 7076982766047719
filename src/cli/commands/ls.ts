import { type Command, Option } from 'commander';
import { humanDuration, humanMoment } from '../humanise.ts';
import { type Output, printable } from '../output.ts';
import { action } from '../session.ts';
import { STATUSES, stateStyle, statusWord } from '../state-words.ts';
import type { WireView } from '../wire.ts';

export const lsCommand = (program: Command): Command =>
  program
    .command('ls')
    .summary('list workspaces')
    .addOption(new Option('--status <status>', 'only those with this status').choices(STATUSES))
    .action(
      action(async ({ client, out }, { options }) => {
        const { status } = options as { status?: string };
        const views = await client.all<WireView>('/workspaces', { status });
        out.document({ items: views, next_cursor: null });
        if (views.length === 0) {
          out.line(status ? `No workspace is ${status}.` : 'No workspace yet; `keepwell create` makes one.');
          return;
        }
        const now = Date.now();
        out.table(
          [
            { title: 'NAME' },
            { title: 'STATUS' },
            { title: 'SINCE' },
            { title: 'PLUGINS', align: 'right' },
            { title: 'LAST BEAT' },
            { title: 'WHY', flexible: true },
          ],
          views.map((view) => rowOf(view, out, now)),
        );
      }),
    );

const rowOf = (view: WireView, out: Output, now: number): string[] => {
  const status = statusWord(view);
  return [
    view.name,
    out.style(stateStyle(status), status),
    humanDuration(now - Date.parse(view.since)),
    `${view.plugins.installed}/${view.plugins.declared}`,
    humanMoment(view.last_heartbeat_at, now),
    printable(view.restart_pending ? 'restart pending' : (view.reason?.message ?? '')),
  ];
};
