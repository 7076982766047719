import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPluginCache } from '../../src/plugins/cache.ts';
import { behindItsBack, NOON } from '../store/support.ts';
import { mountSmallDisk } from '../system/full-disk.ts';
import { anInstallation, DAY_MS } from './installation.ts';

const isRoot = process.getuid?.() === 0;
const asideIn = (root: string): string[] =>
  readdirSync(join(root, 'set-aside'), { recursive: true, encoding: 'utf8' });
/** A stand-in on PATH, or, without one, a PATH on which there is nothing. */
const pathWith = (folder: string, programs: Record<string, string>): string => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, says] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  }
  return bin;
};

describe('the doctor', () => {
  it('finds nothing wrong with an installation that is well but for a workspace of a test', async () => {
    const { diagnose } = await anInstallation();
    const { findings, running } = await diagnose();
    expect(running).toBeNull();
    // The snapshot that tests of the store write is none of the machine.
    expect(findings.filter(({ verdict }) => verdict !== 'ok').map(({ id }) => id)).toEqual(['workspaces']);
    expect(new Set(findings.map(({ id }) => id)).size).toBeGreaterThan(14);
  });

  it('says that Node is too old', async () => {
    const { told } = await anInstallation();
    expect(await told('node', { nodeVersion: '22.11.0' })).toEqual([
      expect.stringMatching(/^problem: Node 22\.11\.0 is too old/),
    ]);
  });

  it('says that there is no data folder, or that a file is in its place', async () => {
    const { told, folders } = await anInstallation();
    const data = join(folders.root, 'none');
    expect(await told('data.folder', { data })).toEqual([expect.stringMatching(/^warning: .*not there yet/)]);
    writeFileSync(data, '');
    expect(await told('data.folder', { data })).toEqual([
      expect.stringMatching(/^problem: .*is not a folder/),
    ]);
  });

  it.skipIf(!isRoot)(
    'says whose the data folder is when it is not ours, and opens no database there',
    async () => {
      const { told, folders } = await anInstallation();
      for (const name of readdirSync(folders.root)) {
        if (name.startsWith('keepwell.db-')) rmSync(join(folders.root, name));
      }
      chownSync(folders.root, 4242, 4242);
      expect(await told('data.folder')).toEqual([expect.stringMatching(/^problem: .*belongs to user 4242/)]);
      expect(await told('database')).toEqual([]);
      expect(readdirSync(folders.root).filter((name) => name.startsWith('keepwell.db-'))).toEqual([]);
    },
  );

  it('finds files with secrets that others can read, and lets only their owner read them', async () => {
    const { told, diagnose, folders } = await anInstallation();
    writeFileSync(folders.config, 'admin_token_file: /none\n');
    expect((await told('data.secret-files'))[0]).toMatch(/^ok/);
    writeFileSync(folders.config, 'metrics_token: abc\n', { mode: 0o644 });
    chmodSync(folders.secretKey, 0o640);
    chmodSync(folders.config, 0o644);
    expect(await told('data.secret-files')).toEqual([
      'problem: secret-key holds secrets, and others can read it (mode 640).',
      'problem: keepwell.yaml holds secrets, and others can read it (mode 644).',
    ]);
    const { fixed, findings } = await diagnose({ isToFix: true });
    expect(fixed.map(({ done }) => done)).toEqual([true, true]);
    expect(findings.find(({ id }) => id === 'data.secret-files')).toMatchObject({ verdict: 'ok' });
    expect(statSync(folders.secretKey).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!isRoot)('finds a secret file of another user', async () => {
    const { told, folders } = await anInstallation();
    chownSync(folders.adminToken, 4242, 4242);
    expect(await told('data.secret-files')).toEqual([
      expect.stringMatching(/^problem: admin-token belongs to user 4242/),
    ]);
  });

  it('says how little disk is left, and that a disk cannot be written', async ({ skip }) => {
    const { told } = await anInstallation();
    const disk = mountSmallDisk(16);
    if (typeof disk === 'string') {
      skip(disk);
      return;
    }
    onTestFinished(() => disk.remove());
    expect(await told('data.disk', { data: disk.path })).toEqual([
      expect.stringMatching(/^problem: Only 1\d MiB are free/),
    ]);
    execFileSync('mount', ['-o', 'remount,ro', disk.path]);
    expect(await told('data.folder', { data: disk.path })).toEqual([
      expect.stringMatching(/^problem: .* cannot be written: EROFS/),
    ]);
  });

  it('finds what a killed supervisor left of its lock, and clears it', async () => {
    const { told, diagnose, folders } = await anInstallation();
    writeFileSync(`${folders.lock}.pid`, '999999\n');
    writeFileSync(join(folders.root, 'server.json'), '{"url":"http://127.0.0.1:1","pid":999999}');
    expect(await told('supervisor')).toEqual([
      'ok: No supervisor uses the data folder.',
      expect.stringMatching(/^warning: keepwell\.lock\.pid/),
      expect.stringMatching(/^warning: server\.json/),
    ]);
    const { fixed } = await diagnose({ isToFix: true });
    expect(fixed.filter(({ id }) => id === 'supervisor')).toMatchObject([{ done: true }, { done: true }]);
    expect(await told('supervisor')).toHaveLength(1);
    expect(asideIn(folders.root)).toContainEqual(expect.stringMatching(/server\.json$/));
  });

  it('reports every problem of the configuration at once, as the start does', async () => {
    const { told, folders } = await anInstallation();
    writeFileSync(folders.config, 'prot: 1\nbeat_interval: 5\n', { mode: 0o600 });
    expect(await told('config')).toEqual([
      expect.stringMatching(/^problem: prot \(keepwell\.yaml\): is not a known setting; did you mean port\?/),
      expect.stringMatching(/^problem: beat_interval \(keepwell\.yaml\): 5 is not a duration/),
    ]);
    writeFileSync(folders.config, 'plugin_allow: ["**nonsense"]\n', { mode: 0o600 });
    expect(await told('config')).toEqual([expect.stringMatching(/^problem: plugin_allow: /)]);
  });

  it('says that another program has the port', async () => {
    const { told } = await anInstallation();
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const env = { PATH: process.env.PATH, KEEPWELL_PORT: String(port) };
    expect(await told('port', { env })).toEqual([`problem: Another program listens on 127.0.0.1:${port}.`]);
  });

  it('says that the clock is years off, was set back, or jumped ahead', async () => {
    const { told } = await anInstallation();
    const at = (now: number) => told('clock', { now: () => now });
    expect((await at(0))[0]).toMatch(/^problem: .*1970-01-01.*years ago/);
    expect((await at(NOON - DAY_MS))[0]).toMatch(/^problem: .*the journal has an entry of 2026-11-23 12:00/);
    expect((await at(NOON + 900 * DAY_MS))[0]).toMatch(/^warning: .*it jumped/);
  });

  it('finds a database that is damaged, and says what to do', async () => {
    const { told, folders } = await anInstallation();
    const bytes = readFileSync(folders.database);
    // The second page is an index or a table, whichever; nothing of it makes sense any more.
    bytes.fill(0xa5, 4096, 3 * 4096);
    writeFileSync(folders.database, bytes);
    expect((await told('database'))[0]).toMatch(/^problem: /);
    writeFileSync(folders.database, 'this is no database at all '.repeat(400));
    expect((await told('database'))[0]).toMatch(/^problem: /);
    truncateSync(folders.database, 0);
    expect((await told('database'))[0]).toMatch(/empty/);
  });

  it('finds rows that belong to nothing', async () => {
    const { told, sql } = await anInstallation();
    sql("PRAGMA foreign_keys = OFF; DELETE FROM workspaces WHERE workspace_id = 'w1'");
    expect((await told('database'))[0]).toMatch(/^problem: \d+ rows belong to nothing, the first in/);
  });

  it('says whether the audit is whole', async () => {
    const { told, sql, folders } = await anInstallation();
    expect(await told('audit')).toEqual(['ok: The audit is whole (rows: 0).']);
    sql('UPDATE audit_ends SET head_seq = 5');
    expect((await told('audit'))[0]).toMatch(/^problem: The audit is broken at row /);
    writeFileSync(
      folders.database,
      gunzipSync(readFileSync(join(import.meta.dirname, '../store/corpus/schema-2.db.gz'))),
    );
    expect(await told('audit')).toEqual([]);
  });

  it('says that a database is of an older or a newer Keepwell', async () => {
    const { told, folders, sql } = await anInstallation();
    sql('PRAGMA user_version = 99');
    expect((await told('database'))[0]).toMatch(/^problem: .*schema version 99/);
    const old = gunzipSync(readFileSync(join(import.meta.dirname, '../store/corpus/schema-2.db.gz')));
    writeFileSync(folders.database, old);
    expect((await told('database'))[0]).toMatch(/^warning: The database has schema 2/);
  });

  it('finds drafts of something that was interrupted, and moves them aside', async () => {
    const { told, diagnose, folders } = await anInstallation();
    const names = ['keepwell.db.schema-3.draft', 'backups/x.keepwell-backup.draft-abc123', 'secret-key.new'];
    for (const name of names) writeFileSync(join(folders.root, name), 'half', { mode: 0o600 });
    expect(await told('data.leftovers')).toHaveLength(3);
    await diagnose({ isToFix: true });
    expect(await told('data.leftovers')).toEqual([]);
    expect(
      asideIn(folders.root).filter((name) => !statSync(join(folders.root, 'set-aside', name)).isDirectory()),
    ).toHaveLength(3);
  });

  it('names the secrets that do not open with the present key', async () => {
    const { told, folders } = await anInstallation();
    writeFileSync(folders.secretKey, `${Buffer.alloc(32, 7).toString('base64')}\n`);
    expect(await told('secrets')).toEqual([
      'problem: 1 of 1 secrets do not open with the key that is here: API_KEY (of ada).',
    ]);
  });

  it('is less sure of secrets while a supervisor runs that may have been given their key', async () => {
    const { told, folders } = await anInstallation();
    rmSync(folders.secretKey);
    const script = join(import.meta.dirname, '../store/hold-data-lock.ts');
    const holder = spawn(process.execPath, [script, folders.lock], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    expect((await told('secrets'))[0]).toMatch(/^warning: 1 of 1 secrets do not open/);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await told('secrets'))[0]).toMatch(/^problem: 1 of 1 secrets do not open/);
  });

  it('says that git is missing or too old, which is a problem only where a plugin needs it', async () => {
    const plain = await anInstallation();
    const nothing = { PATH: pathWith(plain.folders.root, {}), KEEPWELL_PORT: '0' };
    expect(await plain.told('git', { env: nothing })).toEqual(['warning: There is no git on PATH.']);
    const source = 'git+ssh://git@example.org/a/b#main';
    const needy = await anInstallation({ plugins: [{ name: 'b', source }] });
    const old = { PATH: pathWith(needy.folders.root, { git: 'git version 2.20.1' }), KEEPWELL_PORT: '0' };
    expect(await needy.told('git', { env: old })).toEqual([
      'problem: 1 declared plugins come from git. git version 2.20.1 is too old.',
    ]);
    expect(await needy.told('ssh', { env: old })).toEqual([
      expect.stringMatching(/^problem: 1 declared plugins come by git\+ssh/),
    ]);
  });

  it('says that the Docker engine is away when a workspace needs it', async () => {
    const { told, folders } = await anInstallation({ runtime: 'docker', image: 'busybox' });
    const host = `unix://${join(folders.root, 'none.sock')}`;
    const env = { PATH: process.env.PATH, KEEPWELL_PORT: '0', KEEPWELL_DOCKER_HOST: host };
    expect(await told('docker', { env })).toEqual([
      expect.stringMatching(/^problem: 1 workspaces run in containers, and the engine does not answer/),
    ]);
  });

  it('names templates and local plugins that cannot be used, and folders that cannot be read', async () => {
    const { told, folders } = await anInstallation();
    writeFileSync(join(folders.templates, 'coder', 'template.yaml'), 'comand: [agent]\n');
    writeFileSync(join(folders.registry, 'lint', 'plugin.yaml'), 'version: [\n');
    expect(await told('templates')).toEqual([expect.stringMatching(/^warning: The template coder .*comand/)]);
    expect(await told('registry')).toEqual([expect.stringMatching(/^warning: The local plugin lint /)]);
    for (const folder of [folders.templates, folders.registry]) {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, 'a file in its place');
    }
    expect(await told('templates')).toEqual([expect.stringMatching(/^problem: .*ENOTDIR/)]);
    expect(await told('registry')).toEqual([expect.stringMatching(/^problem: .*ENOTDIR/)]);
  });

  it('finds a cached plugin that was changed, and moves it aside so that it is fetched anew', async () => {
    const { told, diagnose, folders } = await anInstallation();
    const options = { cacheFolder: folders.cache, registryFolder: folders.registry, env: {} };
    const cache = createPluginCache(options);
    const declared = { name: 'lint', source: 'local://lint' };
    const { treeHash } = await cache.fetch(declared, null, new AbortController().signal);
    expect(await told('plugins.cache')).toEqual(['ok: Every cached plugin is what it was (1).']);
    const file = join(folders.cache, 'trees', treeHash, 'plugin.yaml');
    chmodSync(file, 0o644);
    writeFileSync(file, 'version: 6.6.6\n');
    expect(await told('plugins.cache')).toEqual([
      expect.stringMatching(
        new RegExp(`^problem: The cached plugin ${treeHash.slice(0, 12)} is not what it was`),
      ),
    ]);
    await diagnose({ isToFix: true });
    expect(await told('plugins.cache')).toEqual([]);
    expect(asideIn(folders.root)).toContainEqual(expect.stringMatching(/plugin\.yaml$/));
    const again = await cache.fetch(declared, null, new AbortController().signal);
    expect(again.treeHash).toBe(treeHash);
  });

  it('finds folders of no workspace, and moves them aside with all that is in them', async () => {
    const { told, diagnose, folders } = await anInstallation();
    mkdirSync(join(folders.root, 'workspaces', 'w9'));
    writeFileSync(join(folders.root, 'workspaces', 'w9', 'work'), 'somebody’s');
    expect(await told('workspaces.folders')).toEqual([expect.stringMatching(/^warning: workspaces\/w9 /)]);
    await diagnose({ isToFix: true });
    expect((await told('workspaces.folders'))[0]).toMatch(/^ok/);
    expect(existsSync(join(folders.root, 'workspaces', 'w1'))).toBe(true);
    const [kept] = asideIn(folders.root).filter((name) => name.endsWith('work'));
    expect(readFileSync(join(folders.root, 'set-aside', String(kept)), 'utf8')).toBe('somebody’s');
  });

  it('says that a workspace’s spec or state cannot be read', async () => {
    const { told, sql } = await anInstallation();
    expect(await told('workspaces')).toEqual([
      expect.stringMatching(/^problem: The state of ada cannot be read/),
    ]);
    sql(`UPDATE workspaces SET spec = '{'`);
    expect(await told('workspaces')).toEqual(['problem: The spec of workspace w1 cannot be read.']);
  });

  it('says that there is no backup, that the last is old, or that it is damaged', async () => {
    const { told, folders } = await anInstallation();
    const file = join(folders.root, 'backups', 'one.keepwell-backup');
    const then = new Date(NOON);
    utimesSync(file, then, then);
    expect((await told('backups', { now: () => NOON + 3 * DAY_MS }))[0]).toMatch(/^ok/);
    expect((await told('backups', { now: () => NOON + 8 * DAY_MS }))[0]).toMatch(/^warning: .*8 days old/);
    expect((await told('backups', { now: () => NOON + 3 * DAY_MS, backupDays: 2 }))[0]).toMatch(/^warning/);
    truncateSync(file, statSync(file).size - 100);
    expect((await told('backups'))[0]).toMatch(
      /^problem: The last backup, one\.keepwell-backup, is of no use/,
    );
    rmSync(file);
    expect(await told('backups')).toEqual(['warning: There is no backup in backups/.']);
  });

  it('changes nothing by looking', async () => {
    const { diagnose, folders } = await anInstallation();
    // Readers of a database leave its shared memory beside it; what is in the database stays as it was.
    const state = () =>
      readdirSync(folders.root, { recursive: true, encoding: 'utf8' })
        .filter((name) => !/-(shm|wal)$/.test(name))
        .toSorted()
        .map((name) => {
          const path = join(folders.root, name);
          const { mode, mtimeMs } = statSync(path);
          return [name, mode, statSync(path).isFile() ? `${mtimeMs} ${readFileSync(path, 'latin1')}` : ''];
        });
    chmodSync(folders.secretKey, 0o644);
    writeFileSync(join(folders.root, 'server.json'), '{}');
    const before = state();
    await diagnose();
    expect(state()).toEqual(before);
    expect(behindItsBack(folders.database, (db) => db.pragma('quick_check', { simple: true }))).toBe('ok');
  });
});
