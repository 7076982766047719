import { describe, expect, it } from 'vitest';
import { describeRow } from '../../src/cli/describe-row.ts';
import { humanDuration, humanMoment } from '../../src/cli/humanise.ts';
import { renderTable } from '../../src/cli/table.ts';
import type { WireRow } from '../../src/cli/wire.ts';
import { wrapHanging } from '../../src/cli/wrap-hanging.ts';
import { closest } from '../../src/closest.ts';
import { at } from './fake-supervisor.ts';

const rowOf = (event: string, changes: Partial<WireRow> = {}): WireRow => ({
  seq: 1,
  at: at(0),
  workspace_id: 'w',
  event,
  from: 'wanted.online.reconciling',
  to: 'wanted.online.reconciling',
  kind: 'transition',
  reason: null,
  cause: null,
  ...changes,
});
const say = (event: string, cause: unknown = null, changes: Partial<WireRow> = {}) =>
  describeRow(rowOf(event, { cause, ...changes })).text;

const failure = { code: 'crash-loop', message: 'It went down 6 times.', hint: null };

describe('a journal row in words', () => {
  it.each([
    ['instance.exited', { code: 1, signal: null }, 'process exited with code 1'],
    ['instance.exited', { code: null, signal: 'SIGKILL' }, 'process ended by SIGKILL'],
    ['instance.exited', { code: null, signal: null }, 'process is gone'],
    ['instance.adopted', { pid: 7, incarnation: 2 }, 'process found running (pid 7, incarnation 2)'],
    ['spec.changed', { generation: 3, restart: true }, 'spec changed (generation 3), restart needed'],
    [
      'plugins.planned',
      { add: ['a', 'b'], update: [], remove: ['c'] },
      'plugins planned: add a, b; remove c',
    ],
    ['plugin.fetched', { name: 'a', revision: 'abcdef0123456789' }, 'plugin a fetched at abcdef012345'],
    ['plugin.failed', { name: 'a', message: 'Not there.' }, 'plugin a failed: Not there.'],
    [
      'plugins.blocked',
      { plugins: [{ name: 'a', attempt: 2, retryAt: 1_000 }] },
      'not installed after try 2: a, again at 1970-01-01T00:00:01.000Z',
    ],
    ['plugins.switched', { generation: 2, changed: ['a'] }, 'plugins installed: a (set 2)'],
    [
      'provision.settled',
      { output: { kind: 'declined', message: 'No such program.' } },
      'not started: No such program.',
    ],
    ['stop.failed', { error: 'Error: no' }, 'stop failed: Error: no'],
    ['deadline.passed', { deadline: 'restartAt' }, 'waited long enough, starting it again'],
    ['deadline.passed', { deadline: 'teaAt' }, 'deadline teaAt passed'],
    [
      'reconcile.settled',
      { output: { changed: [], failed: [], error: { message: 'Disk full.' } } },
      'plugins settled: Disk full.',
    ],
    [
      'brand.new',
      { type: 'brand.new', at: 1, roll: 0.5, colour: 'blue', deep: { a: 1 } },
      'brand.new colour=blue deep={"a":1}',
    ],
    ['brand.new', 'text', 'brand.new'],
  ])('%s %j reads as words', (event, cause, words) => {
    expect(say(event, cause)).toBe(words);
  });

  it('says why a workspace got into trouble, once, and only on the way in', () => {
    const into = { from: 'wanted.offline', to: 'wanted.failed', reason: failure };
    expect(say('deadline.passed', { deadline: 'provisionBy' }, into)).toBe(
      'no beat in time: It went down 6 times.',
    );
    expect(say('x.y', null, { from: 'wanted.failed', to: 'wanted.failed', reason: failure })).toBe('x.y');
  });

  it('knows which rows say nothing new to somebody who waits', () => {
    const isMinor = (row: WireRow) => describeRow(row).minor;
    expect(isMinor(rowOf('provision.settled', { cause: { output: { kind: 'running' } } }))).toBe(true);
    expect(isMinor(rowOf('heartbeat.received', { from: 'wanted.provisioning' }))).toBe(false);
  });

  it('never lets a plugin or an agent write to the terminal', () => {
    expect(say('plugin.failed', { name: 'a', message: '\u001b]0;owned\u0007\r\n!' })).toBe(
      'plugin a failed:  ]0;owned !',
    );
  });

  it('cuts what nobody could read', () => {
    expect(say('brand.new', { long: 'x'.repeat(5_000) })).toHaveLength(200);
  });
});

describe('a table', () => {
  const columns = [{ title: 'A' }, { title: 'N', align: 'right' as const }, { title: 'WHY', flexible: true }];

  it('is aligned, colour or not', () => {
    const rows = [
      ['\u001b[32mone\u001b[39m', '1', 'x'],
      ['three', '100', ''],
    ];
    expect(renderTable(columns, rows, null)).toEqual([
      'A        N  WHY',
      '\u001b[32mone\u001b[39m      1  x',
      'three  100',
    ]);
  });

  it('cuts the flexible column so that no line wraps', () => {
    const lines = renderTable(columns, [['one', '1', 'long '.repeat(40)]], 80);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines[1]).toMatch(/…$/);
  });
});

describe('lengths, moments and texts', () => {
  it('are said in at most two units', () => {
    expect([0, 59_000, 60_000, 200_000, 7_500_000, 86_400_000 * 3.5].map(humanDuration)).toEqual([
      '0s',
      '59s',
      '1m',
      '3m 20s',
      '2h 5m',
      '3d 12h',
    ]);
    const now = Date.parse(at(60_000));
    expect([at(0), at(120_000), null].map((moment) => humanMoment(moment, now))).toEqual([
      '1m ago',
      'in 1m',
      '–',
    ]);
  });

  it('are wrapped between words, beside what stands before them', () => {
    expect(wrapHanging('one two three four five six', 10, 30)).toEqual(['one two three four', 'five six']);
    expect(wrapHanging('one two three four five six', 10, null)).toEqual(['one two three four five six']);
  });
});

describe('the nearest word', () => {
  it('is offered when it is near, and not otherwise', () => {
    const known = ['port', 'host', 'offline_after'];
    expect(closest('prot', known)).toBe('port');
    expect(closest('OFFLINE_AFTR', known)).toBe('offline_after');
    expect(closest('something_else', known)).toBeNull();
    expect(closest('x', [])).toBeNull();
  });
});
