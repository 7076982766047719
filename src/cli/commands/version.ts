import type { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { action } from '../session.ts';

export const VERSION: string = packageJson.version;

export const versionCommand = (program: Command): Command =>
  program
    .command('version')
    .summary('print the version')
    .action(
      action(async ({ out }) => {
        out.document({ version: VERSION, node: process.versions.node });
        out.line(`keepwell ${VERSION} (node ${process.versions.node})`);
      }),
    );
