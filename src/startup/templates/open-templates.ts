import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { createFieldReaders } from './field-readers.ts';
import { placeOnce } from './place-once.ts';
import { placeTemplateFiles } from './place-template-files.ts';
import { readConfigYaml } from './read-config-yaml.ts';
import { readSmallFile } from './read-small-file.ts';
import { readTemplateYaml } from './read-template-yaml.ts';
import type { PartReaders, Template } from './template.ts';
import { templateFilesOf } from './template-files.ts';
import { readTemplateText } from './template-text.ts';

type TemplateSummary = { name: string; description: string | null; problem: string | null };

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const FORMS = { 'template.yaml': readTemplateYaml, 'config.yaml': readConfigYaml } as const;
/** Where a folder has both, the first is the template. */
const FILES = Object.keys(FORMS) as (keyof typeof FORMS)[];

/**
 * The templates of a folder: each is `<name>/template.yaml` or `<name>/config.yaml`, read anew whenever it is asked for.
 */
export const openTemplates = (folder: string, readers: PartReaders) => {
  const find = async (name: string) => {
    if (!NAME.test(name)) return null;
    for (const file of FILES) {
      const text = await readSmallFile(join(folder, name, file));
      if (text !== null) return { file, text };
    }
    return null;
  };

  const names = async (): Promise<string[]> => {
    const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return found
      .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
      .map(({ name }) => name)
      .toSorted();
  };

  const load = async (name: string): Promise<Template> => {
    const found = await find(name);
    if (found === null) {
      const all = await names();
      const there = await Promise.all(all.map(find));
      throw new KeepwellError('TEMPLATE_NOT_FOUND', {
        message: `There is no template named ${JSON.stringify(name)}.`,
        details: { available: all.filter((_, index) => there[index] !== null) },
      });
    }
    const { file } = found;
    const home = join(folder, name);
    const text = readTemplateText(found.text);
    const template = FORMS[file](text, createFieldReaders(text, home, readers));
    const problems = text.problems
      .toSorted((one, other) => one.line - other.line)
      .map(({ line, message }) => ({ path: `${file}:${line}`, message }));
    if (file === 'config.yaml')
      await templateFilesOf(home).catch((error: KeepwellError) => {
        problems.push({ path: name, message: error.message });
      });
    if (problems.length === 0) return template;
    throw new KeepwellError('TEMPLATE_INVALID', {
      message: `The template ${name} cannot be used: ${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
      hint: `Mend ${file} of the template.`,
      details: problems,
    });
  };

  return {
    /** @throws `TEMPLATE_NOT_FOUND`; `TEMPLATE_INVALID` with every problem and its line in `details` */
    load,
    /** Every template, and what is wrong with those that cannot be used. */
    async list(): Promise<TemplateSummary[]> {
      const all = await Promise.all(
        (await names()).map(async (name): Promise<TemplateSummary[]> => {
          try {
            return [{ name, description: (await load(name)).description, problem: null }];
          } catch (error) {
            if (!(error instanceof KeepwellError)) throw error;
            const { code, message } = error;
            return code === 'TEMPLATE_NOT_FOUND' ? [] : [{ name, description: null, problem: message }];
          }
        }),
      );
      return all.flat();
    },
    /**
     * Puts the files of a template that has a `config.yaml` into a workspace's `configs`, where they are not there yet.
     * May be repeated: what was placed completely once is the agent's, and is not placed again. A template that is not
     * there any more has no files.
     *
     * @throws `TEMPLATE_INVALID` when there are too many or too large ones
     */
    async place(name: string, workspace: { root: string; configs: string }): Promise<void> {
      if (!NAME.test(name) || (await readSmallFile(join(folder, name, 'config.yaml'))) === null) return;
      await placeOnce(workspace.root, name, () => placeTemplateFiles(join(folder, name), workspace.configs));
    },
  };
};
