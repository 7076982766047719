import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { readLines } from '../read-lines.ts';
import { action } from '../session.ts';
import { readTail } from './wait-options.ts';

type Options = { follow?: true; tail: number };

export const logsCommand = (program: Command): Command =>
  program
    .command('logs')
    .summary('show what the agent of a workspace printed')
    .argument('<workspace>', 'name or id')
    .option('-f, --follow', 'go on with each line as it is printed')
    .option('-n, --tail <count>', 'how many lines, counted from the end', readTail, 100)
    .action(
      action(async ({ client, out, interrupted }, { args: [key = ''], options }) => {
        const { follow, tail } = options as Options;
        const response = await client.open(workspacePath(key, 'logs'), {
          query: { tail, follow },
          headers: { accept: 'text/plain' },
          signal: interrupted,
        });
        if (response.body === null) return;
        for await (const line of readLines(response.body)) {
          if (out.json) out.document({ line }, { streaming: true });
          else out.raw(`${line}\n`);
        }
      }),
    );
