/** One thing in a plugin as its source offers it. Only files may enter; the rest is named so that it can be refused. */
export type TreeEntry = {
  /** Relative to the plugin, parts joined by `/`; not yet checked. */
  path: string;
  /** A folder is judged by its path alone, and is not kept: only what is in it is. */
  kind: 'file' | 'folder' | 'link' | 'submodule' | 'other' | 'unreadable';
  executable: boolean;
  /** Whether it would run with its owner's rights. */
  setuid: boolean;
  /** What the source says it holds; the bytes that come are counted anyway. */
  size: number;
  /** To be read, if at all, before the next entry is asked for. */
  bytes(): AsyncIterable<Uint8Array>;
};
