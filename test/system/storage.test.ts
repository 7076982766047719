import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IDLE, openForTest } from './played-agents.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  keepwell,
  launchProgram,
  offerPlugin,
  startProgram,
  stopAgents,
} from './program.ts';
import { contradictions, replayed, replayJournal, stored } from './replay.ts';

const folderForTest = (): string => {
  const data = createDataFolder();
  onTestFinished(() => {
    stopAgents(data.path);
    data.remove();
  });
  return data.path;
};

/** Lets the real program make a database with a workspace in it, and stops it. */
const folderWithDatabase = async (): Promise<{ data: string; database: string; id: string }> => {
  const data = folderForTest();
  const program = await startProgram({ data });
  onTestFinished(() => program.kill9());
  const { id } = await program.api.post('/workspaces', { name: 'w', external: true });
  expect(await program.stop()).toBe(0);
  return { data, database: join(data, 'keepwell.db'), id };
};

/** Starts a supervisor that is to refuse; gives its exit code and what it said. */
const refusalOf = async (data: string) => {
  const program = launchProgram({ data });
  onTestFinished(() => program.kill9());
  const code = await program.exited;
  return { code, said: program.output().trim() };
};

/** One sentence of what is wrong and one of what to do, not a stack. */
const expectPlainly = (said: string, sentence: RegExp, hint: RegExp) => {
  expect(said).toMatch(sentence);
  expect(said).toMatch(hint);
  expect(said).not.toMatch(/\n\s+at /);
  expect(said.split('\n').length).toBeLessThanOrEqual(3);
};

const editDatabase = (database: string, statement: string, ...values: unknown[]) => {
  const db = new Database(database);
  try {
    db.prepare(statement).run(...values);
  } finally {
    db.close();
  }
};

describe('a data folder', () => {
  it('takes one supervisor: a second one exits with 1 and names the first, which goes on', async () => {
    const data = folderForTest();
    const first = await startProgram({ data });
    onTestFinished(() => first.kill9());
    const { id } = await first.api.post('/workspaces', { name: 'w', external: true });
    const server = readFileSync(join(data, 'server.json'), 'utf8');

    const second = await keepwell(data, ['up']);
    expect(second.code).toBe(1);
    expectPlainly(second.stderr.trim(), new RegExp(`process ${first.child.pid}\\b`), /--data/);
    expect(readFileSync(join(data, 'server.json'), 'utf8')).toBe(server);
    expect((await first.api.view(id)).status).toBe('awaiting_agent');
    expect((await first.api.post('/workspaces', { name: 'v', external: true })).status).toBe(
      'awaiting_agent',
    );
  });

  it('is free again as soon as a supervisor is gone, however it went', async () => {
    const data = folderForTest();
    const first = await startProgram({ data });
    await first.kill9();
    const second = await startProgram({ data });
    expect(await second.stop()).toBe(0);
  });
});

describe('a database', () => {
  it('that a newer Keepwell wrote is refused with 1, and left as it is', async () => {
    const { data, database } = await folderWithDatabase();
    const db = new Database(database);
    db.pragma('user_version = 999');
    db.close();
    const before = readFileSync(database);
    const { code, said } = await refusalOf(data);
    expect(code).toBe(1);
    expectPlainly(said, /schema version 999/, /Run that version/);
    expect(readFileSync(database)).toEqual(before);
  });

  it('that is damaged is refused with 1, and left as it is', async () => {
    const { data, database } = await folderWithDatabase();
    const bytes = readFileSync(database);
    bytes.fill('damaged ', 0, 4096);
    writeFileSync(database, bytes);
    const { code, said } = await refusalOf(data);
    expect(code).toBe(1);
    expectPlainly(said, /damaged|not a database/, /Restore a backup/);
    expect(readFileSync(database)).toEqual(bytes);
  });

  it('with a spec that cannot be read is refused with 1 and names the workspace', async () => {
    const { data, database, id } = await folderWithDatabase();
    editDatabase(database, 'UPDATE workspaces SET spec = ?', '{"name":');
    const { code, said } = await refusalOf(data);
    expect(code).toBe(1);
    expectPlainly(said, new RegExp(id), /Restore a backup/);
  });

  it('says in the help of the command line what exit code 1 means', async () => {
    const { stdout } = await keepwell(folderForTest(), ['--help']);
    expect(stdout).toMatch(/\b1 failed or refused\b/);
  });
});

