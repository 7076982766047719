import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/**
 * Writes texts into one archive, for its owner alone.
 *
 * @throws the system's error; `EEXIST` when the file is there already
 */
export const writeBundle = async (
  file: string,
  files: ReadonlyMap<string, string>,
  now: number,
): Promise<void> => {
  const tar = pack();
  const mtime = new Date(now);
  for (const [name, text] of files) tar.entry({ name: `keepwell-debug/${name}`, mode: 0o600, mtime }, text);
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
};
