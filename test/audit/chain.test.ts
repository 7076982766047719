import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AuditRow,
  BEGINNING,
  CAPPED,
  type ChainEnds,
  linkText,
  parsePlace,
  placeText,
  verifyChain,
} from '../../src/audit/chain.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const linked = (row: Omit<AuditRow, 'hash'>): AuditRow => ({ ...row, hash: sha256(linkText(row)) });

/** A chain of so many rows, after `anchor`. */
const aChain = (count: number, anchor = BEGINNING): AuditRow[] => {
  const rows: AuditRow[] = [];
  for (let n = 1; n <= count; n += 1) {
    const { seq, hash: previous } = rows.at(-1) ?? anchor;
    rows.push(linked({ seq: seq + 1, at: 1_000.5 + n, act: `{"what":"act ${n}"}`, answers: null, previous }));
  }
  return rows;
};
const headOf = (rows: AuditRow[]) => ({
  seq: rows.at(-1)?.seq ?? 0,
  hash: rows.at(-1)?.hash ?? BEGINNING.hash,
});
const problems = (rows: AuditRow[], ends: Partial<ChainEnds> = {}, kept = headOf(rows), from = 'a note') =>
  verifyChain(rows, { anchor: BEGINNING, head: headOf(rows), ...ends }, sha256, [
    { ...kept, from },
  ]).faults.map(({ problem }) => problem);
const without = (rows: AuditRow[], ...seqs: number[]) => rows.filter(({ seq }) => !seqs.includes(seq));

describe('a chain', () => {
  it('is whole as it was written, also when nothing was', () => {
    expect(problems(aChain(9))).toEqual([]);
    expect(problems([])).toEqual([]);
  });

  it.each<[string, Partial<AuditRow>]>([
    ['what was done', { act: '{"what":"another act"}' }],
    ['when', { at: 1 }],
    ['what it answers', { answers: 1 }],
    ['its hash', { hash: 'f'.repeat(64) }],
  ])('shows a row of which %s was changed', (_, changed) => {
    const rows = aChain(9).map((row) => (row.seq === 4 ? { ...row, ...changed } : row));
    expect(problems(rows)[0]).toMatch(/row 4 was changed/);
  });

  it('shows a row that was changed and hashed anew, by the one after it', () => {
    const rows = aChain(9).map((row) => (row.seq === 4 ? linked({ ...row, act: '{}' }) : row));
    expect(problems(rows)).toEqual(['row 5 does not follow from the one before it']);
  });

  it('shows rows that were taken out, at the beginning and in the middle', () => {
    expect(problems(without(aChain(9), 5))).toEqual(['row 5 is missing']);
    expect(problems(without(aChain(9), 4, 5, 6))).toEqual(['rows 4 to 6 are missing']);
    expect(problems(without(aChain(9), 1))).toEqual(['row 1 is missing']);
  });

  it('shows a row that was put in between, with the numbers after it moved up', () => {
    const rows = aChain(9);
    const [before, after] = [rows.slice(0, 4), rows.slice(4)];
    const put = linked({ seq: 5, at: 0, act: '{}', answers: null, previous: before.at(-1)?.hash ?? '' });
    const moved = after.map((row) => ({ ...row, seq: row.seq + 1 }));
    expect(problems([...before, put, ...moved])).toContain('row 6 does not follow from the one before it');
  });

  it('shows an end that was cut off by the end that was written, or else by one that was kept elsewhere', () => {
    const rows = aChain(9);
    const cut = rows.slice(0, 7);
    expect(problems(cut, { head: headOf(rows) })).toEqual(['it ends with row 7, and has been at row 9']);
    expect(problems(cut, {}, headOf(rows))).toEqual(['a note has row 9, which is missing here']);
  });

  it('shows an end that was written anew, whole as it is, by one that was kept elsewhere', () => {
    const rows = aChain(9);
    const forged = [...rows.slice(0, 5), ...aChain(6, headOf(rows.slice(0, 5)))];
    expect(problems(forged)).toEqual([]);
    expect(problems(forged, {}, headOf(rows), 'the backup x')).toEqual([
      'row 9 is another one than the backup x has',
    ]);
  });

  it('begins at its anchor, which one of its rows has to name', () => {
    const all = aChain(20);
    const anchor = headOf(all.slice(0, 12));
    const rest = all.slice(12);
    const told = aChain(1, headOf(all)).map((row) =>
      linked({ ...row, act: JSON.stringify({ what: CAPPED, dropped: 12, anchor }) }),
    );
    expect(problems([...rest, ...told], { anchor })).toEqual([]);
    // What was dropped by the cap is known no more, and so is no fault.
    expect(problems([...rest, ...told], { anchor }, headOf(all.slice(0, 3)))).toEqual([]);
    expect(problems([...rest, ...told], { anchor }, { ...anchor, hash: 'e'.repeat(64) })).toHaveLength(1);
    expect(problems(rest, { anchor })).toEqual(['where it begins is not where the cap has cut it']);
    const further = headOf(all.slice(0, 15));
    expect(problems([...all.slice(15), ...told], { anchor: further })).toHaveLength(1);
  });

  it('has places that are written and read as text', () => {
    const place = headOf(aChain(3));
    expect(parsePlace(`${placeText(place)}\n`)).toEqual(place);
    for (const wrong of ['', '3', '3:abc', `x${placeText(place)}`]) expect(parsePlace(wrong)).toBeNull();
  });
});
