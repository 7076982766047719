import { describe, expect, it } from 'vitest';
import type { InstalledPlugin, PlanEntry } from '../../machines/reconcile/outcome.ts';
import { makesRestartDue, planPlugins, unaccountedFor } from '../../machines/reconcile/plan.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

const declared = (name: string, more: Partial<PluginDeclaration> = {}): PluginDeclaration => ({
  name,
  source: `local://${name}`,
  ...more,
});

const installed = (name: string, more: Partial<InstalledPlugin> = {}): InstalledPlugin => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: HASH,
  manifestHash: null,
  coreHash: HASH,
  actualHash: HASH,
  restart: 'auto',
  ...more,
});

const plan = (
  plugins: PluginDeclaration[],
  present: InstalledPlugin[],
  {
    allowEmpty = false,
    resolved = {},
  }: {
    allowEmpty?: boolean;
    resolved?: Record<string, { revision: string | null; treeHash: string | null }>;
  } = {},
) =>
  planPlugins({ plugins, allowEmpty }, { plugins: present }, { resolved: new Map(Object.entries(resolved)) });

const inShort = (entries: PlanEntry[]) =>
  entries.map(({ name, action, why, restart }) => [name, action, why, restart]);

describe('a plan', () => {
  it('adds what is declared and not there, in the declared order', () => {
    expect(inShort(plan([declared('b'), declared('a')], []))).toEqual([
      ['b', 'add', 'not installed', true],
      ['a', 'add', 'not installed', true],
    ]);
  });

  it('keeps what is there as declared', () => {
    expect(inShort(plan([declared('a')], [installed('a')]))).toEqual([['a', 'keep', 'as declared', false]]);
  });

  it('removes what is no longer declared', () => {
    expect(inShort(plan([declared('a')], [installed('a'), installed('b')]))).toEqual([
      ['a', 'keep', 'as declared', false],
      ['b', 'remove', 'no longer declared', true],
    ]);
  });

  it('removes everything for an empty declaration only if that is allowed', () => {
    expect(plan([], [installed('a')])[0]).toMatchObject({
      action: 'keep',
      why: expect.stringContaining('allow_empty'),
    });
    expect(plan([], [installed('a')], { allowEmpty: true })[0]).toMatchObject({ action: 'remove' });
  });

  it('updates what comes from another source or has another expected hash', () => {
    const moved = declared('a', { source: 'git+https://host/a#v2' });
    expect(inShort(plan([moved], [installed('a')]))).toEqual([['a', 'update', 'source changed', true]]);
    const pinned = declared('a', { sha256: OTHER });
    expect(inShort(plan([pinned], [installed('a')]))).toEqual([
      ['a', 'update', 'expected hash changed', true],
    ]);
  });

  it('puts back what was changed or deleted behind our back, without a restart', () => {
    expect(inShort(plan([declared('a')], [installed('a', { actualHash: OTHER })]))).toEqual([
      ['a', 'update', 'changed on disk', false],
    ]);
    expect(inShort(plan([declared('a')], [installed('a', { actualHash: null })]))).toEqual([
      ['a', 'update', 'gone from disk', false],
    ]);
  });

  it('follows a reference that moved only where somebody looked', () => {
    const present = [installed('a', { revision: '1' })];
    expect(plan([declared('a')], present)[0]).toMatchObject({ action: 'keep' });
    const resolved = { a: { revision: '2', treeHash: null } };
    expect(inShort(plan([declared('a')], present, { resolved }))).toEqual([
      ['a', 'update', 'its reference moved', true],
    ]);
    const same = { a: { revision: '1', treeHash: null } };
    expect(plan([declared('a')], present, { resolved: same })[0]).toMatchObject({ action: 'keep' });
    const changedFolder = { a: { revision: null, treeHash: OTHER } };
    expect(plan([declared('a')], [installed('a')], { resolved: changedFolder })[0]).toMatchObject({
      action: 'update',
    });
  });

  it('promises no restart for a plugin that never needs one', () => {
    expect(plan([declared('a', { restart: 'never' })], [])[0]).toMatchObject({ restart: false });
  });
});

describe('the restart that a change makes due', () => {
  const core = (treeHash: string, coreHash: string) => ({ treeHash, coreHash });

  it('is due for a plugin that comes or goes', () => {
    expect(makesRestartDue('auto', null, core(HASH, HASH))).toBe(true);
    expect(makesRestartDue('auto', core(HASH, HASH), null)).toBe(true);
  });

  it('is not due while only texts of skills differ, unless the plugin always wants one', () => {
    expect(makesRestartDue('auto', core(HASH, HASH), core(OTHER, HASH))).toBe(false);
    expect(makesRestartDue('always', core(HASH, HASH), core(OTHER, HASH))).toBe(true);
    expect(makesRestartDue('auto', core(HASH, HASH), core(OTHER, OTHER))).toBe(true);
  });

  it('is not due where the same content is put back', () => {
    expect(makesRestartDue('auto', core(HASH, HASH), core(HASH, HASH))).toBe(false);
    expect(makesRestartDue('always', core(HASH, HASH), core(HASH, HASH))).toBe(false);
  });

  it('is never due for a plugin that never wants one', () => {
    expect(makesRestartDue('never', null, core(HASH, HASH))).toBe(false);
  });
});

describe('a switch that an interrupted reconcile made', () => {
  const switches = [
    { generation: 1, changed: ['a'], restartNeeded: true },
    { generation: 2, changed: ['b', 'a'], restartNeeded: false },
  ];

  it('is accounted for by the next one', () => {
    expect(unaccountedFor({ switches }, 0)).toEqual({ changed: ['a', 'b'], restartNeeded: true });
    expect(unaccountedFor({ switches }, 1)).toEqual({ changed: ['b', 'a'], restartNeeded: false });
  });

  it('is accounted for once', () => {
    expect(unaccountedFor({ switches }, 2)).toEqual({ changed: [], restartNeeded: false });
  });
});
