import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { PluginDeclaration, RuntimeName, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';

/** What a template says about the workspaces made from it. */
export type Template = Partial<Pick<WorkspaceSpec, (typeof FIELDS)[number]>> & { description: string | null };

const FIELDS = ['role', 'tier', 'runtime', 'command', 'sidecar', 'env', 'plugins'] as const;
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

type ParseDeclaration = (input: never) => PluginDeclaration;

/**
 * The templates of a folder: each is `<name>/template.yaml`, read anew whenever it is asked for.
 *
 * A part of `command` that begins with `./` names a file of the template's folder.
 */
export const openTemplates = (folder: string, parseDeclaration: ParseDeclaration) => {
  const load = async (name: string): Promise<Template> => {
    const file = join(folder, name, 'template.yaml');
    if (!NAME.test(name) || !existsSync(file)) {
      throw new KeepwellError('TEMPLATE_NOT_FOUND', {
        message: `There is no template named ${JSON.stringify(name)}.`,
        details: { available: await names() },
      });
    }
    try {
      return readTemplate(parse(await readFile(file, 'utf8')), join(folder, name), parseDeclaration);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      throw new KeepwellError('TEMPLATE_INVALID', {
        message: `The template ${name} cannot be read: ${message.split('\n')[0]}`,
        details: { file, ...(code === undefined ? {} : { code }) },
      });
    }
  };

  const names = async (): Promise<string[]> => {
    const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return found
      .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'template.yaml')))
      .map(({ name }) => name)
      .toSorted();
  };

  return {
    /** @throws `TEMPLATE_NOT_FOUND`, `TEMPLATE_INVALID` */
    load,
    /** Every template that can be read. */
    async list(): Promise<{ name: string; description: string | null }[]> {
      const all = await Promise.all(
        (await names()).map(async (name) => {
          const template = await load(name).catch(() => null);
          return template === null ? [] : [{ name, description: template.description }];
        }),
      );
      return all.flat();
    },
  };
};

const readTemplate = (raw: unknown, home: string, parseDeclaration: ParseDeclaration): Template => {
  const fields = objectOf(raw, 'the file');
  const unknown = Object.keys(fields).filter(
    (key) => key !== 'description' && !FIELDS.includes(key as never),
  );
  if (unknown.length > 0) throw new Error(`it has unknown fields: ${unknown.join(', ')}`);
  const template: Template = {
    description: typeof fields.description === 'string' ? fields.description : null,
  };
  if (fields.role !== undefined) template.role = textOf(fields.role, 'role');
  if (fields.tier !== undefined) template.tier = tierOf(fields.tier);
  if (fields.runtime !== undefined) template.runtime = runtimeOf(fields.runtime);
  if (fields.sidecar !== undefined) template.sidecar = fields.sidecar === true;
  if (fields.command !== undefined) {
    template.command = listOf(fields.command, 'command').map((part) => {
      const text = textOf(part, 'every part of command');
      return text.startsWith('./') ? join(home, text) : text;
    });
  }
  if (fields.env !== undefined) {
    const entries = Object.entries(objectOf(fields.env, 'env'));
    template.env = Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
  }
  if (fields.plugins !== undefined) {
    template.plugins = listOf(fields.plugins, 'plugins').map((plugin) => parseDeclaration(plugin as never));
  }
  return template;
};

const objectOf = (value: unknown, what: string): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${what} is not a list of \`key: value\` lines`);
};

const listOf = (value: unknown, what: string): unknown[] => {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is not a list`);
};

const textOf = (value: unknown, what: string): string => {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is not a text`);
};

const tierOf = (value: unknown): number => {
  if (value === 1 || value === 2 || value === 3) return value;
  throw new Error('tier is not 1, 2 or 3');
};

const runtimeOf = (value: unknown): RuntimeName => {
  if (value === 'process' || value === 'external') return value;
  throw new Error('runtime is neither process nor external');
};
