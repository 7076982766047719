import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BacktestWire, VerdictWire } from '../../src/http/schemas/backtest.ts';
import { at, type FakeSupervisor, openFakeSupervisor } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
beforeEach(async () => {
  fake = await openFakeSupervisor();
});
afterEach(() => fake.close());

const run = (...args: string[]) => runCli(['--url', fake.url, 'backtest', ...args]);
const DAY = 86_400_000;

const verdict = (value: string | null, mistaken: number, real: number, worst?: number): VerdictWire => ({
  offline_after: value,
  offlines: mistaken + real,
  false_offlines: mistaken,
  real_offlines: real,
  silent_offlines: worst === undefined ? 0 : 1,
  noticed_after: worst === undefined ? null : { median_seconds: 0, worst_seconds: worst },
});
const seen = {
  minutes: 9_000,
  beats: 1_234_567,
  first_at: at(18 * DAY),
  last_at: at(30 * DAY),
  journal_since: null,
};

const answer = (more: Partial<BacktestWire> = {}): BacktestWire => ({
  since: at(0),
  until: at(30 * DAY),
  least_seconds: 60,
  seen: { workspaces: 3, left_out: 0, ...seen, longest_gap_ms: 95_000 },
  now: verdict('3m', 0, 2, 180),
  proposed: verdict('60s', 3, 2, 60),
  suggested: verdict('2m', 0, 2, 120),
  items: [
    {
      id: 'w2',
      name: 'shaky',
      ...seen,
      longest_gap_ms: 95_000,
      now: verdict('3m', 0, 0),
      proposed: verdict('60s', 3, 0),
      suggested: verdict('2m', 0, 0),
    },
    {
      id: 'w1',
      name: 'calm',
      ...seen,
      longest_gap_ms: 1_000,
      now: verdict('3m', 0, 2),
      proposed: verdict('60s', 0, 2),
      suggested: verdict('60s', 0, 2),
    },
  ],
  ...more,
});
const tell = (more: Partial<BacktestWire> = {}) => fake.answer('GET /backtest', { body: answer(more) });

describe('backtest', () => {
  it('shows what each value comes to, who would differ, what to do, and what the figures stand on', async () => {
    tell();
    const { code, lines } = await run('--offline-after', '60s', '--since', '30d');
    expect([code, lines]).toEqual([
      0,
      [
        '           OFFLINE AFTER  OFFLINES  FALSE  REAL  NOTICED AFTER  AT WORST',
        'now                   3m         2      0     2        at once        3m',
        'proposed             60s         5      3     2        at once        1m',
        'suggested             2m         2      0     2        at once        2m',
        'WORKSPACE             OFFLINE AFTER  OFFLINES  FALSE  REAL  NOTICED AFTER  AT WORST',
        'shaky      now                   3m         0      0     0              –         –',
        '           proposed             60s         3      3     0              –         –',
        '           suggested             2m         0      0     0              –         –',
        '60s would have been wrong 3 times, against none now. offline_after could be 2m without a false alarm in ' +
          'that time (the longest silence was 1m 35s). 1 silence ended with a restart or not at all: whether the ' +
          'agent would have come back is not known.',
        'Seen: 12d, 3 workspaces, 1.2 M beats in 9.0 k minutes; gaps while Keepwell itself was not running are left ' +
          'out. No lease is shorter than two intervals, 60 s now.',
      ],
    ]);
    expect(fake.seen[0]?.query).toEqual({ offline_after: '60s', since: '30d' });
  });

  it('asks about the workspaces that are named, and proposes nothing by itself', async () => {
    tell({ proposed: null });
    const { lines } = await run('calm', 'shaky');
    expect(lines.some((line) => line.startsWith('proposed'))).toBe(false);
    // A repeated parameter: the last one is what this fake remembers.
    expect(fake.seen[0]?.query).toEqual({ since: '30d', workspace: 'shaky' });
  });

  it.each([
    [
      'a value that was wrong',
      { now: verdict('30s', 2, 0), proposed: null },
      'Set offline_after to 2m: nobody who was alive would have been taken for offline (the longest silence was 1m 35s).',
    ],
    [
      'a value that is right',
      { now: verdict('2m', 0, 0), proposed: verdict('5m', 0, 0) },
      '5m would have done no harm. Keep offline_after at 2m (the longest silence was 1m 35s).',
    ],
  ])('advises on %s', async (_, changes, sentence) => {
    tell(changes);
    expect((await run()).lines).toContain(sentence);
  });

  it('says when that is little to judge by, when the journal is shorter, and whom it did not look at', async () => {
    const short = {
      ...answer().seen,
      first_at: at(30 * DAY - 7_200_000),
      journal_since: at(29 * DAY),
      left_out: 4,
    };
    tell({ seen: short, now: verdict(null, 0, 0) });
    const { lines } = await run();
    expect(lines.at(-1)).toContain('Seen: 2h, 3 workspaces');
    expect(lines.at(-1)).toContain('4 more workspaces were not looked at: name those that matter.');
    expect(lines.at(-1)).toContain('Real ones are known of the last 1d only.');
    expect(lines.at(-1)).toContain('That is little to judge by.');
    expect(lines.some((line) => line.includes('various'))).toBe(true);
  });

  it('gives programs all of it', async () => {
    tell();
    expect(JSON.parse((await run('--json')).stdout)).toEqual(answer());
  });

  it('passes on that too little is known', async () => {
    const body = { error: 'Too little was heard.', code: 'BACKTEST_TOO_LITTLE', hint: 'Ask again later.' };
    fake.answer('GET /backtest', { status: 409, body });
    const { code, stderr } = await run();
    expect([code, stderr]).toEqual([1, 'error: Too little was heard.\nhint: Ask again later.\n']);
  });

  it.each([
    ['--offline-after', 'soon'],
    ['--offline-after', '0s'],
    ['--since', '400d'],
  ])('refuses %s %s before it asks anybody', async (...given) => {
    const { code, stderr } = await run(...given);
    expect(code).toBe(2);
    expect(stderr).toContain('Write it like 60s, 12h or 30d.');
    expect(fake.seen).toEqual([]);
  });
});
