import { execFileSync } from 'node:child_process';
import { constants, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Defect } from './defect.ts';

export const REPO = join(import.meta.dirname, '..', '..');

/** A copy of the repository in which things may be broken. */
export type Workbench = {
  folder: string;
  /** Lets `work` happen with a defect in the copy, and mends it again. @throws when an edit fits nowhere */
  withDefect<T>(defect: Defect, work: () => Promise<T>): Promise<T>;
  remove(): void;
};

/** Copies what git knows of, and what it would take; the packages are the same ones. */
export const openWorkbench = (): Workbench => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-mutants-'));
  for (const file of filesOfRepo()) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    copyFileSync(join(REPO, file), join(folder, file), constants.COPYFILE_FICLONE);
  }
  symlinkSync(join(REPO, 'node_modules'), join(folder, 'node_modules'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    folder,
    async withDefect({ edits }, work) {
      const whole = new Map<string, string>();
      try {
        for (const { file, find, replace } of edits) {
          const path = join(folder, file);
          const text = await readFile(path, 'utf8');
          if (!whole.has(path)) whole.set(path, text);
          await writeFile(path, replaceOnce(text, find, replace, file));
        }
        return await work();
      } finally {
        for (const [path, text] of whole) await writeFile(path, text);
      }
    },
    remove,
  };
};

const filesOfRepo = (): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPO,
    encoding: 'utf8',
  })
    .split('\0')
    // Where the packages are a link, git takes them for a file.
    .filter((file) => file !== '' && file !== 'node_modules');

/** @throws when `find` does not occur exactly once */
export const replaceOnce = (text: string, find: string, replace: string, file: string): string => {
  const [before, after, ...more] = text.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`In ${file} this does not occur exactly once: ${find}`);
  }
  return before + replace + after;
};
