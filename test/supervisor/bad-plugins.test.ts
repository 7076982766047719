import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { type Bench, openBench } from './bench.ts';

const STEP = 5 * SECOND;
const BUDGET = 3;

const declared = (...names: string[]) => names.map((name) => ({ name, source: `local://${name}` }));

/** An agent that loads its plugins when it starts, and exits at once with a bad one. Gives its starts. */
const playAgent = (bench: Bench, id: string, isBad: (plugin: string) => boolean) => {
  const starts: { at: number; plugins: string[]; crashes: boolean }[] = [];
  bench.instances.hooks.onStart = ({ workspaceId }) => {
    const plugins = bench.plugins.inForceOf(workspaceId);
    starts.push({ at: bench.clock.now(), plugins, crashes: plugins.some(isBad) });
  };
  return {
    starts,
    /** Time passes; it beats, or exits, as what it loaded makes it. */
    async live(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += STEP) {
        if (bench.instances.runningOf(id) !== null) {
          if (starts.at(-1)?.crashes) bench.instances.exit(id);
          else await bench.beat(id);
        }
        await bench.pass(STEP);
      }
    },
  };
};

const notesOf = (bench: Bench, id: string, event: string) =>
  bench.journal(id).filter((row) => row.event === event);

/** Plugin-caused restarts in the worst ten minutes. */
const mostCrashesIn10Min = (starts: { at: number; crashes: boolean }[]) =>
  Math.max(
    0,
    ...starts.map(
      ({ at }) => starts.filter((one) => one.crashes && one.at >= at && one.at < at + 10 * MINUTE).length,
    ),
  );

/** A workspace that is good with `good`. Its agent crashes with what is bad. */
const openGood = async (good: string[], isBad: (plugin: string) => boolean) => {
  const bench = await openBench();
  const id = await bench.create({ plugins: declared(...good) });
  const agent = playAgent(bench, id, isBad);
  // The first one was started before anybody played it.
  await bench.beat(id);
  await agent.live(10 * MINUTE);
  expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', plugins: { good: 1 } });
  return { bench, id, agent };
};

describe('a bad plugin', () => {
  it('that is added to a good set is rolled back and quarantined, and the agent goes on with the others', async () => {
    const { bench, id, agent } = await openGood(['a', 'b'], (plugin) => plugin === 'bad@1');
    await bench.change(id, { plugins: declared('a', 'b', 'bad') });
    await agent.live(5 * MINUTE);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      reason: { code: 'plugins-held', message: expect.stringContaining('bad') },
      plugins: { installed: 2, held: [{ name: 'bad', why: 'quarantined' }] },
    });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'b@1']);
    expect(mostCrashesIn10Min(agent.starts)).toBeLessThanOrEqual(BUDGET + 1);
    expect(notesOf(bench, id, 'plugins.held')).toHaveLength(1);
    expect(notesOf(bench, id, 'plugins.rolledBack')).toHaveLength(1);
    expect(bench.supervisor.why(id).text).toMatch(/Quarantined.*bad/);
    const { incarnation } = bench.view(id);
    await agent.live(60 * MINUTE);
    expect(bench.view(id)).toMatchObject({ incarnation, state: 'wanted.online.converged' });
  });

  it('among three of a new workspace is found, and the other two are put back', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: declared('a', 'bad', 'c') });
    const agent = playAgent(bench, id, (plugin) => plugin === 'bad@1');
    await bench.beat(id);
    await agent.live(60 * MINUTE);
    expect(bench.plugins.inForceOf(id).toSorted()).toEqual(['a@1', 'c@1']);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      plugins: { held: [{ name: 'bad', why: 'quarantined' }], installed: 2 },
    });
    expect(mostCrashesIn10Min(agent.starts)).toBeLessThanOrEqual(BUDGET + 1);
  });

  it('is found twice when there are two among five', async () => {
    const { bench, id, agent } = await openGood(['base'], (plugin) => /^(x|z)@/.test(plugin));
    await bench.change(id, { plugins: declared('base', 'v', 'w', 'x', 'y', 'z') });
    await agent.live(3 * 60 * MINUTE);
    const { held } = bench.view(id).plugins;
    expect(held.map(({ name, why }) => [name, why])).toEqual([
      ['x', 'quarantined'],
      ['z', 'quarantined'],
    ]);
    expect(bench.plugins.inForceOf(id).toSorted()).toEqual(['base@1', 'v@1', 'w@1', 'y@1']);
  });

  it('is rolled back although the good set holds what is not declared any more, which then goes', async () => {
    const { bench, id, agent } = await openGood(['a', 'b'], (plugin) => plugin === 'bad@1');
    await bench.change(id, { plugins: declared('a', 'bad') });
    await agent.live(30 * MINUTE);
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1']);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      plugins: { held: [{ name: 'bad', why: 'quarantined' }], installed: 1 },
    });
    expect(mostCrashesIn10Min(agent.starts)).toBeLessThanOrEqual(BUDGET + 1);
    const { incarnation } = bench.view(id);
    await agent.live(60 * MINUTE);
    expect(bench.view(id)).toMatchObject({ incarnation, state: 'wanted.online.converged' });
  });

  it('is cleared by its next good version', async () => {
    const { bench, id, agent } = await openGood(['a'], (plugin) => plugin === 'bad@1');
    await bench.change(id, { plugins: declared('a', 'bad') });
    await agent.live(5 * MINUTE);
    bench.plugins.versions.set('bad', 2);
    await bench.supervisor.updatePlugins(id, ['bad']);
    await agent.live(2 * MINUTE);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      reason: null,
      plugins: { installed: 2, held: [] },
    });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'bad@2']);
  });

  it('that was released is installed again, and found again', async () => {
    const { bench, id, agent } = await openGood(['a'], (plugin) => plugin === 'bad@1');
    await bench.change(id, { plugins: declared('a', 'bad') });
    await agent.live(15 * MINUTE);
    await bench.supervisor.releasePlugin(id, 'bad');
    await agent.live(15 * MINUTE);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      plugins: { held: [{ name: 'bad', why: 'quarantined' }] },
    });
    expect(notesOf(bench, id, 'plugins.rolledBack')).toHaveLength(2);
    await expect(bench.supervisor.releasePlugin(id, 'a')).rejects.toMatchObject({ code: 'PLUGIN_NOT_HELD' });
  });

  it('that keeps the agent from ever beating is rolled back when its time to start is over', async () => {
    const { bench, id } = await openGood(['a'], () => false);
    await bench.change(id, { plugins: declared('a', 'hangs') });
    await bench.pass(13 * MINUTE);
    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({ plugins: { held: [{ name: 'hangs', why: 'quarantined' }] } });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1']);
  });

  it.each([1, 2, 3, 4, 6, 8, 12, 20, 40])(
    'is found although the supervisor is restarted after %i steps',
    async (steps) => {
      const { bench, id, agent } = await openGood(['a'], (plugin) => plugin === 'bad@1');
      await bench.change(id, { plugins: declared('a', 'bad') });
      await agent.live(steps * STEP);
      await bench.restartSupervisor();
      await agent.live(15 * MINUTE);
      expect(bench.view(id)).toMatchObject({
        state: 'wanted.online.converged',
        plugins: { held: [{ name: 'bad', why: 'quarantined' }], installed: 1 },
      });
      expect(bench.plugins.inForceOf(id)).toEqual(['a@1']);
    },
  );
});

