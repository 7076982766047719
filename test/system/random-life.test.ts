import { afterAll, describe, expect, it } from 'vitest';
import { leafOf } from '../../machines/walk.ts';
import { allStateNodes, printTally } from '../machines/coverage.ts';
import { livingInstances } from './instances.ts';
import type { Answer } from './program.ts';
import { beginLife, type Life, seededDice } from './random-life.ts';
import { contradictions, replayed, replayJournal, type Step, stored } from './replay.ts';

const SEEDS = [7, 2030, 31_337];
const ACTIONS = 200;
const REMOVED_AFTER = 120;
const STILL_FOR_MS = 30 * 60_000;

/** Numbers of a workspace that only rise. */
type Highest = { incarnation: number; generation: number };

const leaves = new Set(
  allStateNodes()
    .filter(
      ({ type, path }) => (type === 'atomic' || type === 'final') && path.join('.') !== 'wanted.starting',
    )
    .map(({ path }) => path.join('.')),
);
const visited = new Set<string>();

afterAll(() => {
  printTally('states in random lives', { all: leaves, covered: visited });
  expect(visited.size).toBeGreaterThanOrEqual(12);
});

describe.each(SEEDS)('a long random life (seed %i)', (seed) => {
  it('keeps every promise, and its journal leads to what is stored', async () => {
    const dice = seededDice(seed);
    const life = await beginLife(dice);
    const highest = new Map<string, Highest>();
    for (let count = 1; count <= ACTIONS; count += 1) {
      const id = await life.live();
      if (count === REMOVED_AFTER) await life.remove(life.gone);
      for (const each of life.ids) expectNeverTwoInstances(each);
      // Now and then the next thing happens while this one is under way.
      if (dice.roll() < 0.7) await expectPromisesKept(life, id, await life.quiet(id));
      await expectOnlyRising(life, id, highest);
    }
    await life.comeToRest();
    await expectStillness(life);
    await expectGoneForGood(life);
    expect(life.watch.violations).toEqual([]);
    await life.program.restartSupervisor(() => {
      for (const id of life.ids) expectJournalTellsAll(life, id);
    });
    for (const id of life.ids) {
      for (const { to } of replayJournal(life.program.data, id)) visited.add(to);
    }
  });
});

const expectNeverTwoInstances = (id: string) => {
  expect(new Set(livingInstances(id).map(({ incarnation }) => incarnation)).size).toBeLessThanOrEqual(1);
};

/** What must be true of a workspace for which nothing is under way. */
const expectPromisesKept = async (life: Life, id: string, view: Answer) => {
  if (view.state === 'removed') return;
  const why = await life.program.api.get(`/workspaces/${id}/why`);
  expectOwnerAndDeadline(why);
  if (why.state.startsWith('wanted.online.')) await expectInstalledOrExplained(life, id);
};

/** Every state that waits says for whom or until when, and what an operator can do. */
const expectOwnerAndDeadline = ({ state, status, next, operator, rule }: Answer) => {
  const events = next.map(({ event }: Answer) => event);
  const verbs = operator.map(({ verb }: Answer) => verb);
  expect(rule).toMatch(/\w/);
  expect(verbs).toContain('remove');
  if (state === 'resting.paused') expect(verbs).toContain('resume');
  else if (state === 'resting.hibernated') expect(verbs).toContain('wake');
  else if (status === 'failed') expect(verbs).toContain('retry');
  else if (status === 'awaiting_agent') expect(events).toContain('heartbeat.received');
  else expect([state, next.some(({ when }: Answer) => when !== null)]).toEqual([state, true]);
};

/** What is declared is on the disk, byte for byte, or the view says why not and when it is tried again. */
const expectInstalledOrExplained = async ({ program, tampered }: Life, id: string) => {
  const { declared, installed, blocked, held } = await program.api.get(`/workspaces/${id}/plugins`);
  const view = await program.api.view(id);
  if (!view.state.startsWith('wanted.online.') || view.state.endsWith('reconciling')) return;
  const whole = installed.plugins.filter(({ intact }: Answer) => intact);
  const missing = declared.filter(
    ({ name, source }: Answer) => !whole.some((each: Answer) => each.name === name && each.source === source),
  );
  const unexplained = missing.filter(
    ({ name }: Answer) => ![...blocked, ...held].some((each: Answer) => each.name === name),
  );
  if (tampered.has(id) && unexplained.length > 0) return;
  tampered.delete(id);
  // A reconcile that was given up as a whole says so for all of them.
  if (blocked.length === 0 && view.reason?.code === 'plugins-blocked') {
    expect(view.deadline).toMatchObject({ name: 'retryAt' });
    return;
  }
  expect([view.state, unexplained]).toEqual([view.state, []]);
  for (const { code, message, attempt, retry_at } of blocked) {
    expect([code, message]).toEqual([expect.stringMatching(/^[A-Z_]+$/), expect.stringMatching(/\w/)]);
    expect(attempt).toBeGreaterThanOrEqual(1);
    expect(Date.parse(retry_at)).toBeGreaterThanOrEqual(program.clock.now());
  }
};

