import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { createRowPrinter } from '../row-printer.ts';
import { action } from '../session.ts';
import type { WireRow } from '../wire.ts';
import { readCount } from './wait-options.ts';

export const historyCommand = (program: Command): Command =>
  program
    .command('history')
    .summary('show what happened to a workspace, the latest last')
    .argument('<workspace>', 'name or id')
    .option('-n, --limit <count>', 'how many events, counted from the latest', readCount, 50)
    .action(
      action(async ({ client, out }, { args: [key = ''], options }) => {
        const { limit } = options as { limit: number };
        const rows = await client.all<WireRow>(workspacePath(key, 'history'), { order: 'desc' }, limit);
        const print = createRowPrinter(out, null);
        for (const row of rows.toReversed()) await print(row);
      }),
    );
