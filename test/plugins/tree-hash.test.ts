import { execFileSync } from 'node:child_process';
import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/plugins/limits.ts';
import { hashTree } from '../../src/plugins/tree/hash-tree.ts';
import { makeFifo, never, scratch, write } from './support/scratch.ts';

const options = { limits: DEFAULT_LIMITS, signal: never };
const hashOf = async (folder: string) => (await hashTree(folder, options)).treeHash;

const plugin = async (files: Record<string, string | Buffer> = {}) => {
  const folder = join(await scratch(), 'plugin');
  await write(folder, {
    'plugin.yaml': 'name: p\n',
    'skills/a/SKILL.md': '# A\n',
    'run.sh': 'true\n',
    ...files,
  });
  return folder;
};

/** The documented format, by other programs. */
const SHELL = `
  export LC_ALL=C
  find . -type f | sed 's|^./||' | sort | while IFS= read -r path; do
    if [ -x "$path" ]; then mark=x; else mark=-; fi
    printf '%s\\0%s\\0%s\\n' "$path" "$mark" "$(sha256sum < "$path" | cut -c1-64)"
  done | sha256sum | cut -c1-64`;

describe('the tree hash', () => {
  it('is what anybody can compute from its description', async () => {
    const folder = await plugin({ 'a-b': '', 'a/b': '1', aä: '2', 'a\u{1F600}': '3', 'a\ufb01': '4' });
    await chmod(join(folder, 'run.sh'), 0o755);
    const expected = execFileSync('sh', ['-c', SHELL], { cwd: folder }).toString().trim();
    expect(await hashOf(folder)).toBe(expected);
  });

  it('does not change with generated files', async () => {
    const folder = await plugin();
    const before = await hashOf(folder);
    await write(folder, {
      '__pycache__/a.cpython-312.pyc': 'x',
      'skills/__pycache__/a.txt': 'x',
      'skills/b.pyc': 'x',
      'my.egg-info/PKG-INFO': 'x',
      'build/lib/a.py': 'x',
      '.git/HEAD': 'x',
      'web/node_modules/.cache/x': 'x',
    });
    await symlink('/etc/passwd', join(folder, 'skills/link.pyc'));
    expect(await hashOf(folder)).toBe(before);
  });

  it.each(['skills/build/x', 'pyc', 'node_modules/x', '.cache/x', '.gitignore', 'egg-info'])(
    'changes with %s, which only looks generated',
    async (path) => {
      const folder = await plugin();
      const before = await hashOf(folder);
      await write(folder, { [path]: '' });
      expect(await hashOf(folder)).not.toBe(before);
    },
  );

  it('changes with every byte, path and executable bit', async () => {
    const hashes = [
      await hashOf(await plugin()),
      await hashOf(await plugin({ 'run.sh': 'false\n' })),
      await hashOf(await plugin({ empty: '' })),
      await hashOf(await plugin({ 'run.sh': 'true\nempty' })),
    ];
    const folder = await plugin();
    await chmod(join(folder, 'run.sh'), 0o700);
    hashes.push(await hashOf(folder));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('differs, and does not fail or hang, where a link, a FIFO or an unreadable name is found', async () => {
    const folder = await plugin();
    const before = await hashOf(folder);
    const seen = new Set([before]);
    const add = async (make: () => unknown, path: string | Buffer) => {
      await make();
      seen.add(await hashOf(folder));
      await rm(path, { recursive: true });
    };
    const at = join(folder, 'odd');
    await add(() => symlink('run.sh', at), at);
    await add(() => symlink('/', at), at);
    await add(() => makeFifo(at), at);
    expect(seen.size).toBe(3);
    expect(await hashOf(folder)).toBe(before);
  });

  it('has a part that texts in SKILL.md do not touch', async () => {
    const before = await hashTree(await plugin(), options);
    const text = await hashTree(await plugin({ 'skills/a/SKILL.md': '# Better\n' }), options);
    const code = await hashTree(await plugin({ 'run.sh': 'false\n' }), options);
    expect(text.coreHash).toBe(before.coreHash);
    expect(text.treeHash).not.toBe(before.treeHash);
    expect(code.coreHash).not.toBe(before.coreHash);
  });

  it('gives up on a folder that has grown beyond what a plugin may be', async () => {
    const folder = await plugin({ big: Buffer.alloc(200_000) });
    const tooLarge = expect.objectContaining({ code: 'PLUGIN_TOO_LARGE' });
    const bytes = { limits: { ...DEFAULT_LIMITS, bytes: 100_000 }, signal: never };
    const files = { limits: { ...DEFAULT_LIMITS, files: 3 }, signal: never };
    await expect(hashTree(folder, bytes)).rejects.toThrow(tooLarge);
    const tooMany = expect.objectContaining({ code: 'PLUGIN_TOO_MANY_FILES' });
    await expect(hashTree(folder, files)).rejects.toThrow(tooMany);
  });
});
