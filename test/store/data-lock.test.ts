import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDataLock } from '../../src/store/data-lock.ts';
import { aFolder } from './support.ts';

type Holder = ChildProcessByStdio<Writable, Readable, null>;

/** Another process that tries to take the lock, and the first thing it says. */
const another = async (file: string): Promise<{ process: Holder; says: string }> => {
  const script = fileURLToPath(new URL('./hold-data-lock.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { process: child, says: chunk.toString().trim() };
};

const locked = (pid: number | undefined) =>
  expect.objectContaining({
    code: 'DATA_FOLDER_LOCKED',
    message: expect.stringContaining(`(process ${pid})`),
  });

describe('the lock of a data folder', { timeout: 60_000 }, () => {
  it('lets one process in and tells the second one who is there', async () => {
    const file = join(aFolder(), 'keepwell.lock');
    const first = await another(file);
    expect(first.says).toBe('held');

    expect(() => openDataLock({ file, pid: process.pid })).toThrow(locked(first.process.pid));
    expect((await another(file)).says).toContain(`(process ${first.process.pid})`);
  });

  it('is free the moment its holder is killed, with nothing to clean up', async () => {
    const file = join(aFolder(), 'keepwell.lock');
    const first = await another(file);
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    expect(readFileSync(`${file}.pid`, 'utf8')).toBe(`${first.process.pid}\n`);

    const lock = openDataLock({ file, pid: process.pid });
    expect((await another(file)).says).toContain(`(process ${process.pid})`);
    lock.release();
  });

  it('can be taken by the next one after it was released, and releasing again frees nobody else', async () => {
    const file = join(aFolder(), 'keepwell.lock');
    const lock = openDataLock({ file, pid: process.pid });
    lock.release();
    expect(existsSync(`${file}.pid`)).toBe(false);

    const second = await another(file);
    expect(second.says).toBe('held');
    lock.release();
    expect(() => openDataLock({ file, pid: process.pid })).toThrow(locked(second.process.pid));

    second.process.stdin.end();
    await once(second.process, 'exit');
    openDataLock({ file, pid: process.pid }).release();
  });

  it('refuses a second one within the same process, and stays held afterwards', async () => {
    const file = join(aFolder(), 'keepwell.lock');
    const lock = openDataLock({ file, pid: process.pid });

    expect(() => openDataLock({ file, pid: 1 })).toThrow(locked(process.pid));
    expect((await another(file)).says).toContain(`(process ${process.pid})`);
    lock.release();
  });

  it('says that it is locked even when it cannot tell by whom', () => {
    const file = join(aFolder(), 'keepwell.lock');
    const lock = openDataLock({ file, pid: process.pid });
    writeFileSync(`${file}.pid`, 'nonsense');

    expect(() => openDataLock({ file, pid: 1 })).toThrow('Another supervisor uses this data folder.');
    lock.release();
  });

  it('says that the folder cannot be used when it is missing', () => {
    const file = join(aFolder(), 'missing', 'keepwell.lock');

    expect(() => openDataLock({ file, pid: 1 })).toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE' }),
    );
  });
});
