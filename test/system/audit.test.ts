import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExternal } from './external-agent.ts';
import {
  type Answer,
  createDataFolder,
  freePort,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

let data: ReturnType<typeof createDataFolder>;
let port: number;
let program: Program;

beforeEach(async () => {
  data = createDataFolder();
  port = await freePort();
  program = await startProgram({ data: data.path, port });
});
afterEach(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const verify = (...args: string[]) => keepwell(data.path, ['audit', 'verify', ...args]);
const endOf = ({ stdout }: { stdout: string }) =>
  /kept elsewhere: (\d+:[0-9a-f]{64})/.exec(stdout)?.[1] ?? '';
const acts = async (query = ''): Promise<Answer[]> =>
  (await program.api.get(`/audit?limit=1000${query}`)).items;
/** Does something to the rows while nothing runs, as somebody with the file could. */
const tamper = (sql: string) => {
  const db = new Database(join(data.path, 'keepwell.db'));
  db.exec(sql);
  db.close();
};

describe('`keepwell audit`', () => {
  it('lists who did what, and is whole while the supervisor runs, after kill -9, and when it is stopped', async () => {
    await createExternal(program.api, 'demo', []);
    const { token } = await program.api.post('/tokens', { name: 'anna' });
    await program.api.request('POST', '/workspaces/demo/pause', undefined, { token });
    const { code, stdout } = await keepwell(data.path, ['audit']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/admin +127\.0\.0\.1 +201 +POST \/workspaces \(demo\)/);
    expect(stdout).toMatch(/anna +127\.0\.0\.1 +403 FORBIDDEN +POST \/workspaces\/demo\/pause \(demo\)/);

    const running = await verify();
    expect([running.code, running.stdout]).toEqual([
      0,
      expect.stringContaining('The audit is whole: 5 rows.'),
    ]);
    await program.kill9();
    const killed = await verify('--head', endOf(running));
    expect([killed.code, endOf(killed)]).toEqual([0, endOf(running)]);
    program = await startProgram({ data: data.path, port });
    await program.stop();
    expect((await verify('--head', endOf(running))).code).toBe(0);
  });

  it('has every act that was acknowledged before a kill -9, and none on the disk that it does not know of', async () => {
    const acknowledged: string[] = [];
    const working = Array.from({ length: 40 }, async (_, n) => {
      const reply = await program.api
        .request('POST', '/workspaces', { name: `w${n}`, external: true })
        .catch(() => null);
      if (reply?.status === 201) acknowledged.push(`w${n}`);
      if (acknowledged.length === 10) program.child.kill('SIGKILL');
    });
    await Promise.all(working);
    await program.exited;
    program = await startProgram({ data: data.path, port });
    const rows = await acts();
    const answered = rows.filter(({ status }) => status === 201).map(({ workspace }) => workspace.name);
    expect(answered).toEqual(expect.arrayContaining(acknowledged));
    const there = (await program.api.get('/workspaces?limit=1000')).items.length;
    expect(rows.length).toBeGreaterThanOrEqual(there);
    expect((await verify()).code).toBe(0);
  });

  it.each([
    [
      'changed',
      `UPDATE audit SET act = replace(act, '127.0.0.1', '10.0.0.1') WHERE seq = 3`,
      'row 3 was changed',
    ],
    ['removed', 'DELETE FROM audit WHERE seq = 3', 'row 3 is missing'],
    ['cut off at the end', 'DELETE FROM audit WHERE seq > 3', 'it ends with row 3, and has been at row 4'],
    [
      'cut off at the end, and the end written anew',
      'DELETE FROM audit WHERE seq > 3; UPDATE audit_ends SET (head_seq, head_hash) = (SELECT seq, hash FROM audit WHERE seq = 3)',
      'has row 4, which is missing here',
    ],
    [
      'cut off at the beginning, as the cap would',
      'UPDATE audit_ends SET (anchor_seq, anchor_hash) = (SELECT seq, hash FROM audit WHERE seq = 2); DELETE FROM audit WHERE seq < 3',
      'where it begins is not where the cap has cut it',
    ],
  ])('says where it is broken when rows were %s', async (_, sql, words) => {
    for (const name of ['one', 'two']) await createExternal(program.api, name, []);
    const backup = await keepwell(data.path, ['backup', 'create']);
    expect(backup.code).toBe(0);
    await program.stop();
    expect((await verify()).stdout).toContain('1 end that was kept elsewhere');
    tamper(sql);
    const { code, stderr } = await verify();
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    program = await startProgram({ data: data.path, port });
    expect((await verify()).code).toBe(1);
  });
});
