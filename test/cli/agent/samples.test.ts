import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dataFolders } from '../../../src/folders.ts';

const folders = dataFolders(join(import.meta.dirname, '../../../data'));
const readYaml = async (...path: string[]) =>
  parse(await readFile(join(...path), 'utf8')) as Record<string, unknown>;

describe('the sample template', () => {
  it('names only files that are there and plugins that the registry has', async () => {
    const folder = join(folders.templates, 'seo-agent');
    const template = await readYaml(folder, 'template.yaml');
    expect(template).toMatchObject({ runtime: 'process', role: 'seo', tier: 2 });
    const files = (template.command as string[]).filter((part) => part.startsWith('./'));
    expect(files).toEqual(['./agent.mjs']);
    for (const file of files) await access(join(folder, file));
    const agent = await readFile(join(folder, 'agent.mjs'), 'utf8');
    expect(template.misbehaves).toHaveLength(6);
    for (const word of template.misbehaves as string[]) expect(agent).toContain(`['${word}',`);
    for (const source of template.plugins as string[]) {
      await access(join(folders.registry, source.replace('local://', ''), 'plugin.yaml'));
    }
  });
});

describe('the sample plugin', () => {
  it('lists exactly the skills and rules that it has', async () => {
    const folder = join(folders.registry, 'seo-all');
    const manifest = await readYaml(folder, 'plugin.yaml');
    expect(manifest.name).toBe('seo-all');
    expect((manifest.skills as string[]).toSorted()).toEqual(
      (await readdir(join(folder, 'skills'))).toSorted(),
    );
    for (const rules of manifest.rules as string[]) await access(join(folder, rules));
  });

  it('gives every skill a name, equal to its folder, and a description', async () => {
    const skills = join(folders.registry, 'seo-all/skills');
    for (const name of await readdir(skills)) {
      const text = await readFile(join(skills, name, 'SKILL.md'), 'utf8');
      const header = parse(/^---\n(.*?)\n---\n/s.exec(text)?.[1] ?? '') as Record<string, unknown>;
      expect(header).toEqual({ name, description: expect.stringMatching(/\.$/) });
    }
  });
});

describe('the plugin that is bad on purpose', () => {
  it('says so, and lists the hook that it has', async () => {
    const folder = join(folders.registry, 'bad-plugin');
    const manifest = await readYaml(folder, 'plugin.yaml');
    expect(manifest).toMatchObject({
      name: 'bad-plugin',
      description: expect.stringMatching(/^Bad on purpose/),
    });
    for (const hook of manifest.hooks as string[]) await access(join(folder, hook));
    await expect(import(join(folder, 'hooks/boot.mjs'))).rejects.toThrow('bad on purpose');
  });
});

describe('the README of the data folder', () => {
  it('speaks of every place that a data folder has', async () => {
    const text = await readFile(join(folders.root, 'README.md'), 'utf8');
    const { root, workspace: _, ...places } = folders;
    for (const place of Object.values(places)) {
      expect(text).toContain(`\`${place.slice(root.length + 1)}`);
    }
    for (const place of Object.values(folders.workspace('id'))) {
      expect(text).toContain(place.slice(root.length + 1).replace('/id', '/<id>'));
    }
  });
});