describe('plugins that have nothing to do with it', () => {
  it('are set free when the agent crashes without them too, and the workspace is given up as a crash loop', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: declared('a', 'b') });
    await bench.beat(id);
    for (let step = 0; step < 400 && bench.view(id).status !== 'failed'; step += 1) {
      if (bench.instances.runningOf(id) !== null) bench.instances.exit(id);
      await bench.pass(STEP);
    }
    expect(bench.view(id)).toMatchObject({
      status: 'failed',
      reason: { code: 'crash-loop' },
      plugins: { held: [] },
    });
  });

  it('are not blamed for a crash after they have lasted', async () => {
    const { bench, id, agent } = await openGood(['a'], () => false);
    for (let crash = 0; crash < 4; crash += 1) {
      bench.instances.exit(id);
      await agent.live(2 * MINUTE);
    }
    expect(bench.view(id)).toMatchObject({ status: 'online', plugins: { held: [], generation: 1 } });
  });
});

describe('a rollback that an operator asks for', () => {
  it('goes to the generation before, and holds what it takes away', async () => {
    const { bench, id, agent } = await openGood(['a'], () => false);
    await bench.change(id, { plugins: declared('a', 'b') });
    await agent.live(MINUTE);
    await bench.supervisor.rollback(id, null);
    await agent.live(MINUTE);
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1']);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      plugins: { generation: 3, held: [{ name: 'b', why: 'rolled-back' }] },
    });
    await bench.supervisor.releasePlugin(id, 'b');
    await agent.live(MINUTE);
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'b@1']);
    expect(bench.view(id)).toMatchObject({ reason: null, plugins: { held: [], installed: 2 } });
  });

  it('refuses a generation that is not there, and one that is in force', async () => {
    const { bench, id } = await openGood(['a'], () => false);
    const refused = (to: number | null) => bench.supervisor.rollback(id, to);
    await expect(refused(7)).rejects.toMatchObject({ code: 'PLUGIN_GENERATION_NOT_FOUND' });
    await expect(refused(null)).rejects.toMatchObject({ code: 'PLUGIN_GENERATION_NOT_FOUND' });
    await expect(refused(1)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await bench.act(id, 'pause');
    await expect(refused(0)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });
});
