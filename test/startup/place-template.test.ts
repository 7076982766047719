import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTemplates } from '../../src/startup/templates/open-templates.ts';
import { makeFifo } from '../plugins/support/scratch.ts';

let scratch: string;
let configs: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'keepwell-place-'));
  configs = join(scratch, 'workspaces/w/configs');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const inTemplate = (path: string, text: string | Buffer, mode = 0o644) => {
  const file = join(scratch, 'templates/t', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
};
const place = (name = 't') =>
  openTemplates(join(scratch, 'templates'), {
    parseDeclaration: () => ({ name: 'x', source: 'local://x' }),
    readPolicy: () => ({}),
  }).place(name, { root: dirname(configs), configs });
const there = () => readdirSync(configs, { recursive: true, encoding: 'utf8' }).toSorted();
const read = (path: string) => readFileSync(join(configs, path), 'utf8');

describe('the files of a template with a config.yaml', () => {
  beforeEach(() => {
    inTemplate('config.yaml', 'runtime: x');
    inTemplate('prompts/deep/system.md', 'be kind');
    inTemplate('run.sh', '#!/bin/sh', 0o755);
  });

  it('are put where its agent looks for them, for its owner alone', async () => {
    await place();
    expect(there()).toEqual(['config.yaml', 'prompts', 'prompts/deep', 'prompts/deep/system.md', 'run.sh']);
    expect(read('prompts/deep/system.md')).toBe('be kind');
    expect([
      statSync(join(configs, 'run.sh')).mode & 0o777,
      statSync(join(configs, 'config.yaml')).mode & 0o777,
    ]).toEqual([0o700, 0o600]);
  });

  it('never take the place of what is there', async () => {
    mkdirSync(configs, { recursive: true });
    writeFileSync(join(configs, 'config.yaml'), 'runtime: mine');
    await place();
    expect([read('config.yaml'), read('run.sh')]).toEqual(['runtime: mine', '#!/bin/sh']);
  });

  it('are not put back when its agent takes them away, nor joined by later ones', async () => {
    await place();
    rmSync(join(configs, 'prompts'), { recursive: true });
    inTemplate('new.md', 'new');
    await place();
    expect(there()).toEqual(['config.yaml', 'run.sh']);
  });

  it('are those of another template once it is made from that one', async () => {
    await place();
    mkdirSync(join(scratch, 'templates/other'));
    writeFileSync(join(scratch, 'templates/other/config.yaml'), 'runtime: y');
    writeFileSync(join(scratch, 'templates/other/more.md'), 'more');
    await place('other');
    expect([read('config.yaml'), read('more.md')]).toEqual(['runtime: x', 'more']);
  });

  it('are plain files, and none that the supervisor keeps for itself', async () => {
    inTemplate('template.yaml', 'command: [x]');
    inTemplate('plugins/p/SKILL.md', 'x');
    inTemplate('.auth_token', 'x');
    symlinkSync('/etc/passwd', join(scratch, 'templates/t/link'));
    await makeFifo(join(scratch, 'templates/t/pipe'));
    await place();
    expect(there()).toEqual(['config.yaml', 'prompts', 'prompts/deep', 'prompts/deep/system.md', 'run.sh']);
  });

  it('are complete after an interruption, whatever it left', async () => {
    mkdirSync(configs, { recursive: true });
    writeFileSync(join(configs, 'config.yaml.keepwell-part'), 'run');
    await place();
    expect(read('config.yaml')).toBe('runtime: x');
    expect(existsSync(join(configs, 'config.yaml.keepwell-part'))).toBe(false);
  });

  it('are written nowhere else, wherever an agent made its folders lead', async () => {
    const elsewhere = join(scratch, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(configs, { recursive: true });
    symlinkSync(elsewhere, join(configs, 'prompts'));
    await place();
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(read('config.yaml')).toBe('runtime: x');
    rmSync(dirname(configs), { recursive: true });
    mkdirSync(dirname(configs));
    symlinkSync(elsewhere, configs);
    await expect(place()).rejects.toThrow('Not a folder');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('are refused when they are more than 10 MiB, and nothing is written', async () => {
    inTemplate('large', Buffer.alloc(10 * 1024 * 1024));
    await expect(place()).rejects.toMatchObject({ code: 'TEMPLATE_INVALID' });
    expect(existsSync(configs)).toBe(false);
  });
});

it('a template with a template.yaml alone, or that is gone, has no files to place', async () => {
  inTemplate('template.yaml', 'command: [x]');
  inTemplate('agent.mjs', 'x');
  for (const name of ['t', 'gone', '../t']) await place(name);
  expect(existsSync(configs)).toBe(false);
});
