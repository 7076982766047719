import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { aFile, behindItsBack, open, valueOf } from './support.ts';

/** Lets the loop commit, kills it with no warning once it has acknowledged `acks`, and returns all it acknowledged. */
const killedAfter = async (file: string, acks: number): Promise<number[]> => {
  const script = fileURLToPath(new URL('./commit-loop.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split('\n').length > acks) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return printed.split('\n').slice(0, -1).map(Number);
};

describe('a supervisor killed while it commits', () => {
  it('loses nothing it acknowledged, and never a snapshot without its journal row', {
    timeout: 60_000,
  }, async () => {
    const file = aFile();
    const acknowledged: number[] = [];
    for (const acks of [1, 40, 300]) {
      acknowledged.push(...(await killedAfter(file, acks)));

      const store = open(file, { journalCap: 1_000_000 });
      const rows = store.journal('w1', { after: 1, limit: 1_000_000 }).map((row) => row.cause as number);
      const onDisk = new Set(rows);
      expect(acknowledged.filter((n) => !onDisk.has(n))).toEqual([]);
      expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe(rows.at(-1));
      expect(rows).toEqual(rows.map((_, n) => n + 2));
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThan(340);
  });

  it('has its database checked at the next start, for its stop was not clean', {
    timeout: 60_000,
  }, async () => {
    const file = aFile();
    await killedAfter(file, 20);
    behindItsBack(file, (db) => {
      expect(db.prepare('SELECT stopped_cleanly FROM installation').pluck().get()).toBe(0);
      // An index that disagrees with its table: nothing notices but a check of the whole file.
      db.unsafeMode();
      db.pragma('writable_schema = ON');
      db.exec(`UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'tokens')
        WHERE name = 'journal_by_workspace'`);
    });

    expect(() => open(file)).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
  });
});
