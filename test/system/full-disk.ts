/** A small disk of its own for a data folder, which a test can fill and free. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type SmallDisk = { path: string; fill(): void; free(): void; remove(): void };

/** Mounts a small tmpfs; a sentence instead when that is not possible here. */
export const mountSmallDisk = (megabytes: number): SmallDisk | string => {
  if (process.platform !== 'linux') return 'a tmpfs can be mounted on Linux only';
  if (process.getuid?.() !== 0) return 'only root may mount a small disk';
  const path = mkdtempSync(join(tmpdir(), 'keepwell-disk-'));
  try {
    asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path);
  } catch (error) {
    rmdirSync(path);
    return `a small disk cannot be mounted: ${(error as Error).message.split('\n').at(-2)}`;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      mkdirSync(ballast, { recursive: true });
      const file = openSync(join(ballast, 'all'), 'a');
      for (const bytes of [65_536, 4_096]) writeUntilFull(file, Buffer.alloc(bytes, 1));
      closeSync(file);
    },
    free: () => rmSync(ballast, { recursive: true, force: true }),
    remove() {
      asRoot('umount', '--lazy', path);
      rmdirSync(path);
    },
  };
};

const asRoot = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: 'pipe' });

const writeUntilFull = (file: number, chunk: Buffer): void => {
  try {
    for (;;) writeSync(file, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
};
