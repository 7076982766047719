import { describe, expect, it } from 'vitest';
import { EMPTY_SPEC } from '../../machines/workspace/spec.ts';
import { mergeApplied } from '../../src/http/apply/merge-applied.ts';
import type { FullSpec, Said } from '../../src/http/apply/read-document.ts';
import { specToWire } from '../../src/http/wire/spec.ts';

const plugin = (name: string, more: object = {}) => ({ name, source: `local://${name}`, ...more });
const liveAs = (more: Partial<FullSpec>): FullSpec => ({
  ...specToWire({ ...EMPTY_SPEC, name: 'w' }),
  ...more,
});
const saying = (more: Partial<FullSpec>): Said => ({ name: 'w', runtime: 'process', ...more });
const merge = (
  {
    last = null,
    next,
    live,
  }: { last?: Partial<FullSpec> | null; next: Partial<FullSpec>; live: Partial<FullSpec> },
  prune = false,
) => mergeApplied({ last, next: saying(next), live: liveAs(live), prune });

describe('what a file says', () => {
  it('wins over what an operator made of it by hand', () => {
    const said = { tier: 2, env: { A: '1' }, policy: { tries: 1 }, plugins: [plugin('a')] };
    const live = {
      tier: 3,
      env: { A: '2' },
      policy: { tries: 9 },
      plugins: [plugin('a', { restart: 'never' })],
    };
    expect(merge({ last: said, next: said, live })).toMatchObject(said);
  });

  it('is put back when an operator took it away', () => {
    const said = { env: { A: '1' }, plugins: [plugin('a')] };
    expect(merge({ last: said, next: said, live: { env: {}, plugins: [] } })).toMatchObject(said);
  });
});

describe('what a file said and says no more', () => {
  const last = {
    role: 'r',
    command: ['x'],
    env: { A: '1', B: '1' },
    policy: { p: 1 },
    plugins: [plugin('a'), plugin('b')],
  };

  it('is gone: a field, a variable, a plugin, a number of the policy', () => {
    const next = { command: ['x'], env: { B: '1' }, plugins: [plugin('b')] };
    expect(merge({ last, next, live: last })).toMatchObject({ role: null, env: { B: '1' }, policy: {} });
    expect(merge({ last, next, live: last }).plugins).toEqual([plugin('b')]);
  });

  it('is gone too when an operator has changed it since', () => {
    const live = {
      ...last,
      role: 'mine',
      env: { A: 'mine', B: '1' },
      plugins: [plugin('a', { track: 'auto' })],
    };
    const merged = merge({ last, next: { command: ['x'] }, live });
    expect(merged).toMatchObject({ role: null, env: {}, plugins: [] });
  });
});

describe('what an operator added by hand', () => {
  const said = { env: { A: '1' }, plugins: [plugin('a')] };
  const live = {
    ...said,
    role: 'mine',
    env: { A: '1', MINE: '1' },
    policy: { mine: 1 },
    plugins: [plugin('mine'), plugin('a')],
  };

  it('stays, a plugin even where it is', () => {
    const merged = merge({ last: said, next: said, live });
    expect(merged).toMatchObject({ role: 'mine', env: live.env, policy: live.policy });
    expect(merged.plugins).toEqual([plugin('mine'), plugin('a')]);
  });

  it('goes with prune', () => {
    const merged = merge({ last: said, next: said, live }, true);
    expect(merged).toEqual(liveAs(said));
  });

  it('stays when the file is applied for the first time', () => {
    expect(merge({ next: { env: { A: '2' } }, live }).env).toEqual({ A: '2', MINE: '1' });
  });

  it('follows what the file says when the file has another order', () => {
    const three = [plugin('a'), plugin('mine'), plugin('b')];
    const merged = merge({ next: { plugins: [plugin('b'), plugin('a')] }, live: { plugins: three } });
    expect(merged.plugins.map(({ name }) => name)).toEqual(['b', 'a', 'mine']);
  });
});