const expectOnlyRising = async (life: Life, id: string, highest: Map<string, Highest>) => {
  const { incarnation, generation } = await life.view(id);
  if (incarnation === undefined) return;
  const before = highest.get(id) ?? { incarnation: 0, generation: 0 };
  expect(incarnation).toBeGreaterThanOrEqual(before.incarnation);
  expect(generation).toBeGreaterThanOrEqual(before.generation);
  highest.set(id, { incarnation, generation });
};

/** Once everything is in place nothing is fetched, installed or restarted, however often it is looked at. */
const expectStillness = async ({ program, ids, removed, watch, pass, quiet }: Life) => {
  const wanted = ids.filter((id) => !removed.has(id));
  const facts = async () => {
    const views = await Promise.all(wanted.map(quiet));
    // That a plugin generation lasts is all that may become known meanwhile.
    return views.map(({ state, incarnation, restarts, plugins }) => ({
      state,
      incarnation,
      restarts,
      plugins: { ...plugins, good: 'at any time' },
    }));
  };
  const looksAt = (id: string) =>
    replayJournal(program.data, id).filter(({ event }) => event === 'reconcile.settled').length;
  const looked = wanted.map(looksAt);
  const before = { views: await facts(), counts: { ...watch.counts } };
  await pass(STILL_FOR_MS);
  expect({ views: await facts(), counts: watch.counts }).toEqual(before);
  for (const [index, id] of wanted.entries()) expect(looksAt(id)).toBeGreaterThan((looked[index] ?? 0) + 4);
};

const expectGoneForGood = async ({ program, gone, beat, quiet }: Life) => {
  await quiet(gone);
  for (const verb of ['resume', 'restart', 'retry', 'wake', 'reconcile']) {
    expect((await program.api.request('POST', `/workspaces/${gone}/${verb}`)).status).toBe(410);
  }
  // Its token went with it.
  expect([401, 410]).toContain((await beat(gone)).status);
  expect((await program.api.request('GET', `/workspaces/${gone}`)).status).toBe(410);
  expect(livingInstances(gone)).toEqual([]);
  expect((await program.api.history(gone)).at(-1)).toMatchObject({ to: 'removed', kind: 'transition' });
};

const expectJournalTellsAll = ({ program: { data } }: Life, id: string) => {
  const steps = replayJournal(data, id);
  expect(steps.length).toBeGreaterThan(3);
  expect(contradictions(steps)).toEqual([]);
  expect(replayed(steps)).toEqual(stored(data, id));
  expect(steps.map(({ seq }) => seq)).toEqual(steps.map(({ seq }) => seq).toSorted((a, b) => a - b));
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined) expectOneOutcome(before, step);
    if (before !== undefined) expectRestartsAccountedFor(before, step);
  }
};

/** Every entry into online begins one reconcile, and it has one outcome before the next one begins. */
const expectOneOutcome = (before: Step, { seq, event, snapshot }: Step) => {
  const [was, is] = [before.snapshot.context.reconcile, snapshot.context.reconcile];
  const reconciles = leafOf(snapshot.value) === 'wanted.online.reconciling';
  expect([seq, is.outcome === 'running']).toEqual([seq, reconciles]);
  expect([seq, is.run - was.run]).toEqual([seq, is.run > was.run ? 1 : 0]);
  if (is.run > was.run) {
    // One that was running ended by being left: it was superseded.
    expect(was.outcome === 'running').toBe(leafOf(before.snapshot.value) === 'wanted.online.reconciling');
  } else if (is.outcome !== was.outcome) {
    expect([seq, was.outcome]).toEqual([seq, 'running']);
    expect(['settled', 'failed', 'superseded']).toContain(is.outcome);
    expect(is.outcome === 'settled').toBe(event === 'reconcile.settled');
  }
};

/** A restart is begun only when one is owed, and the new incarnation pays for all that were asked for until then. */
const expectRestartsAccountedFor = (before: Step, { seq, from, to, event, snapshot }: Step) => {
  const [was, is] = [before.snapshot.context, snapshot.context];
  expect(is.restart.served).toBeLessThanOrEqual(is.restart.wanted);
  expect(is.restart.wanted).toBeGreaterThanOrEqual(was.restart.wanted);
  if (is.incarnation > was.incarnation) {
    expect([seq, is.incarnation - was.incarnation, is.restart.served]).toEqual([seq, 1, is.restart.wanted]);
  }
  if (to === 'wanted.restarting' && /^wanted\.(online|degraded)/.test(from ?? '')) {
    expect([seq, event, is.restart.wanted > is.restart.served]).toEqual([seq, event, true]);
  }
  const isRolledBack =
    event === 'rollback.settled' && ['wanted.provisioning', 'wanted.awaitingAgent'].includes(to);
  const restarted = from === 'wanted.restarting' && is.incarnation > was.incarnation;
  expect([seq, is.restarts - was.restarts]).toEqual([seq, restarted || isRolledBack ? 1 : 0]);
};
