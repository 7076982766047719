import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Case, expectThat, NotApplicable, type Result } from '../../../src/testing/conform/case.ts';
import { resultLines, summaryLine } from '../../../src/testing/conform/report.ts';
import { runCases } from '../../../src/testing/conform/run-cases.ts';

type World = { open: Set<string>; name: string };

const caseOf = (id: string, run: (world: World) => Promise<void> | void): Case<World> => ({
  id,
  title: `It does ${id}`,
  run: async (world) => run(world),
});

const runAll = async (cases: Case<World>[], options: Partial<Parameters<typeof runCases>[2]> = {}) => {
  const open = new Set<string>();
  const told: string[] = [];
  const results = await runCases(
    cases,
    async (name) => {
      open.add(name);
      return { world: { open, name }, close: async () => void open.delete(name) };
    },
    {
      parallel: 2,
      caseWithinMs: 5_000,
      signal: new AbortController().signal,
      onResult: ({ id }) => told.push(id),
      ...options,
    },
  );
  return { results, told, open };
};

const brief = (results: Result[]) => results.map(({ outcome, expected, seen }) => [outcome, expected, seen]);

describe('cases that are run', () => {
  it('pass, fail with what was expected and seen, or do not apply', async () => {
    const { results, open } = await runAll([
      caseOf('a/well', () => {}),
      caseOf('a/unmet', () => expectThat(false, 'one above two', { one: 1 })),
      caseOf('a/elsewhere', () => {
        throw new NotApplicable('There is none.');
      }),
      caseOf('a/broken', () => {
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      }),
    ]);
    expect(brief(results)).toEqual([
      ['passed', null, null],
      ['failed', 'one above two', '{"one":1}'],
      ['skipped', null, 'There is none.'],
      ['failed', 'an answer', 'fetch failed: ECONNRESET'],
    ]);
    expect([...open]).toEqual([]);
  });

  it('are told in their order, whichever ends first', async () => {
    const { told } = await runAll([
      caseOf('a/slow', async () => pause(60)),
      caseOf('a/quick', () => {}),
      caseOf('a/last', () => {}),
    ]);
    expect(told).toEqual(['a/slow', 'a/quick', 'a/last']);
  });

  it('are so many at a time, and each has a world of its own', async () => {
    let most = 0;
    const names = ['1', '2', '3', '4', '5'];
    const { results } = await runAll(
      names.map((name) =>
        caseOf(name, async (world) => {
          expect(world.name).toBe(name);
          most = Math.max(most, world.open.size);
          await pause(10);
        }),
      ),
      { parallel: 3 },
    );
    expect(most).toBe(3);
    expect(results.every(({ outcome }) => outcome === 'passed')).toBe(true);
  });

  it('have failed when they do not end, and are closed all the same', async () => {
    const { results, open } = await runAll([caseOf('a/endless', () => new Promise(() => {}))], {
      caseWithinMs: 50,
    });
    expect(brief(results)).toEqual([['failed', 'an end of the case', 'it was still waiting after 0.05 s']]);
    expect([...open]).toEqual([]);
  });

  it('end when they are interrupted, leave nothing open and say nothing of the rest', async () => {
    const stop = new AbortController();
    const running = runAll(
      [
        caseOf('a/first', () => {}),
        caseOf('a/endless', () => new Promise(() => {})),
        caseOf('a/never', () => {}),
      ],
      { parallel: 1, signal: stop.signal },
    );
    await pause(30);
    stop.abort();
    const { results, open } = await running;
    expect(results.map(({ id }) => id)).toEqual(['a/first']);
    expect([...open]).toEqual([]);
  });

  it('say a long answer in few words', async () => {
    const { results } = await runAll([caseOf('a/long', () => expectThat(false, 'less', 'x'.repeat(5_000)))]);
    expect(results[0]?.seen?.length).toBeLessThan(500);
  });
});

describe('a report', () => {
  const result: Result = {
    id: 'a/b',
    title: 'It does',
    outcome: 'failed',
    expected: '200',
    seen: '409',
    ms: 3,
  };

  it('is one line for what passed, and says of the rest what was expected and seen, or why it was not run', () => {
    expect(resultLines({ ...result, outcome: 'passed' })).toEqual(['✓ a/b  It does']);
    expect(resultLines(result)).toEqual(['✗ a/b  It does', '    expected: 200', '    seen:     409']);
    expect(resultLines({ ...result, outcome: 'skipped', seen: 'There is none.' })).toEqual([
      '– a/b  It does',
      '    not run: There is none.',
    ]);
  });

  it('ends with the numbers', () => {
    expect(summaryLine([result, { ...result, outcome: 'passed' }], 1_234)).toBe(
      '1 passed, 1 failed, 0 not run, in 1.2 s',
    );
  });
});
