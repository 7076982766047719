import type { Command } from 'commander';
import { loadConfig } from '../../config.ts';
import { action } from '../session.ts';
import { settingsOf, withSettings } from './setting-flags.ts';

export const upCommand = (program: Command): Command =>
  withSettings(program.command('up').summary('run the supervisor')).action(
    action(
      async ({ options: globals }, { options }) => {
        const config = loadConfig({ flags: settingsOf(options, globals) });
        // Only this command needs the supervisor's code; the others start faster without it.
        const { runSupervisor } = await import('../../main.ts');
        return runSupervisor(config);
      },
      { ownSignals: true },
    ),
  );
