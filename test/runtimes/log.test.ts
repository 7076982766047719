import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLineSplitter, MAX_LINE_BYTES } from '../../src/runtimes/log-lines.ts';
import { readLog } from '../../src/runtimes/read-log.ts';
import { rotateLog } from '../../src/runtimes/rotate-log.ts';
import { createLogTender } from '../../src/runtimes/tend-logs.ts';
import { collect } from './collect.ts';
import { eventually } from './eventually.ts';
import { createProcessWorld, shellAgents } from './process-world.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let logs: string;
const file = (age = 0) => join(logs, age === 0 ? 'agent.log' : `agent.log.${age}`);
const append = (text: string) => appendFileSync(file(), text);
const tail = (lines: number) => collect(readLog(logs, { tail: lines, follow: false }));
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const text = (lines: string[]) => lines.map((line) => `${line}\n`).join('');

beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'keepwell-log-'));
});
afterEach(() => rm(logs, { recursive: true, force: true }));

describe('the last lines of a log', () => {
  it('are given oldest first, an unfinished one included', async () => {
    append('a\nb\nc');
    expect(await tail(2)).toEqual(['b', 'c']);
    append('\n');
    expect(await tail(2)).toEqual(['b', 'c']);
    expect(await tail(1)).toEqual(['c']);
    expect(await tail(0)).toEqual([]);
    expect(await tail(99)).toEqual(['a', 'b', 'c']);
  });

  it('are none without a log', async () => {
    expect(await tail(5)).toEqual([]);
  });

  it('keep empty lines and lose the carriage return', async () => {
    append('a\r\n\n\nb\n\n');
    expect(await tail(4)).toEqual(['', '', 'b', '']);
  });

  it('are found in a long log, whatever block they begin in', async () => {
    const lines = numbered(1, 40_000);
    append(text(lines));
    for (const wanted of [1, 6_000, 20_000, 39_999, 40_000]) {
      expect(await tail(wanted)).toEqual(lines.slice(-wanted));
    }
  });

  it('go back into rotated files, also where a line was cut in two', async () => {
    await writeFile(file(2), 'one\ntwo\nth');
    await writeFile(file(1), 'ree\nfour\n');
    append('five\n');
    expect(await tail(2)).toEqual(['four', 'five']);
    expect(await tail(3)).toEqual(['three', 'four', 'five']);
    expect(await tail(9)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('are cut when they are too long, and the next one is whole', async () => {
    append(`${'x'.repeat(MAX_LINE_BYTES * 20)}\nnext\n`);
    const [long, next] = await tail(2);
    expect(long?.length).toBeLessThan(MAX_LINE_BYTES + 50);
    expect(long).toMatch(/^x+ … \(line cut\)$/);
    expect(next).toBe('next');
  });

  it('are not read through a link', async () => {
    await writeFile(join(logs, 'secret'), 'secret\n');
    await symlink(join(logs, 'secret'), file());
    expect(await tail(5)).toEqual([]);
  });

  it('keep characters that fall between two blocks', () => {
    const bytes = Buffer.from('grüße\n');
    const splitter = createLineSplitter();
    const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])));
    expect(lines).toEqual(['grüße']);
  });
});

describe('a follower', () => {
  const follow = (wanted: number) => {
    const abort = new AbortController();
    const lines: string[] = [];
    const done = (async () => {
      for await (const line of readLog(logs, { tail: wanted, follow: true, signal: abort.signal })) {
        lines.push(line);
      }
    })();
    return { lines, abort, done };
  };

  it('gets what is there and then each line once it is complete, until it is told to end', async () => {
    append('a\nb\n');
    const { lines, abort, done } = follow(1);
    await eventually(() => lines.length === 1);
    append('c\nunfini');
    await eventually(() => lines.length === 2);
    append('shed\n');
    await eventually(() => lines.length === 3);
    abort.abort();
    await done;
    expect(lines).toEqual(['b', 'c', 'unfinished']);
  });

  it('waits for a log that is not there yet', async () => {
    const { lines, abort, done } = follow(5);
    append('first\n');
    await eventually(() => lines.length === 1);
    abort.abort();
    await done;
  });

  it('loses and repeats nothing when the log is rotated, also in the middle of a line', async () => {
    append('one\n');
    const { lines, abort, done } = follow(5);
    await eventually(() => lines.length === 1);
    append('two\nth');
    await rotateLog(logs, { maxBytes: 6, keep: 2 });
    append('ree\n');
    await eventually(() => lines.length === 3);
    // The new file grows beyond where the reader was in the old one before it looks again.
    append('four\n');
    await rotateLog(logs, { maxBytes: 6, keep: 2 });
    append(text(numbered(1, 50)));
    await eventually(() => lines.length >= 54);
    abort.abort();
    await done;
    expect(lines).toEqual(['one', 'two', 'three', 'four', ...numbered(1, 50)]);
  });

  it('begins anew when somebody else empties the log', async () => {
    append(text(numbered(1, 9)));
    const { lines, abort, done } = follow(1);
    await eventually(() => lines.length === 1);
    truncateSync(file());
    append('new\n');
    await eventually(() => lines.length === 2);
    abort.abort();
    await done;
    expect(lines).toEqual(['line 9', 'new']);
  });
});

