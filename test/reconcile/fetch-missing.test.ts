import { describe, expect, it } from 'vitest';
import type { InstalledPlugin } from '../../machines/reconcile/outcome.ts';
import { planPlugins } from '../../machines/reconcile/plan.ts';
import { EMPTY_SPEC, type PluginDeclaration } from '../../machines/workspace/spec.ts';
import { fetchMissing } from '../../src/reconcile/fetch-missing.ts';

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
