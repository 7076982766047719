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
  const gunzip = createGunzip({ rejectGarbageAfterEnd: true });
  const guard = createRatioGuard(archiveBytes);
  /** Who failed first; whoever is connected to it fails with it. */
  let failed: { stream: unknown; error: unknown } | null = null;
  for (const stream of [archive, gunzip, guard, tar]) {
    stream.once('error', (error: unknown) => {
      failed ??= { stream, error };
    });
  }
  const piped = pipeline(archive, gunzip, guard, tar).then(
    () => null,
    (error: unknown) => error,
  );
  /** What went wrong first, wherever it was noticed. */
  const explained = async (error: unknown): Promise<unknown> => {
    const ended = await piped;
    const first = failed?.error ?? ended ?? error;
    if (first instanceof KeepwellError || failed?.stream === archive) return first;
    const message = 'The archive is no whole tar.gz file.';
    return new KeepwellError('PLUGIN_ARCHIVE_INVALID', { message, cause: first });
  };

  try {
    for await (const entry of tar) {
      const { name, type, mode, size } = entry.header;
      yield {
        path: type === 'directory' ? name.replace(/\/+$/, '') : name,
        kind: kindOf(type),
        executable: (mode & 0o100) !== 0,
        setuid: type !== 'directory' && (mode & 0o7000) !== 0,
        size,
        async *bytes() {
          try {
            yield* entry as AsyncIterable<Uint8Array>;
          } catch (error) {
            throw await explained(error);
          }
        },
      };
      // What nobody read has to go by before the next entry can come.
      entry.resume();
    }
    const problem = await piped;
    if (problem !== null) throw problem;
  } catch (error) {
    throw error instanceof KeepwellError ? error : await explained(error);
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