describe('the rotation of a log', () => {
  it('leaves a log within its limit alone', async () => {
    append('12345');
    expect(await rotateLog(logs, { maxBytes: 5, keep: 2 })).toBe(false);
    expect(existsSync(file(1))).toBe(false);
  });

  it('keeps the newest files, each with the next number', async () => {
    for (const word of ['first', 'second', 'third', 'fourth']) {
      append(word);
      expect(await rotateLog(logs, { maxBytes: 4, keep: 2 })).toBe(true);
    }
    expect(await readFile(file(), 'utf8')).toBe('');
    expect(await readFile(file(1), 'utf8')).toBe('fourth');
    expect(await readFile(file(2), 'utf8')).toBe('third');
    expect(existsSync(file(3))).toBe(false);
  });

  it('keeps only the newest part of a log that grew far beyond its limit', async () => {
    append(text(numbered(1, 1_000)));
    await rotateLog(logs, { maxBytes: 100, keep: 1 });
    const kept = await readFile(file(1), 'utf8');
    expect(kept).toHaveLength(100);
    expect(kept.endsWith('line 1000\n')).toBe(true);
  });

  it('empties a log far beyond its limit even when the old output cannot be kept', async () => {
    await mkdir(join(file(1), 'in the way'), { recursive: true });
    append('123456');
    await expect(rotateLog(logs, { maxBytes: 5, keep: 1 })).rejects.toThrow();
    expect(await readFile(file(), 'utf8')).toBe('123456');
    append('78901');
    await expect(rotateLog(logs, { maxBytes: 5, keep: 1 })).rejects.toThrow();
    expect(await readFile(file(), 'utf8')).toBe('');
    expect(existsSync(`${file()}.rotating`)).toBe(false);
  });

  it('reports a failure once a minute, not at every look', async () => {
    await mkdir(join(file(1), 'in the way'), { recursive: true });
    append('123456');
    const faults: unknown[] = [];
    const tend = createLogTender({ maxBytes: 5, keep: 1 }, (fault) => faults.push(fault));
    await tend('one', logs);
    await tend('one', logs);
    expect(faults).toMatchObject([{ workspaceId: 'one' }]);
  });

  it('does not touch what a link leads to', async () => {
    await writeFile(join(logs, 'precious'), 'precious');
    await symlink(join(logs, 'precious'), file());
    await expect(rotateLog(logs, { maxBytes: 1, keep: 1 })).rejects.toThrow('ELOOP');
    expect(await readFile(join(logs, 'precious'), 'utf8')).toBe('precious');
  });

  it('goes on while an instance writes, and no line is lost or doubled at a crash-free rotation', async () => {
    const world = await createProcessWorld();
    const runtime = world.open({ pollMs: 20, log: { maxBytes: 2_000, keep: 50 } });
    const workspaceId = '01rotation000000000000000a';
    const count = 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; sleep 0.002; done; sleep 60';
    await runtime.start(world.order(workspaceId, shellAgents.script(count)));
    const follower = new AbortController();
    const followed: string[] = [];
    for await (const line of runtime.logs(workspaceId, {
      tail: 1_000,
      follow: true,
      signal: follower.signal,
    })) {
      followed.push(line);
      if (line === 'line 400') follower.abort();
    }
    const stored = await collect(runtime.logs(workspaceId, { tail: 1_000, follow: false }));
    expect(existsSync(join(world.foldersOf(workspaceId).logs, 'agent.log.1'))).toBe(true);
    expect(followed).toEqual(stored);
    // Microseconds of output may be lost at a rotation, no more; nothing comes twice or out of order.
    expect(stored.length).toBeGreaterThan(390);
    expect(new Set(stored).size).toBe(stored.length);
    await runtime.close();
    await world.dispose();
  });
});
