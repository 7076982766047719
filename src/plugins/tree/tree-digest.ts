import { createHash } from 'node:crypto';

/** One file as it counts. `content` is the SHA-256 of its bytes in hex. */
export type FileRecord = { path: string; mark: '-' | 'x' | '!'; content: string };

/** `treeHash` stands for the whole plugin; `coreHash` for all but its texts, the files named `SKILL.md`. */
export type TreeHashes = { treeHash: string; coreHash: string };

/**
 * Hashes a plugin's files.
 *
 * The tree hash is the SHA-256, in lower-case hex, of one record per file, in ascending order of the bytes of their
 * paths in UTF-8:
 *
 *     <path> NUL <mark> NUL <SHA-256 of the content, 64 hex digits> LF
 *
 * The path is relative to the plugin, its parts joined by `/`. The mark is `x` if the owner may execute the file,
 * otherwise `-`. Nothing else counts: no times, no owners, no other permission, no empty folder, no generated file.
 * What no plugin may contain, but may be found on disk all the same (a link, a device, something unreadable), has
 * the mark `!` and the SHA-256 of a word in place of its content: it differs from every tree that was let in.
 */
export const hashRecords = (records: readonly FileRecord[]): TreeHashes => {
  const tree = createHash('sha256');
  const core = createHash('sha256');
  for (const { path, mark, content } of [...records].sort(byPathBytes)) {
    const record = `${path}\0${mark}\0${content}\n`;
    tree.update(record);
    if (!isSkillText(path)) core.update(record);
  }
  return { treeHash: tree.digest('hex'), coreHash: core.digest('hex') };
};

const isSkillText = (path: string) => path === 'SKILL.md' || path.endsWith('/SKILL.md');

const byPathBytes = (a: FileRecord, b: FileRecord) =>
  Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
