import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
let folder: string;
beforeEach(async () => {
  fake = await openFakeSupervisor();
  folder = mkdtempSync(join(tmpdir(), 'keepwell-machine-'));
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli(['--url', fake.url, '--token', 't', ...args]);
const LIGHT = { name: 'light', description: 'It changes.', states: 2, transitions: 3 };

describe('keepwell machine', () => {
  it('lists the machines', async () => {
    fake.answer('GET /machines', { body: { items: [LIGHT] } });
    const { lines } = await run('machine');
    expect(lines[0]).toMatch(/^NAME +STATES +TRANSITIONS +DESCRIPTION/);
    expect(lines[1]).toMatch(/^light +2 +3 +It changes\.$/);
    expect(JSON.parse((await run('machine', '--json')).stdout)).toEqual({ items: [LIGHT] });
  });

  it('prints one as it comes, or writes it to a file', async () => {
    fake.answer('GET /machines/light', { body: { id: 'light' } });
    expect(JSON.parse((await run('machine', 'light')).stdout)).toEqual({ id: 'light' });
    const file = join(folder, 'light.svg');
    const { code, stdout } = await run('machine', 'light', '--format', 'svg', '-o', file);
    expect([code, stdout]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ id: 'light' });
  });

  it('says so when the file cannot be written, and when there is no such machine', async () => {
    fake.answer('GET /machines/light', { body: {} });
    const unwritable = await run('machine', 'light', '-o', join(folder, 'no', 'light.json'));
    expect([unwritable.code, unwritable.stderr]).toEqual([1, expect.stringContaining('cannot be written')]);
    fake.answer('GET /machines/dark', {
      status: 404,
      body: { error: 'There is no machine called "dark".', code: 'MACHINE_NOT_FOUND' },
    });
    expect((await run('machine', 'dark')).code).not.toBe(0);
    expect((await run('machine', 'light', '--format', 'pdf')).code).toBe(2);
  });
});
