import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRepository } from '../plugins/support/git-repository.ts';
import { startGitServer } from '../plugins/support/git-server.ts';
import { scratch } from '../plugins/support/scratch.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, keepwell } from './program.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A repository on a real server, and the program, which may reach it. */
const open = async (env: Record<string, string> = {}) => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'tool'));
  const first = await repo.commit({ 'tool.py': 'one\n' });
  const server = await startGitServer(join(home, 'repos'));
  const life = await openForTest({ env: { KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true', ...env } });
  const { program, pass } = life;
  return {
    ...life,
    repo,
    /** Minutes pass, and git gets the time it really takes in each, until something is so. */
    async until(what: string, withinMs: number, isSo: () => Promise<boolean> | boolean): Promise<void> {
      for (let passed = 0; !(await isSo()); passed += MINUTE) {
        if (passed > withinMs) throw new Error(`${what} did not come within ${withinMs / MINUTE} minutes`);
        await pass(MINUTE);
        await sleep(30);
      }
    },
    outdated: async (): Promise<Answer[]> => (await program.api.get('/plugins/outdated')).items,
    first,
    source: `${server.url}/tool#main`,
    textOf: ({ id }: Answer) =>
      readFileSync(
        join(program.data, 'workspaces', id, 'configs', 'plugins', 'tool', 'tool.py'),
        'utf8',
      ).trim(),
    plugins: async (...args: string[]) => {
      const { code, stdout, stderr } = await keepwell(program.data, ['plugins', ...args]);
      return { code, stderr, lines: stdout.trim().split('\n') };
    },
  };
};

const short = (sha: string) => sha.slice(0, 12);

describe('a branch that moves', () => {
  it('is listed, may be dismissed, and is installed with `update --all`, as the lock says', async () => {
    const { create, settle, until, outdated, repo, first, source, textOf, plugins } = await open();
    const one = await create({ name: 'one', command: IDLE, plugins: [source] });
    const two = await create({ name: 'two', command: IDLE, plugins: [source] });
    const before = [await settle(one.id), await settle(two.id)];
    expect((await plugins('outdated')).lines).toEqual(['Nothing newer is known.']);
    expect((await plugins('lock', 'one')).lines[1]).toMatch(new RegExp(`^tool +${first} `));

    const second = await repo.commit({ 'tool.py': 'two\n' });
    const isKnown = (revision: string) => async () =>
      (await outdated()).filter(({ latest }) => latest === revision).length === 2;
    await until('the newer version', HOUR + 5 * MINUTE, isKnown(second));
    const listed = (await plugins('outdated')).lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 4));
    expect(listed).toEqual([
      ['one', 'tool', short(first), short(second)],
      ['two', 'tool', short(first), short(second)],
    ]);
    expect([textOf(one), textOf(two)]).toEqual(['one', 'one']);

    expect((await plugins('dismiss', 'two', 'tool')).code).toBe(0);
    expect((await plugins('outdated', 'two')).lines[1]).toContain(`${short(second)} (dismissed)`);
    expect((await plugins('update', '--all')).lines).toEqual(['one: updating tool', '1 workspace updating']);
    const after = [await settle(one.id), await settle(two.id)];
    expect([textOf(one), textOf(two)]).toEqual(['two', 'one']);
    expect(after.map(({ restarts }, at) => restarts - before[at].restarts)).toEqual([1, 0]);
    expect((await plugins('lock', 'one')).lines[1]).toMatch(new RegExp(`^tool +${second} `));
    expect((await plugins('update', '--all')).lines).toEqual(['Nothing to update.']);

    const third = await repo.commit({ 'tool.py': 'three\n' });
    await until('the newest version', HOUR + 5 * MINUTE, isKnown(third));
    expect((await plugins('update', '--all')).lines.at(-1)).toBe('2 workspaces updating');
    await settle(one.id);
    await settle(two.id);
    expect([textOf(one), textOf(two)]).toEqual(['three', 'three']);
    expect((await plugins('outdated')).lines).toEqual(['Nothing newer is known.']);
    expect((await plugins('lock', 'two')).lines[1]).toMatch(new RegExp(`^tool +${third} `));
  });

  it('is followed by itself where the declaration tracks it, with one restart', async () => {
    const { create, settle, until, repo, source, textOf } = await open({
      KEEPWELL_PLUGIN_CHECK_EVERY: '2m',
    });
    const tracked = { source, track: 'auto' };
    const one = await create({ name: 'one', command: IDLE, plugins: [tracked] });
    const two = await create({ name: 'two', command: IDLE, plugins: [tracked] });
    const waits = await create({ name: 'waits', command: IDLE, plugins: [source] });
    const before = [await settle(one.id), await settle(two.id), await settle(waits.id)];
    await repo.commit({ 'tool.py': 'two\n' });
    await until('both updates', 60 * MINUTE, () => textOf(one) === 'two' && textOf(two) === 'two');
    const after = [await settle(one.id), await settle(two.id), await settle(waits.id)];
    expect([one, two, waits].map(textOf)).toEqual(['two', 'two', 'one']);
    expect(after.map(({ restarts }, at) => restarts - before[at].restarts)).toEqual([1, 1, 0]);
  });

  it('to a version that cannot be installed is tried a few times, and the next good one is installed', async () => {
    const { program, create, settle, pass, until, repo, source, textOf } = await open({
      KEEPWELL_PLUGIN_CHECK_EVERY: '2m',
    });
    const one = await create({ name: 'one', command: IDLE, plugins: [{ source, track: 'auto' }] });
    const { restarts } = await settle(one.id);
    await repo.commit({ 'plugin.yaml': 'name: [\n' });
    const isBlocked = async () => (await settle(one.id)).state === 'wanted.online.blocked';
    await until('the failure', 60 * MINUTE, isBlocked);
    expect(await settle(one.id)).toMatchObject({
      state: 'wanted.online.blocked',
      restarts,
      plugins: { failed: 1, blocked: [{ name: 'tool', code: 'PLUGIN_MANIFEST_INVALID' }] },
    });
    expect(textOf(one)).toBe('one');
    const rows = (await program.api.history(one.id)).length;
    await pass(2 * HOUR);
    // A handful of tries, not one with every look-up.
    expect((await program.api.history(one.id)).length - rows).toBeLessThan(100);
    // Hours pass in no time here, so a try that was under way may have met its deadline: the next one says it again.
    await until('the failure', HOUR, async () => (await settle(one.id)).plugins.failed === 1);
    expect(await settle(one.id)).toMatchObject({ restarts });
    await repo.commit({ 'plugin.yaml': 'name: tool\n', 'tool.py': 'good\n' });
    await until('the good version', 40 * MINUTE, () => textOf(one) === 'good');
    const view = await settle(one.id);
    expect(view).toMatchObject({ state: 'wanted.online.converged', restarts: restarts + 1, reason: null });
  });
});
