import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { KeepwellError } from '../../errors.ts';
import type { TreeEntry } from '../tree/tree-entry.ts';
import { createRatioGuard } from './ratio-guard.ts';

/**
 * What a tar.gz holds, as it comes. Judges nothing but its form and how far it unpacks: `writeTree` makes every check.
 *
 * Ends what it reads from when its caller leaves.
 *
 * @param archiveBytes What the packed stream weighs, for the ratio; null where nobody knows beforehand.
 * @throws {KeepwellError} `PLUGIN_ARCHIVE_INVALID`, `PLUGIN_BOMB`; whatever `archive` itself fails with
 */
export async function* tarEntries(
  archive: Readable,
  archiveBytes: number | null = null,
): AsyncGenerator<TreeEntry> {
  const tar = extract();
  let failure: unknown = null;
  archive.once('error', (error) => {
    failure = error;
  });
  const gunzip = createGunzip({ rejectGarbageAfterEnd: true });
  const guard = createRatioGuard(archiveBytes);
  const piped = pipeline(archive, gunzip, guard, tar).then(
    () => null,
    (error: unknown) => error,
  );
  try {
    for await (const entry of tar) {
      const { name, type, mode, size } = entry.header;
      yield {
        path: type === 'directory' ? name.replace(/\/+$/, '') : name,
        kind: kindOf(type),
        executable: (mode & 0o100) !== 0,
        setuid: type !== 'directory' && (mode & 0o7000) !== 0,
        size,
        bytes: () => entry as AsyncIterable<Uint8Array>,
      };
      // What nobody read has to go by before the next entry can come.
      entry.resume();
    }
    const problem = await piped;
    if (problem !== null) throw problem;
  } catch (error) {
    if (error instanceof KeepwellError) throw error;
    if (failure !== null) throw failure;
    throw new KeepwellError('PLUGIN_ARCHIVE_INVALID', {
      message: 'The archive is no whole tar.gz file.',
      cause: error,
    });
  } finally {
    archive.destroy();
    tar.destroy();
    await piped;
  }
}

const KINDS: Partial<Record<string, TreeEntry['kind']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  link: 'link',
  symlink: 'link',
};

/** A kind that is not known is not a file. */
const kindOf = (type: Header['type']): TreeEntry['kind'] => KINDS[type ?? ''] ?? 'other';
