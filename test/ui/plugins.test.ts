import { describe, expect, it } from 'vitest';
import type { InstalledPlugin, PluginsWire } from '../../src/ui/wire.ts';
import { joinPlugins } from '../../src/ui/workspace/plugins/join-plugins.ts';

const declared = (name: string) => ({ name, source: `local://${name}` });
const installed = (name: string, intact = true): InstalledPlugin => ({
  ...declared(name),
  revision: null,
  tree_hash: 'a',
  actual_hash: intact ? 'a' : 'b',
  intact,
  restart: 'auto',
});
const at = '2026-03-01T12:00:00.000Z';

describe('the plugins of a workspace', () => {
  const wire: PluginsWire = {
    declared: ['fine', 'touched', 'broken', 'suspect', 'new'].map(declared),
    installed: {
      generation: 3,
      plugins: [installed('old'), installed('fine'), installed('touched', false), installed('broken')],
    },
    blocked: [{ ...declared('broken'), code: 'X', message: 'no', attempt: 2, retry_at: at }],
    held: [{ ...declared('suspect'), revision: null, tree_hash: 'c', why: 'suspected', since: at }],
    outdated: [],
  };

  it('are told of in the order in which they are declared, and then what else is on disk', () => {
    expect(joinPlugins(wire).map(({ name, state }) => [name, state])).toEqual([
      ['fine', 'installed'],
      ['touched', 'damaged'],
      ['broken', 'failed'],
      ['suspect', 'held'],
      ['new', 'missing'],
      ['old', 'undeclared'],
    ]);
  });

  it('bring with them what is known of each', () => {
    const broken = joinPlugins(wire).find(({ name }) => name === 'broken');
    expect(broken?.blocked?.attempt).toBe(2);
    expect(broken?.installed?.tree_hash).toBe('a');
  });
});
