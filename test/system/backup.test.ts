import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { journalHash } from '../../src/backup/journal-hash.ts';
import { createDataFolder, keepwell, type Program, startProgram, stopAgents } from './program.ts';

const cleanUps: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});
const aFolder = (): string => {
  const folder = createDataFolder();
  cleanUps.push(folder.remove, () => stopAgents(folder.path));
  return folder.path;
};
const start = async (data: string): Promise<Program> => {
  const program = await startProgram({ data });
  cleanUps.push(() => program.stop());
  return program;
};

/** Beats that fail and recover in turn, each of which is a row of the journal, until it is told to end. */
const makeNoise = async (program: Program, agents: { id: string; token: string }[], signal: AbortSignal) => {
  for (let round = 0; !signal.aborted; round += 1) {
    await Promise.all(
      agents.map(({ id, token }) =>
        fetch(`${program.api.url}/registry/heartbeat`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ workspace_id: id, error_rate: round % 2 }),
        }),
      ),
    );
  }
};

describe('keepwell backup', () => {
  it('made while the supervisor writes holds one moment of it, and brings it back on an empty box', async () => {
    const data = aFolder();
    const program = await start(data);
    const agents: { id: string; token: string }[] = [];
    for (let n = 0; n < 8; n += 1) {
      const created = await program.api.post('/workspaces', { name: `w${n}`, external: true });
      agents.push({ id: created.id, token: created.auth_token });
    }
    await program.api.request('PUT', '/secrets', { values: { API_KEY: 'a value' } });
    const passphrase = join(data, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n');
    const calm = new AbortController();
    const noise = makeNoise(program, agents, calm.signal);
    const file = join(data, 'backups', 'one.keepwell-backup');
    const made = await keepwell(data, ['backup', 'create', file, '--passphrase-file', passphrase, '--json']);
    calm.abort();
    await noise;
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { journal } = JSON.parse(made.stdout) as { journal: { rows: number; sha256: string } };
    expect(journal.rows).toBeGreaterThan(8);
    expect(await keepwell(data, ['backup', 'verify', file])).toMatchObject({ code: 0 });
    expect((await keepwell(data, ['backup', 'ls'])).stdout).toContain('one.keepwell-backup');
    await program.stop();

    const fresh = join(aFolder(), 'data');
    const restored = await keepwell(fresh, ['backup', 'restore', file, '--passphrase-file', passphrase]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).not.toContain('API_KEY');
    const keyless = await keepwell(join(aFolder(), 'data'), ['backup', 'restore', file, '--without-keys']);
    expect(keyless.stdout).toContain('1 secrets do not open with a key that is here: API_KEY.');
    const there = new Database(join(fresh, 'keepwell.db'), { readonly: true });
    expect(journalHash(there)).toEqual(journal);
    there.close();

    const again = await start(fresh);
    const { items } = await again.api.get('/workspaces?limit=50');
    expect(items.map(({ name }: { name: string }) => name).toSorted()).toEqual(agents.map((_, n) => `w${n}`));
    const { id, token } = agents[0] as { id: string; token: string };
    const beat = await fetch(`${again.api.url}/registry/heartbeat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ workspace_id: id }),
    });
    expect(beat.status).toBe(200);
  });

  it('that is broken is told by verify, with an exit code and what is wrong', async () => {
    const data = aFolder();
    const program = await start(data);
    await program.api.post('/workspaces', { name: 'w', external: true });
    const file = join(data, 'b.keepwell-backup');
    expect(await keepwell(data, ['backup', 'create', file])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not in it: no passphrase'),
    });
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] as number) ^ 1;
    writeFileSync(file, bytes);
    const verified = await keepwell(data, ['backup', 'verify', file]);
    expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining('not whole')]);
    const refused = await keepwell(data, ['backup', 'restore', file]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('not empty')]);
  });
});
