import type { Command } from 'commander';
import { manPage } from '../man-page.ts';
import { VERSION } from './version.ts';

export const manCommand = (program: Command): Command =>
  program
    .command('man')
    .summary('print all this as a page for man: keepwell man | man -l -')
    .action(() => {
      process.stdout.write(manPage(program, VERSION));
    });
