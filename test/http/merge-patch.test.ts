import {
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMergePatch, makeMergePatch } from '../../src/http/merge-patch.ts';

describe('a merge patch', () => {
  // The examples of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j gives %j', (target, patch, expected) => {
    const before = structuredClone(target);
    expect(applyMergePatch(target, patch)).toEqual(expected);
    expect(target).toEqual(before);
  });

  it('that was made from two objects turns one into the other', () => {
    const withoutNull = letrec<{ tree: Record<string, unknown>; leaf: unknown }>((tie) => ({
      tree: dictionary(
        constantFrom('a', 'b', 'c', 'd'),
        oneof({ depthSize: 'small' }, tie('leaf'), tie('tree')),
        {
          noNullPrototype: true,
        },
      ),
      leaf: oneof(integer(), string(), boolean(), array(integer(), { maxLength: 3 })),
    })).tree;
    assert(
      property(withoutNull, withoutNull, (from, to) => {
        expect(applyMergePatch(from, makeMergePatch(from, to))).toEqual(to);
        expect(makeMergePatch(from, from)).toEqual({});
      }),
    );
  });
});
