import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createDataFolder, eventually, keepwell, type Program, startProgram, stopAgents } from './program.ts';

const cleanUps: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

type Finding = { id: string; verdict: string; message: string; hint: string | null; fix: string | null };
const doctor = async (data: string, ...words: string[]) => {
  const { code, stdout } = await keepwell(data, ['doctor', '--json', ...words]);
  const told = JSON.parse(stdout) as { running: object | null; findings: Finding[]; fixed: object[] };
  return { code, ...told, of: (id: string) => told.findings.filter((one) => one.id === id) };
};

describe('keepwell doctor', () => {
  it('works while the supervisor runs, after it was killed, and mends what that left', async () => {
    const folder = createDataFolder();
    const data = folder.path;
    cleanUps.push(folder.remove, () => stopAgents(data));
    const program: Program = await startProgram({ data });
    cleanUps.push(() => program.stop());
    await program.api.post('/workspaces', { name: 'good', external: true });
    await program.api.post('/workspaces', { name: 'bad', command: ['/no/such/program'] });
    await eventually('bad being failed', async () => (await program.api.view('bad')).status === 'failed');

    const running = await doctor(data);
    expect(running.running).toMatchObject({ pid: program.child.pid, url: program.api.url });
    expect(running.of('supervisor')).toMatchObject([{ verdict: 'ok' }]);
    const why = await program.api.get('/workspaces/bad/why');
    expect(running.of('workspaces')).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining(why.reason.message) },
    ]);
    expect(running.code).toBe(1);

    // What must not happen under a supervisor is refused; the rest is done.
    chmodSync(join(data, 'keepwell.db'), 0o644);
    mkdirSync(join(data, 'workspaces', 'stray'), { recursive: true });
    const fixing = await doctor(data, '--fix');
    expect(fixing.fixed).toMatchObject([
      { id: 'data.secret-files', done: true },
      { id: 'workspaces.folders', done: false, did: expect.stringContaining('Another supervisor') },
    ]);
    expect(statSync(join(data, 'keepwell.db')).mode & 0o777).toBe(0o600);
    expect((await program.api.request('GET', '/readyz')).status).toBe(200);

    await program.kill9();
    const killed = await doctor(data);
    expect(killed.running).toBeNull();
    expect(killed.of('supervisor').map(({ verdict }) => verdict)).toEqual(['ok', 'warning', 'warning']);
    expect(killed.of('workspaces')).toHaveLength(1);
    const fixed = await doctor(data, '--fix');
    expect(fixed.of('supervisor').map(({ verdict }) => verdict)).toEqual(['ok']);
    expect(existsSync(join(data, 'workspaces', 'stray'))).toBe(false);

    const again = await startProgram({ data });
    cleanUps.push(() => again.stop());
    await again.api.post('/workspaces/bad/retry');
    await again.api.request('DELETE', '/workspaces/bad');
    expect(await doctor(data)).toMatchObject({ code: 0 });
    // A supervisor whose address nobody can read.
    const serverFile = join(data, 'server.json');
    expect(readFileSync(serverFile, 'utf8')).toContain('url');
    rmSync(serverFile);
    expect((await doctor(data)).of('supervisor')).toMatchObject([{ verdict: 'warning' }]);
  });

  it('is read at 80 columns, without colour where nobody would see it', async () => {
    const folder = createDataFolder();
    cleanUps.push(folder.remove);
    const { code, stdout } = await keepwell(folder.path, ['doctor']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 80 && !line.includes(folder.path))).toEqual([]);
    expect(stdout).not.toContain('\u001b');
    expect(lines.at(-2)).toMatch(/^(Nothing is wrong\.|0 problems, .*)$/);
  });
});
