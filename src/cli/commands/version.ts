import type { Command } from 'commander';
import { packageVersion } from '../../package-folder.ts';
import { action } from '../session.ts';

export const VERSION: string = packageVersion();

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
