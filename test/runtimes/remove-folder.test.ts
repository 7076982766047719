import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataFolders, type WorkspaceFolders } from '../../src/folders.ts';
import { createExternalRuntime } from '../../src/runtimes/external-runtime.ts';
import { removeWorkspaceFolder } from '../../src/runtimes/remove-folder.ts';
import type { Runtime } from '../../src/supervisor/ports.ts';
import { collect } from './collect.ts';

let data: string;
let folders: WorkspaceFolders;
const precious = () => join(data, 'precious', 'file');

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'keepwell-purge-'));
  folders = dataFolders(data).workspace('one');
  await mkdir(join(data, 'precious'));
  await writeFile(precious(), 'precious');
  await mkdir(folders.workspace, { recursive: true });
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe('purging a workspace', () => {
  it('removes links in its folder and not what they lead to', async () => {
    await symlink(join(data, 'precious'), join(folders.workspace, 'link'));
    await removeWorkspaceFolder(folders.root, 'one');
    expect(existsSync(folders.root)).toBe(false);
    expect(await readFile(precious(), 'utf8')).toBe('precious');
  });

  it('removes a link in the place of its folder and not what it leads to', async () => {
    await rm(folders.root, { recursive: true });
    await symlink(join(data, 'precious'), folders.root);
    await removeWorkspaceFolder(folders.root, 'one');
    expect(existsSync(folders.root)).toBe(false);
    expect(await readFile(precious(), 'utf8')).toBe('precious');
  });

  it('removes folders that the agent made read-only', async () => {
    await mkdir(join(folders.workspace, 'module', 'cache'), { recursive: true });
    chmodSync(join(folders.workspace, 'module', 'cache'), 0o500);
    chmodSync(join(folders.workspace, 'module'), 0o500);
    await asOrdinaryUser(data, () => removeWorkspaceFolder(folders.root, 'one'));
    expect(existsSync(folders.root)).toBe(false);
  });

  it('may be done twice', async () => {
    await removeWorkspaceFolder(folders.root, 'one');
    await removeWorkspaceFolder(folders.root, 'one');
  });

  it.each(['', '.', '..', 'one/..', '../one', 'two'])(
    'refuses a folder that is not the one of %j',
    async (id) => {
      await expect(removeWorkspaceFolder(folders.root, id)).rejects.toThrow('Not the folder');
      expect(existsSync(folders.root)).toBe(true);
    },
  );
});

/** The superuser may write to read-only folders, so he hands the files over and steps back for a while. */
const asOrdinaryUser = async (folder: string, act: () => Promise<void>): Promise<void> => {
  if (process.geteuid?.() !== 0) return act();
  const nobody = 65_534;
  execFileSync('chown', ['-R', String(nobody), folder]);
  process.seteuid?.(nobody);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
};

describe('the external runtime', () => {
  it('starts, stops and finds nothing, and removes the files of a purged workspace', async () => {
    const runtime: Runtime = createExternalRuntime({ foldersOf: dataFolders(data).workspace });
    const order = {
      workspaceId: 'one',
      incarnation: 1,
      command: [],
      sidecar: false,
      container: null,
      env: {},
      token: 't',
      url: 'u',
    };
    expect(runtime.owned).toBe(false);
    expect(await runtime.check(order)).toBeNull();
    expect(await runtime.find('one')).toBeNull();
    await expect(runtime.start(order)).rejects.toThrow('not ours');
    await runtime.stop('one', 0);
    expect(await runtime.sweep(() => false)).toEqual([]);
    expect(await collect(runtime.logs('one', { tail: 5, follow: true }))).toEqual([]);
    await runtime.destroy('one', { purge: false });
    expect(existsSync(folders.root)).toBe(true);
    await runtime.destroy('one', { purge: true });
    expect(existsSync(folders.root)).toBe(false);
    await runtime.close();
  });
});
