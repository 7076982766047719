import { type Command, Option } from 'commander';
import { listSettings } from '../../config.ts';
import type { Flags } from '../../config-sources.ts';
import type { GlobalOptions } from '../session.ts';

const MORE = `Every setting that \`keepwell config show\` lists is a flag too: restart_budget is --restart-budget.`;

/** Gives a command a flag for every setting. Those by which workspaces are judged are not listed in its help. */
export const withSettings = (command: Command): Command => {
  for (const { key, setting, isPolicy } of listSettings()) {
    // Every command has --data.
    if (key === 'data') continue;
    const name = `--${key.replaceAll('_', '-')}`;
    // A secret on a command line can be read by everybody on the machine.
    const flags = setting.secret
      ? `${name}-file <path>`
      : setting.kind.name === 'true or false'
        ? name
        : `${name} <value>`;
    command.addOption(new Option(flags, setting.doc).hideHelp(isPolicy));
  }
  return command.addHelpText('after', `\n${MORE}`);
};

/** The settings among a command's options, by the names that `loadConfig` knows. */
export const settingsOf = (options: Record<string, unknown>, { data }: GlobalOptions): Flags => {
  const keys = new Set(
    listSettings().flatMap(({ key, setting }) => (setting.secret ? [`${key}_file`] : [key])),
  );
  const given = Object.entries(options).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return { ...Object.fromEntries(given.filter(([key]) => keys.has(String(key)))), ...(data ? { data } : {}) };
};
