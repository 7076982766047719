import type { PluginDeclaration, RestartPreference, Tracking } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { parsePluginName } from './name.ts';
import { nameOfSource, parseSource, printSource } from './source.ts';

/** What a person may write for one plugin: a source alone, or with what else there is to say. */
export type DeclarationInput =
  | string
  | {
      source: string;
      name?: string | undefined;
      config?: Record<string, unknown> | undefined;
      sha256?: string | undefined;
      restart?: RestartPreference | undefined;
      track?: Tracking | undefined;
    };

/**
 * Turns what a person wrote into a declaration in normal form. Looks at the text alone: fetches nothing.
 *
 * `name` defaults to what the source suggests; `sha256` is the tree hash, or the hash of `plugin.yaml`, in either case
 * of letters. That names are unique within a workspace is for the caller to check.
 *
 * @throws {KeepwellError} `PLUGIN_SOURCE_INVALID`, `PLUGIN_SOURCE_CREDENTIALS`, `PLUGIN_UNPINNED`,
 *   `PLUGIN_NAME_INVALID`, or `BAD_REQUEST` for any other field
 */
export const parseDeclaration = (input: DeclarationInput): PluginDeclaration => {
  const { source: text, name, config, sha256, restart, track } = fieldsOf(input);
  const source = parseSource(text);
  return {
    name: name === undefined ? nameOfSource(source) : parsePluginName(name),
    source: printSource(source),
    ...(sha256 === undefined ? {} : { sha256: parseSha256(sha256) }),
    ...(restart === undefined ? {} : { restart: parseRestart(restart) }),
    ...(track === undefined ? {} : { track: parseTracking(track) }),
    ...(config === undefined ? {} : { config: parseConfig(config) }),
  };
};

const FIELDS = new Set(['source', 'name', 'config', 'sha256', 'restart', 'track']);

const fieldsOf = (input: DeclarationInput) => {
  if (typeof input === 'string') return { source: input };
  if (!isMapping(input)) throw badField('plugin', 'a source, or an object with one');
  const unknown = Object.keys(input).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw badField(unknown, `one of ${[...FIELDS].join(', ')}`);
  if (typeof input.source !== 'string') throw badField('source', 'a string');
  if (input.name !== undefined && typeof input.name !== 'string') throw badField('name', 'a string');
  return input;
};

const parseSha256 = (text: unknown): string => {
  if (typeof text === 'string' && /^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  const [, algorithm] = /^(md5|sha-?1|sha-?224|sha-?384|sha-?512|sha-?256)[:=-]/i.exec(String(text)) ?? [];
  const found = algorithm === undefined ? 'something else' : `a hash marked ${algorithm.toLowerCase()}`;
  throw new KeepwellError('BAD_REQUEST', {
    message: `A plugin's sha256 is 64 hexadecimal digits and nothing else; this is ${found}.`,
    hint: 'Give the SHA-256 of plugin.yaml (`sha256sum plugin.yaml`), or the tree hash that `keepwell plugins lock` shows.',
    details: [{ field: 'sha256', expected: '64 hexadecimal digits' }],
  });
};

const parseRestart = (word: RestartPreference): RestartPreference => {
  if (['never', 'auto', 'always'].includes(word)) return word;
  throw badField('restart', 'never, auto or always');
};

const parseTracking = (word: Tracking): Tracking => {
  if (['manual', 'auto'].includes(word)) return word;
  throw badField('track', 'manual or auto');
};

const parseConfig = (config: Record<string, unknown>) => {
  if (isMapping(config)) return config;
  throw badField('config', 'an object');
};

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const badField = (field: string, expected: string) =>
  new KeepwellError('BAD_REQUEST', { details: [{ field, expected }] });
