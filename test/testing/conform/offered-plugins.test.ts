import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { tarEntries } from '../../../src/plugins/archive/tar-entries.ts';
import { hashRecords } from '../../../src/plugins/tree/tree-digest.ts';
import { packOffer } from '../../../src/testing/conform/agent/offered-plugins.ts';

const FILES = { 'plugin.yaml': 'name: sample\n', 'b/c.js': 'two', 'b/a.js': 'one' };

describe('a plugin that the kit offers to an agent', () => {
  it('is packed and hashed as a server would', async () => {
    const { archive, treeHash } = await packOffer('sample', FILES);
    const found: [string, string][] = [];
    for await (const entry of tarEntries(Readable.from([archive]))) {
      found.push([entry.path, (await buffer(Readable.from(entry.bytes()))).toString()]);
    }
    expect(Object.fromEntries(found)).toEqual(FILES);
    const records = found.map(([path, text]) => ({
      path,
      mark: '-' as const,
      content: hash('sha256', text),
    }));
    expect(treeHash).toBe(hashRecords(records).treeHash);
  });
});
