import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printSource, type Source } from './source.ts';
import { writeFileWhole } from './write-file.ts';

/** Remembers which tree a source is at a revision, so that what is cached needs no network. */
export type RevisionMemo = {
  recall(source: Source, revision: string): Promise<string | null>;
  remember(source: Source, revision: string, treeHash: string): Promise<void>;
};

/** Raised whenever the same revision would give another tree hash. */
const FORMAT = 2;

/** Makes the memo; it may be deleted at any time, and costs a fetch then. */
export const createRevisionMemo = (folder: string): RevisionMemo => {
  mkdirSync(folder, { recursive: true });
  const fileOf = (source: Source, revision: string) => {
    // A branch and a tag at the same commit are the same content.
    const place = printSource('ref' in source ? { ...source, ref: revision } : source);
    return join(folder, hash('sha256', `${FORMAT}\0${place}\0${revision}`));
  };

  return {
    async recall(source, revision) {
      const text = await readFile(fileOf(source, revision), 'utf8').catch(() => '');
      return /^[0-9a-f]{64}\n$/.test(text) ? text.trim() : null;
    },
    remember: (source, revision, treeHash) => writeFileWhole(fileOf(source, revision), `${treeHash}\n`),
  };
};
