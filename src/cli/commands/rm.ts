import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { action } from '../session.ts';
import type { WireView } from '../wire.ts';

type Options = { purge?: true; yes?: true };

export const rmCommand = (program: Command): Command =>
  program
    .command('rm')
    .summary('stop and remove a workspace for good')
    .argument('<workspace>', 'name or id')
    .option('--purge', 'delete its files too')
    .option('-y, --yes', 'do not ask')
    .action(
      action(async ({ client, out, interrupted }, { args: [key = ''], options }) => {
        const { purge = false, yes } = options as Options;
        const view = await client.get<WireView>(workspacePath(key));
        if (!yes) await confirm(view.name, purge, interrupted);
        // By id: whoever takes the name in the meantime is not meant.
        const removed = await client.send<unknown>('DELETE', workspacePath(view.id), {
          query: purge ? { purge } : {},
        });
        out.document(removed);
        const files = purge ? 'with its files' : `; its files stay in <data>/workspaces/${view.id}`;
        out.line(`${out.style('bold', view.name)} removed${purge ? ' ' : ''}${files}`);
      }),
    );

const confirm = async (name: string, purge: boolean, signal: AbortSignal): Promise<void> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError(`Removing ${name} needs a confirmation, and there is no terminal to ask.`, 'Add --yes.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const files = purge ? ' and delete its files' : '';
    const answer = await terminal.question(`Stop and remove ${name}${files}? [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
    throw new CliError('Nothing was removed.', { code: 'NOT_CONFIRMED', exitCode: EXIT.failed });
  } finally {
    terminal.close();
  }
};