const cutShort = (snapshot: string): string => snapshot.slice(0, -20);

const damages: Record<string, (snapshot: string) => string> = {
  'is not JSON': cutShort,
  'names an unknown state': (snapshot) =>
    JSON.stringify({ ...JSON.parse(snapshot), value: { wanted: 'dreaming' } }),
  'is of a newer machine': (snapshot) => JSON.stringify({ ...JSON.parse(snapshot), machineVersion: 99 }),
  'has lost its context': (snapshot) =>
    JSON.stringify({ ...JSON.parse(snapshot), context: { status: 'online' } }),
};

/** Three workspaces, one of whose snapshots was damaged while the supervisor was not running. */
const openWithDamage = async (damage: (snapshot: string) => string) => {
  const test = await openForTest();
  await offerPlugin(test.program.data, 'tool', { 'tool.py': 'one\n' });
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const { id } = await test.create({ name, command: IDLE, plugins: ['local://tool'] });
    await test.settle(id);
    ids.push(id);
  }
  const [first, broken, last] = ids as [string, string, string];
  const before = await test.program.api.view(broken);
  let raw = '';
  await test.program.restartSupervisor(() => {
    const db = new Database(join(test.program.data, 'keepwell.db'));
    raw =
      db
        .prepare<[string], string>('SELECT snapshot FROM snapshots WHERE workspace_id = ?')
        .pluck()
        .get(broken) ?? '';
    raw = damage(raw);
    db.prepare('UPDATE snapshots SET snapshot = ? WHERE workspace_id = ?').run(raw, broken);
    db.close();
  });
  return { ...test, first, broken, last, before, raw };
};

describe('a stored snapshot', () => {
  it.each(Object.entries(damages))(
    'that %s costs its workspace alone, which fails with a reason until `retry`',
    async (_, damage) => {
      const { program, settle, first, broken, last, before, raw } = await openWithDamage(damage);
      expect((await program.api.request('GET', '/readyz')).status).toBe(200);
      const view = await program.api.view(broken);
      expect(view).toMatchObject({ status: 'failed', reason: { code: 'snapshot-quarantined' } });
      expect(view.reason.hint).toContain('retry');
      expect(view.incarnation).toBe(before.incarnation);
      expect(view.spec).toEqual(before.spec);
      for (const id of [first, last]) {
        expect(await settle(id)).toMatchObject({ state: 'wanted.online.converged', restarts: 1 });
      }
      const db = new Database(join(program.data, 'keepwell.db'), { readonly: true });
      const kept = db.prepare('SELECT workspace_id, raw FROM quarantine').all();
      db.close();
      expect(kept).toEqual([{ workspace_id: broken, raw }]);

      await program.api.post(`/workspaces/${broken}/retry`);
      const mended = await settle(broken);
      expect(mended).toMatchObject({ status: 'online', state: 'wanted.online.converged', reason: null });
      expect(mended.incarnation).toBe(before.incarnation + 1);
      expect(mended.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0 });
      expect(mended.observed_generation).toBe(mended.generation);
      const steps = replayJournal(program.data, broken);
      expect(steps.map(({ event }) => event)).toContain('snapshot.quarantined');
      expect(contradictions(steps)).toEqual([]);
      expect(replayed(steps)).toEqual(stored(program.data, broken));
    },
  );

  it('does not keep its workspace from being removed, agent and all', async () => {
    const { program, broken } = await openWithDamage(cutShort);
    const rows: Answer[] = await program.api.history(broken);
    const { pid } = rows.findLast(({ event }) => event === 'instance.started').cause;
    expect((await program.api.request('DELETE', `/workspaces/${broken}`)).status).toBeLessThan(300);
    await eventually('the workspace being gone', async () => {
      const { status } = await program.api.request('GET', `/workspaces/${broken}`);
      return status === 410;
    });
    await eventually('its agent being stopped', async () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });
});
