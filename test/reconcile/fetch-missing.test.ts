import { describe, expect, it } from 'vitest';
import type { InstalledPlugin } from '../../machines/reconcile/outcome.ts';
import { planPlugins } from '../../machines/reconcile/plan.ts';
import { EMPTY_SPEC, type PluginDeclaration } from '../../machines/workspace/spec.ts';
import { checkAllowed } from '../../src/plugins/allow-list.ts';
import { fetchMissing } from '../../src/reconcile/fetch-missing.ts';
import type { Wanted } from '../../src/reconcile/ports.ts';

const SOURCE = 'git+https://git.example/o/r#main';
const installed: InstalledPlugin = {
  name: 'tool',
  source: SOURCE,
  revision: 'r1',
  treeHash: '1'.repeat(64),
  manifestHash: null,
  coreHash: '1'.repeat(64),
  actualHash: '1'.repeat(64),
  restart: 'auto',
};

/** The revision at which a declaration is fetched where `there` is installed. */
const askedRevision = async (declaration: PluginDeclaration, there: InstalledPlugin) => {
  const spec = { ...EMPTY_SPEC, name: 'w', plugins: [declaration] };
  const asked: (string | null)[] = [];
  await fetchMissing(
    {
      workspaceId: 'w',
      plan: planPlugins(spec, { plugins: [there] }),
      knownGeneration: 1,
      refresh: null,
      fetched: [],
      staged: null,
    },
    {
      cache: {
        resolve: () => Promise.reject(new Error('not asked')),
        verify: () => Promise.reject(new Error('not asked')),
        fetch: (_, revision) => {
          asked.push(revision);
          return Promise.reject(new Error('enough'));
        },
      },
      pluginBegan: () => () => undefined,
      note: () => undefined,
      wanted: { spec, held: [], keep: [] },
      checkAllowed: () => undefined,
      signal: new AbortController().signal,
    },
  );
  return asked;
};

describe('what is missing', () => {
  it('is fetched as it was where only its bytes are gone, wherever its reference points by now', async () => {
    expect(await askedRevision({ name: 'tool', source: SOURCE }, { ...installed, actualHash: null })).toEqual(
      ['r1'],
    );
  });

  it('is looked up anew where another hash is expected than it had', async () => {
    const declaration = { name: 'tool', source: SOURCE, sha256: '2'.repeat(64) };
    expect(await askedRevision(declaration, installed)).toEqual([null]);
  });
});

describe('one of several that are missing', () => {
  const SPEC = {
    ...EMPTY_SPEC,
    name: 'w',
    plugins: ['a', 'b', 'c'].map((name) => ({ name, source: `local://${name}` })),
  };
  const hashOf = (name: string) => name.repeat(64);

  /** What comes of fetching three plugins, and which of them were asked for at all. */
  const fetchThree = async ({ failing = '', ...wanted }: { failing?: string } & Partial<Wanted> = {}) => {
    const asked: string[] = [];
    const { fetched, failed } = await fetchMissing(
      {
        workspaceId: 'w',
        plan: planPlugins(SPEC, { plugins: [] }),
        knownGeneration: 0,
        refresh: null,
        fetched: [],
        staged: null,
      },
      {
        cache: {
          resolve: () => Promise.reject(new Error('not asked')),
          verify: () => Promise.reject(new Error('not asked')),
          async fetch({ name, source }) {
            asked.push(name);
            if (name === failing) throw new Error('It is not there.');
            const hash = hashOf(name);
            return { ...installed, name, source, runtimes: [], treeHash: hash, coreHash: hash };
          },
        },
        pluginBegan: () => () => undefined,
        note: () => undefined,
        wanted: { spec: SPEC, held: [], keep: [], ...wanted },
        checkAllowed,
        signal: new AbortController().signal,
      },
    );
    return { asked, fetched: fetched.map(({ name }) => name), failed };
  };

  it('costs nothing but itself when it cannot be had', async () => {
    expect(await fetchThree({ failing: 'b' })).toMatchObject({
      fetched: ['a', 'c'],
      failed: [{ name: 'b', source: 'local://b', message: 'It is not there.' }],
    });
  });

  it('is refused when it turns out to be what is held back', async () => {
    const held = { ...installed, name: 'b', treeHash: hashOf('b'), why: 'quarantined' as const, since: 0 };
    expect(await fetchThree({ held: [held] })).toMatchObject({
      fetched: ['a', 'c'],
      failed: [{ name: 'b', code: 'PLUGIN_QUARANTINED' }],
    });
  });

  it('is not even asked for where its workspace may not have it, whichever way it came to be declared', async () => {
    const spec = { ...SPEC, pluginAllow: ['local://a', 'local://c'] };
    expect(await fetchThree({ spec })).toMatchObject({
      asked: ['a', 'c'],
      failed: [{ name: 'b', code: 'PLUGIN_NOT_ALLOWED' }],
    });
  });
});
