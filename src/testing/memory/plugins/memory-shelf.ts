import type { PluginSwitch, RecordedPlugin } from '../../../../machines/reconcile/outcome.ts';
import type { PluginContent } from './plugin-content.ts';

/** One complete set. The contents can be spoilt behind everybody's back; the record cannot. */
export type StoredSet = {
  generation: number;
  /** The set that was in force when it was built; 0 for none. */
  previous: number;
  builtAt: number | null;
  restoredFrom: number | null;
  plugins: readonly RecordedPlugin[];
  switches: readonly PluginSwitch[];
  contents: Map<string, PluginContent>;
};

export type OwnSets = { sets: Map<number, StoredSet>; inForce: number };

/** What is on the disk of the plugin side. It outlives every cache and every sets object opened over it. */
export type MemoryShelf = {
  /** Complete trees by their hash. */
  trees: Map<string, PluginContent>;
  /** Which tree a revision of a source was, `source@revision`. */
  revisions: Map<string, string>;
  workspaces: Map<string, OwnSets>;
};

export const createMemoryShelf = (): MemoryShelf => ({
  trees: new Map(),
  revisions: new Map(),
  workspaces: new Map(),
});

export const ownSets = (shelf: MemoryShelf, workspaceId: string): OwnSets => {
  const own = shelf.workspaces.get(workspaceId) ?? { sets: new Map<number, StoredSet>(), inForce: 0 };
  shelf.workspaces.set(workspaceId, own);
  return own;
};

/** Somebody changes the files of a plugin in a set, or with null removes its folder. Default: the set in force. */
export const spoil = (
  shelf: MemoryShelf,
  workspaceId: string,
  name: string,
  content: PluginContent | null,
  generation: number = ownSets(shelf, workspaceId).inForce,
): void => {
  const contents = ownSets(shelf, workspaceId).sets.get(generation)?.contents;
  if (content === null) contents?.delete(name);
  else contents?.set(name, content);
};
