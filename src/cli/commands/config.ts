import type { Command } from 'commander';
import { loadConfig } from '../../config.ts';
import { action } from '../session.ts';
import { settingsOf, withSettings } from './setting-flags.ts';

export const configCommand = (program: Command): Command => {
  const config = program.command('config').summary('see the configuration');
  withSettings(
    config
      .command('show')
      .summary('print every setting')
      .option('--origin', 'say where each value comes from'),
  ).action(
    action(async ({ out, options: globals }, { options }) => {
      const { shown } = loadConfig({ flags: settingsOf(options, globals) });
      const withOrigin = options.origin === true;
      out.document(Object.fromEntries(shown.map(({ key, ...rest }) => [key, rest])));
      out.table(
        [
          { title: 'SETTING' },
          { title: 'VALUE' },
          { title: withOrigin ? 'ORIGIN' : 'MEANS', flexible: true },
        ],
        shown.map(({ key, value, origin, doc }) => {
          const set = origin === 'default' ? value : out.style('bold', value);
          return [key, set, withOrigin ? origin : doc];
        }),
      );
    }),
  );
  return config;
};
