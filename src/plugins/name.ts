import { KeepwellError } from '../errors.ts';

const PLUGIN_NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** Whether a text can name a plugin, and so a folder. */
export const isPluginName = (text: string): boolean => PLUGIN_NAME.test(text);

/**
 * Takes a plugin's name as it is, or refuses it.
 * @throws {KeepwellError} `PLUGIN_NAME_INVALID`
 */
export const parsePluginName = (text: string): string => {
  if (isPluginName(text)) return text;
  throw new KeepwellError('PLUGIN_NAME_INVALID', {
    hint: 'Begin with a–z or 0–9; then a–z, 0–9, dot, dash, underscore; 128 characters at most. Give one as `name`.',
  });
};
