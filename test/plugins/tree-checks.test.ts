import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/plugins/limits.ts';
import { hashTree } from '../../src/plugins/tree/hash-tree.ts';
import type { TreeEntry } from '../../src/plugins/tree/tree-entry.ts';
import { writeTree } from '../../src/plugins/tree/write-tree.ts';
import { never, scratch } from './support/scratch.ts';

const entry = (path: string, change: Partial<TreeEntry> = {}, content = 'content'): TreeEntry => ({
  path,
  kind: 'file',
  executable: false,
  setuid: false,
  size: content.length,
  async *bytes() {
    yield Buffer.from(content);
  },
  ...change,
});

const letIn = async (entries: TreeEntry[], limits = DEFAULT_LIMITS) => {
  const folder = join(await scratch(), 'tree');
  const offered = async function* () {
    yield* entries;
  };
  return { folder, hashes: await writeTree(offered(), folder, { limits, signal: never }) };
};

const coded = (code: string) => expect.objectContaining({ code });

describe('what a source offers', () => {
  it('is written as it is, read-only, and hashes to what lies there', async () => {
    const { folder, hashes } = await letIn([
      entry('b/c', { executable: true }),
      entry('a'),
      entry('b/ä'),
      entry('empty', {}, ''),
    ]);
    expect(await hashTree(folder, { limits: DEFAULT_LIMITS, signal: never })).toEqual(hashes);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b', 'empty']);
  });

  it('enters without its generated files', async () => {
    const { folder } = await letIn([
      entry('a'),
      entry('build/x'),
      entry('.git/config'),
      entry('x.pyc', { kind: 'link' }),
    ]);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it.each([
    ['../x'],
    ['a/../../x'],
    ['/etc/x'],
    ['a//x'],
    ['./x'],
    ['a/.'],
    [''],
    ['a\\x'],
    ['a\nx'],
    ['a\0x'],
    ['a\u007f'],
    ['a\ufffd'],
  ])('is refused with the path %j', async (path) => {
    await expect(letIn([entry('fine'), entry(path)])).rejects.toThrow(coded('PLUGIN_PATH_UNSAFE'));
  });

  it('is refused with a link', async () => {
    await expect(letIn([entry('x', { kind: 'link' })])).rejects.toThrow(coded('PLUGIN_LINK_REFUSED'));
  });

  it.each(['submodule', 'other', 'unreadable'] as const)('is refused with a %s', async (kind) => {
    await expect(letIn([entry('x', { kind })])).rejects.toThrow(coded('PLUGIN_FILE_REFUSED'));
  });

  it('is refused with a file that runs as its owner', async () => {
    await expect(letIn([entry('x', { setuid: true })])).rejects.toThrow(coded('PLUGIN_FILE_REFUSED'));
  });

  it.each([
    ['two files that differ in case', ['readme', 'README']],
    ['two folders that differ in case', ['a/x', 'A/y']],
    ['a file and a folder that differ in case', ['a/x', 'A']],
    ['a folder below a file', ['a', 'a/x']],
    ['the same path twice', ['a', 'a']],
    ['composed and decomposed letters', ['\u00e9', 'e\u0301']],
    ['a sharp s and its capital', ['stra\u00dfe', 'STRASSE']],
  ])('is refused with %s', async (_, paths) => {
    await expect(letIn(paths.map((path) => entry(path)))).rejects.toThrow(coded('PLUGIN_NAME_COLLISION'));
  });

  it('is told all that is wrong with it at once', async () => {
    const wrong = [entry('l', { kind: 'link' }), entry('fine'), entry('../x'), entry('FINE')];
    const error = await letIn(wrong).catch((error: unknown) => error as { details: { path: string }[] });
    expect('details' in error && error.details.map(({ path }) => path)).toEqual(['l', '../x', 'FINE']);
  });

  it.each([
    ['files', { files: 2 }, [entry('a'), entry('b'), entry('c')], 'PLUGIN_TOO_MANY_FILES'],
    ['announced bytes', { bytes: 10 }, [entry('a', { size: 11 })], 'PLUGIN_TOO_LARGE'],
    [
      'bytes that come, whatever was announced',
      { bytes: 10 },
      [entry('a', { size: 0 }, 'x'.repeat(11))],
      'PLUGIN_TOO_LARGE',
    ],
    ['bytes in a path', { pathBytes: 5 }, [entry('äöü')], 'PLUGIN_PATH_TOO_LONG'],
    ['folders in one another', { pathParts: 2 }, [entry('a/b/c')], 'PLUGIN_PATH_TOO_LONG'],
  ])('may not have too many %s', async (_, limits, entries, code) => {
    await expect(letIn(entries, { ...DEFAULT_LIMITS, ...limits })).rejects.toThrow(coded(code));
  });

  it('stops in the middle of a file that never ends', async () => {
    let given = 0;
    const endless = entry('x', {
      async *bytes() {
        for (; ; given++) yield Buffer.alloc(1000);
      },
    });
    await expect(letIn([endless], { ...DEFAULT_LIMITS, bytes: 10_000 })).rejects.toThrow(
      coded('PLUGIN_TOO_LARGE'),
    );
    expect(given).toBeLessThan(20);
  });
});
