import { describe, expect, it } from 'vitest';
import type { JournalRow } from '../../src/ui/wire.ts';
import { mergeRows } from '../../src/ui/workspace/merge-rows.ts';
import { stepInTime } from '../../src/ui/workspace/step-in-time.ts';
import { groupRows } from '../../src/ui/workspace/timeline/group-rows.ts';

type Given = { second?: number; kind?: JournalRow['kind'] };

const row = (seq: number, { second = seq, kind = 'transition' }: Given = {}): JournalRow => ({
  seq,
  at: new Date(2026, 2, 1, 12, 0, second).toISOString(),
  event: `event.${seq}`,
  from: 'a',
  to: 'b',
  reason: null,
  cause: null,
  kind,
});
const seqs = (rows: readonly JournalRow[]): number[] => rows.map(({ seq }) => seq);

describe('rows of the journal from two sources', () => {
  it('are there once each, the oldest first', () => {
    expect(seqs(mergeRows([row(3), row(4)], [row(1), row(2), row(3)]))).toEqual([1, 2, 3, 4]);
    expect(seqs(mergeRows([row(1)], [row(2)]))).toEqual([1, 2]);
    expect(seqs(mergeRows([row(1), row(2)], [row(2)]))).toEqual([1, 2]);
  });
});

describe('a step in time', () => {
  const rows = [row(1), row(2, { kind: 'note' }), row(3), row(5), row(8)];

  it('goes back from now to the transition before the last', () => {
    expect(stepInTime(rows, null, -1)).toBe(5);
  });

  it('passes by what did not move the machine', () => {
    expect(stepInTime(rows, 3, -1)).toBe(1);
    expect(stepInTime(rows, 1, 1)).toBe(3);
  });

  it('on to the last transition is back to now', () => {
    expect(stepInTime(rows, 5, 1)).toBeNull();
  });

  it('ends at the beginning and at now', () => {
    expect(stepInTime(rows, 1, -1)).toBeUndefined();
    expect(stepInTime(rows, null, 1)).toBeUndefined();
    expect(stepInTime([], null, -1)).toBeUndefined();
  });
});

describe('the timeline', () => {
  it('puts together what happened in one go, the newest first', () => {
    const [day, ...others] = groupRows([row(1), row(2), row(3), row(9), row(10)]);
    expect(others).toEqual([]);
    expect(day?.bursts.map(seqs)).toEqual([
      [10, 9],
      [3, 2, 1],
    ]);
  });

  it('begins anew with every day', () => {
    const yesterday = { ...row(1), at: new Date(2026, 1, 28, 23, 59, 59, 900).toISOString() };
    const today = { ...row(2), at: new Date(2026, 2, 1, 0, 0, 0, 100).toISOString() };
    expect(groupRows([yesterday, today]).map(({ day }) => day)).toEqual(['2026-03-01', '2026-02-28']);
  });
});
