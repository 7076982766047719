import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { aFile, aRow, behindItsBack, NOON, open } from './support.ts';

const VERSIONS = MIGRATIONS.map((_, index) => index + 1);
const corpus = (version: number) => join(import.meta.dirname, 'corpus', `schema-${version}.db.gz`);
const unpacked = (version: number): string => {
  const file = aFile();
  writeFileSync(file, gunzipSync(readFileSync(corpus(version))));
  return file;
};
const versionOf = (file: string) => behindItsBack(file, (db) => db.pragma('user_version', { simple: true }));
const copiesOf = (file: string) =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}.schema-`))
    .toSorted();

describe('a database of an earlier version', () => {
  it('is kept of each there ever was: write-corpus.ts writes what is missing', () => {
    expect(VERSIONS.filter((version) => !existsSync(corpus(version)))).toEqual([]);
  });

  it.each(VERSIONS)('of schema %i opens with all that it holds, and takes more', async (version) => {
    const file = unpacked(version);
    expect(versionOf(file)).toBe(version);
    const store = open(file);
    expect(store.load()).toMatchObject([
      {
        workspaceId: 'w1',
        spec: { name: 'ada' },
        generation: 3,
        createdAt: NOON,
        tokens: [{ hash: 'w1'.repeat(32) }],
      },
      { workspaceId: 'w2', spec: { name: 'bob' } },
    ]);
    expect(store.journal('w2', { limit: 9 }).map(({ event }) => event)).toEqual(['x.n0', 'x.n1', 'x.n2']);
    await store.commit({ workspaceId: 'w1', journal: [aRow('x.more')] });
    expect(store.journal('w1', { limit: 9 })).toHaveLength(4);
    await store.close();
    expect(versionOf(file)).toBe(MIGRATIONS.length);
  });

  it.each(VERSIONS.slice(0, -1))(
    'of schema %i is copied before it is changed, for its owner alone',
    async (version) => {
      const file = unpacked(version);
      await open(file).close();
      expect(copiesOf(file)).toEqual([`${basename(file)}.schema-${version}`]);
      const copy = `${file}.schema-${version}`;
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      expect(versionOf(copy)).toBe(version);
      expect(behindItsBack(copy, (db) => db.prepare('SELECT count(*) FROM journal').pluck().get())).toBe(6);
    },
  );

  it('is copied only when it is migrated, and the last three copies are kept', async () => {
    const file = unpacked(MIGRATIONS.length);
    await open(file).close();
    expect(copiesOf(file)).toEqual([]);
    for (const version of VERSIONS.slice(0, -1)) {
      writeFileSync(file, gunzipSync(readFileSync(corpus(version))));
      await open(file).close();
    }
    const latest = VERSIONS.slice(0, -1).slice(-3);
    expect(copiesOf(file)).toEqual(latest.map((version) => `${basename(file)}.schema-${version}`));
  });
});
