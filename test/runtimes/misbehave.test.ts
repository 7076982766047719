import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataFolders } from '../../src/folders.ts';
import { createMisbehave } from '../../src/runtimes/misbehave.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keepwell-misbehave-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = () => {
  const folders = dataFolders(root);
  return { folder: folders.workspace('w1').workspace, misbehave: createMisbehave(folders.workspace) };
};

describe('how an agent is to misbehave', () => {
  it('is in the folder it runs in, before its first start too; null empties the file', async () => {
    const { folder, misbehave } = open();
    await misbehave('w1', 'silent');
    expect(readFileSync(join(folder, 'misbehave'), 'utf8')).toBe('silent');
    await misbehave('w1', null);
    expect(readFileSync(join(folder, 'misbehave'), 'utf8')).toBe('');
    expect(readdirSync(folder)).toEqual(['misbehave']);
  });

  it('is what was said last when much is said at once', async () => {
    const { folder, misbehave } = open();
    await Promise.all(['silent', 'slow', 'crash'].map((how) => misbehave('w1', how)));
    expect(readFileSync(join(folder, 'misbehave'), 'utf8')).toBe('crash');
  });

  it('is written nowhere else, whatever the agent put there', async () => {
    const { folder, misbehave } = open();
    const elsewhere = join(root, 'elsewhere');
    writeFileSync(elsewhere, 'kept');
    mkdirSync(folder, { recursive: true });
    for (const name of ['misbehave', 'misbehave.tmp']) symlinkSync(elsewhere, join(folder, name));
    await misbehave('w1', 'silent');
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
    expect(readFileSync(join(folder, 'misbehave'), 'utf8')).toBe('silent');

    rmSync(folder, { recursive: true });
    mkdirSync(join(root, 'other'));
    symlinkSync(join(root, 'other'), folder);
    await expect(misbehave('w1', 'silent')).rejects.toThrow('Not a folder');
    expect(readdirSync(join(root, 'other'))).toEqual([]);
  });

  it('belongs to a workspace and to nothing that only looks like one', async () => {
    const { misbehave } = open();
    await expect(misbehave('../w1', 'silent')).rejects.toThrow('not a workspace id');
  });
});
