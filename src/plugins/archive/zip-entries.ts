import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Entry, type Options, open, type ZipFile } from 'yauzl';
import { KeepwellError } from '../../errors.ts';
import type { TreeEntry } from '../tree/tree-entry.ts';
import { isBomb } from './ratio-guard.ts';

const openZip = promisify<string, Options, ZipFile>(open);

/**
 * What a zip file holds, in the order of its directory. Judges nothing but its form and how far it unpacks.
 *
 * Names are taken as UTF-8, and never mended.
 *
 * @throws {KeepwellError} `PLUGIN_ARCHIVE_INVALID`, `PLUGIN_BOMB`
 */
export async function* zipEntries(file: string, archiveBytes: number): AsyncGenerator<TreeEntry> {
  const zip = await openZip(file, { autoClose: false, lazyEntries: true, decodeStrings: false }).catch(
    (cause: unknown) => {
      throw damaged(cause);
    },
  );
  let announced = 0;
  try {
    for (let entry = await nextOf(zip); entry !== null; entry = await nextOf(zip)) {
      const { compressedSize, uncompressedSize } = entry;
      announced += uncompressedSize;
      if (isBomb(archiveBytes, announced) || isBomb(compressedSize, uncompressedSize)) {
        throw new KeepwellError('PLUGIN_BOMB');
      }
      if (entry.isEncrypted()) throw damaged(null, 'The archive is encrypted.');
      yield offer(zip, entry);
    }
  } finally {
    zip.close();
  }
}

const nextOf = async (zip: ZipFile): Promise<Entry | null> => {
  const found = Promise.race([
    once(zip, 'entry').then(([entry]) => entry as Entry),
    once(zip, 'end').then(() => null),
  ]);
  zip.readEntry();
  return found.catch((cause: unknown) => {
    throw damaged(cause);
  });
};

const offer = (zip: ZipFile, entry: Entry): TreeEntry => {
  // What was asked not to be decoded is a buffer, whatever the types say.
  const name = (entry.fileName as unknown as Buffer).toString('utf8');
  const mode = entry.externalFileAttributes >>> 16;
  const isFolder = name.endsWith('/');
  return {
    path: isFolder ? name.replace(/\/+$/, '') : name,
    kind: isFolder ? 'folder' : kindOf(mode),
    executable: (mode & 0o100) !== 0,
    setuid: !isFolder && (mode & 0o7000) !== 0,
    size: entry.uncompressedSize,
    async *bytes() {
      try {
        const stream = await new Promise<Readable>((resolve, reject) => {
          zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
        });
        yield* stream;
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
};

/** The type of file in a Unix mode; many tools leave it out. */
const kindOf = (mode: number): TreeEntry['kind'] => {
  const type = mode & 0o170000;
  if (type === 0 || type === 0o100000) return 'file';
  return type === 0o120000 ? 'link' : 'other';
};

const damaged = (cause: unknown, message = 'The archive is no whole zip file.') =>
  new KeepwellError('PLUGIN_ARCHIVE_INVALID', { message, cause });
