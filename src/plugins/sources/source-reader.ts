import type { TreeEntry } from '../tree/tree-entry.ts';

/** What a source stands for right now. `revision` and `treeHash` are null where they cannot be known. */
export type Resolution = { revision: string | null; treeHash: string | null };

/**
 * Reaches one kind of source. A reader judges nothing of what it finds: the checks are made where trees are written.
 *
 * Both methods end soon after their signal aborts, and reject with a `KeepwellError` for whatever can be foreseen.
 */
export interface SourceReader<Source> {
  /** What the source stands for, without fetching its content. */
  resolve(source: Source, signal: AbortSignal): Promise<Resolution>;
  /** The content at exactly this revision, or as it is now where the source has no revisions. */
  read(source: Source, revision: string | null, signal: AbortSignal): AsyncIterable<TreeEntry>;
}
