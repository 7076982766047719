import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build, type Plugin } from 'vite';
import { describe, expect, it } from 'vitest';
import * as oneLife from './one-life.ts';

const REPO = join(import.meta.dirname, '../../..');

/** What every browser has as well. No `process`, no `Buffer`, no `setImmediate`, no `require`. */
const WEB = {
  AbortController,
  AbortSignal,
  atob,
  btoa,
  clearTimeout,
  console,
  MessageChannel,
  performance,
  queueMicrotask,
  setTimeout,
  structuredClone,
  TextDecoder,
  TextEncoder,
};

/** All of the core, whether or not something imports it. */
const core = [
  'machines',
  'src/supervisor',
  'src/reconcile',
  'src/testing/memory',
  'src/testing/simulate',
  'src/testing/paths',
]
  .flatMap((folder) => {
    try {
      return readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      );
    } catch {
      return [];
    }
  })
  .filter((name) => name.endsWith('.ts'));

/** Bundles for a browser, with everything that is imported in it; says who imports what no browser has. */
const bundle = async (text: string): Promise<{ code: string; offenders: string[] }> => {
  const offenders: string[] = [];
  const entry: Plugin = {
    name: 'entry',
    enforce: 'pre',
    resolveId(source, importer) {
      if (source === 'entry') return '\0entry';
      if (isBuiltin(source)) offenders.push(`${importer?.replace(`${REPO}/`, '')} imports ${source}`);
      return null;
    },
    load: (id) => (id === '\0entry' ? text : null),
  };
  const output = { format: 'iife' as const, name: 'bundled' };
  const built = await build({
    configFile: false,
    root: REPO,
    logLevel: 'error',
    plugins: [entry],
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: 'entry', preserveEntrySignatures: 'strict', output },
    },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error('Nothing was built.');
  return { code: result.output[0].code, offenders };
};

describe('where there is nothing of Node', () => {
  it('the whole core and its hands of memory are bundled, with nothing left to be found elsewhere', async () => {
    expect(core.length).toBeGreaterThan(80);
    const { code, offenders } = await bundle(core.map((file) => `import '/${file}';`).join('\n'));
    expect(offenders).toEqual([]);
    expect(code).not.toMatch(/\brequire\(|\bimport\(|__vite-browser-external/);
  });

  it('the real supervisor lives through a crash as it does here', async () => {
    const { code, offenders } = await bundle(`export * from '/test/testing/memory/one-life.ts';`);
    expect(offenders).toEqual([]);
    const bundled = runInContext(`${code}; bundled`, createContext({ ...WEB })) as typeof oneLife;
    const there = await bundled.liveThroughCrash(42, 'sets.switched');
    const here = await oneLife.liveThroughCrash(42, 'sets.switched');
    expect(JSON.parse(JSON.stringify(there))).toEqual(JSON.parse(JSON.stringify(here)));
  });
});

describe('a supervisor over hands of memory', () => {
  it.each(['runtime.begun', 'plugins.stored', 'sets.staged', 'sets.switched', 'runtime.stopped'])(
    'that dies at %s leaves what its successor needs to have the plugin installed and the agent online',
    async (diesAt) => {
      const { died, view, events, violations } = await oneLife.liveThroughCrash(7, diesAt);
      expect(died).toBe(true);
      expect(view).toMatchObject({
        state: 'wanted.online.converged',
        incarnation: 2,
        restartPending: false,
        plugins: { installed: 1 },
      });
      expect(events[0]).toBe('workspace.created');
      expect(events).toContain('supervisor.resumed');
      expect(violations).toEqual([]);
    },
  );
});
