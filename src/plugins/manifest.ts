import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { RestartPreference } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { isPluginName } from './name.ts';

const FILE = 'plugin.yaml';
const LONGEST = 64 * 1024;

/** What a plugin says of itself in `plugin.yaml`. Fields that are not known are kept as they are. */
export type PluginManifest = {
  name?: string;
  version?: string | number;
  description?: string;
  author?: string;
  tags?: string[];
  runtimes?: string[];
  skills?: unknown[];
  hooks?: unknown[];
  rules?: unknown[];
  restart?: RestartPreference;
  [field: string]: unknown;
};

/**
 * Reads the manifest of the plugin in `folder`, with the SHA-256 of its bytes; a plugin without one has an empty one.
 * @throws {KeepwellError} `PLUGIN_MANIFEST_INVALID` with every violation in `details`
 */
export const readManifest = async (
  folder: string,
): Promise<{ manifest: PluginManifest; manifestHash: string | null }> => {
  const bytes = await readBytes(join(folder, FILE));
  if (bytes === null) return { manifest: {}, manifestHash: null };
  return { manifest: parseManifest(bytes.toString('utf8')), manifestHash: hash('sha256', bytes) };
};

/** As `readManifest`, from the text of the file. */
export const parseManifest = (text: string): PluginManifest => {
  const manifest = parseYaml(text);
  if (manifest === null) return {};
  if (typeof manifest !== 'object' || Array.isArray(manifest)) {
    throw invalid([{ field: '', expected: 'a mapping of fields to values' }]);
  }
  const fields = manifest as Record<string, unknown>;
  const violations = Object.entries(RULES)
    .filter(([field, rule]) => (fields[field] ?? undefined) !== undefined && !rule.accepts(fields[field]))
    .map(([field, { expected }]) => ({ field, expected }));
  if (violations.length > 0) throw invalid(violations);
  return fields;
};

type Rule = { expected: string; accepts(value: unknown): boolean };

const isText = (value: unknown) => typeof value === 'string';
const isList = (accepts: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(accepts);
const text: Rule = { expected: 'a text', accepts: isText };
const texts: Rule = { expected: 'a list of texts', accepts: isList(isText) };
const things: Rule = {
  expected: 'a list of texts or mappings',
  accepts: isList((item) => isText(item) || (typeof item === 'object' && item !== null)),
};

const RULES: Record<string, Rule> = {
  name: {
    expected: 'a–z, 0–9, dot, dash and underscore, 128 at most, beginning with a–z or 0–9',
    accepts: (value) => typeof value === 'string' && isPluginName(value),
  },
  // An unquoted 1.0 is a number to YAML and a version to its author.
  version: { expected: 'a text', accepts: (value) => isText(value) || typeof value === 'number' },
  description: text,
  author: text,
  tags: texts,
  runtimes: texts,
  skills: things,
  hooks: things,
  rules: things,
  restart: {
    expected: 'never, auto or always',
    accepts: (value) => value === 'never' || value === 'auto' || value === 'always',
  },
};

const readBytes = async (file: string): Promise<Buffer | null> => {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if (!(await handle.stat()).isFile()) return null;
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0);
      if (bytesRead > LONGEST) throw invalid([{ field: '', expected: `at most ${LONGEST} bytes` }]);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const parseYaml = (text: string): unknown => {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    throw invalid([
      { field: '', expected: `valid YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}` },
    ]);
  }
};

const invalid = (violations: { field: string; expected: string }[]) =>
  new KeepwellError('PLUGIN_MANIFEST_INVALID', {
    message: `The plugin.yaml is not valid: ${violations
      .map(({ field, expected }) => `${field === '' ? 'it' : field} should be ${expected}`)
      .join('; ')}.`,
    details: violations,
  });
