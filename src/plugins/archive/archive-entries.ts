import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import type { TreeEntry } from '../tree/tree-entry.ts';
import { tarEntries } from './tar-entries.ts';
import { zipEntries } from './zip-entries.ts';

/**
 * What an archive on disk holds, whichever kind it is by its first bytes.
 *
 * A single folder around everything is left out: that is how forges and npm pack.
 *
 * @throws {KeepwellError} `PLUGIN_ARCHIVE_INVALID`, `PLUGIN_BOMB`, `PLUGIN_TOO_MANY_FILES`
 */
export async function* archiveEntries(file: string, limits: PluginLimits): AsyncGenerator<TreeEntry> {
  const { size, kind } = await lookAt(file);
  const read = () => (kind === 'zip' ? zipEntries(file, size) : tarEntries(createReadStream(file), size));
  const around = await folderAround(read(), limits);
  for await (const entry of read()) {
    if (around !== null && entry.path === around) continue;
    yield around === null ? entry : { ...entry, path: entry.path.slice(around.length + 1) };
  }
}

const lookAt = async (file: string): Promise<{ size: number; kind: 'zip' | 'tar.gz' }> => {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    if (buffer.toString('latin1') === 'PK') return { size, kind: 'zip' };
    if (buffer.readUInt16BE() === 0x1f8b) return { size, kind: 'tar.gz' };
    throw new KeepwellError('PLUGIN_ARCHIVE_INVALID', { message: 'The archive is neither tar.gz nor zip.' });
  } finally {
    await handle.close();
  }
};

/** The folder in which everything lies, or null. Reads the whole archive, so that a damaged one is found first. */
const folderAround = async (
  entries: AsyncIterable<TreeEntry>,
  { files }: PluginLimits,
): Promise<string | null> => {
  const tops = new Set<string>();
  let hasFileAtTop = false;
  let count = 0;
  for await (const { path, kind } of entries) {
    count += 1;
    // Folders count too here: a plugin cannot have twice as many of them as it may have files.
    if (count > 2 * files) throw new KeepwellError('PLUGIN_TOO_MANY_FILES');
    const [top = ''] = path.split('/');
    tops.add(top);
    if (top === path && kind !== 'folder') hasFileAtTop = true;
  }
  const [only = ''] = tops;
  const isFolder =
    tops.size === 1 && !hasFileAtTop && /^[^/\\]+$/.test(only) && only !== '.' && only !== '..';
  return isFolder ? only : null;
};
