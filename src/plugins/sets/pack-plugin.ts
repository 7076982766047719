import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { isExecutable } from '../tree/hash-tree.ts';
import { listTree, type TreeOptions } from '../tree/list-tree.ts';
import { openRegularFile } from '../tree/open-file.ts';

/**
 * Packs a plugin's folder as tar.gz: the same bytes for the same content, whoever packs it and when.
 *
 * Regular files alone, in the order of the bytes of their paths; links are not followed. Ends when its reader leaves.
 */
export const packPlugin = (folder: string, options: TreeOptions): Readable => {
  const tar = pack();
  const gzip = createGzip({ level: 6 });
  const fill = async (): Promise<void> => {
    const found = (await listTree(folder, options)).filter(({ kind }) => kind === 'file');
    for (const { path, mode } of found.sort(byPathBytes)) {
      const handle = await openRegularFile(join(folder, path));
      try {
        const { size } = await handle.stat();
        const header = { name: path, size, mode: isExecutable(mode) ? 0o755 : 0o644, mtime: new Date(0) };
        await pipeline(handle.createReadStream({ autoClose: false }), tar.entry(header));
      } finally {
        await handle.close();
      }
    }
    tar.finalize();
  };
  fill().catch((error: unknown) => tar.destroy(error as Error));
  pipeline(Readable.from(tar), gzip).catch((error: unknown) => gzip.destroy(error as Error));
  gzip.once('close', () => tar.destroy());
  return gzip;
};

const byPathBytes = (a: { path: string }, b: { path: string }) =>
  Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
