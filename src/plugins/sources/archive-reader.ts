import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { archiveEntries } from '../archive/archive-entries.ts';
import { type DownloadOptions, download } from '../archive/download.ts';
import type { PluginLimits } from '../limits.ts';
import type { ArchiveSource } from './archive-form.ts';
import type { SourceReader } from './source-reader.ts';

export type ArchiveReaderOptions = Omit<DownloadOptions, 'signal' | 'mostBytes'> & {
  /** Downloads lie here until they are read. */
  stagingFolder: string;
  limits: PluginLimits;
};

/** Downloads archives whole, checks their hash, and only then looks into them. */
export const createArchiveReader = ({
  stagingFolder,
  limits,
  ...reach
}: ArchiveReaderOptions): SourceReader<ArchiveSource> => ({
  async resolve({ sha256 }) {
    return { revision: sha256, treeHash: null };
  },
  async *read({ url, sha256 }, _revision, signal) {
    const file = join(stagingFolder, `${randomUUID()}.archive`);
    try {
      const actual = await download(url, file, { ...reach, mostBytes: limits.bytes, signal });
      if (actual !== sha256) {
        throw new KeepwellError('PLUGIN_HASH_MISMATCH', {
          message: 'The archive is not the one that was declared.',
          details: { declared: sha256, actual },
        });
      }
      yield* archiveEntries(file, limits);
    } finally {
      await rm(file, { force: true });
    }
  },
});
