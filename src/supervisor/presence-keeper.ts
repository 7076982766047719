import type { Entry } from './entry.ts';
import type { Store } from './ports.ts';

/** So many are written in one commit, so that a large fleet does not hold up the beats that come in meanwhile. */
const WRITTEN_TOGETHER = 500;

type KeeperOptions = { store: Pick<Store, 'savePresence'>; entries: () => Iterable<Entry> };

/** Writes what beats changed. Losing the last of it costs nothing but an older `last_heartbeat_at` after a crash. */
export const createPresenceKeeper = ({ store, entries }: KeeperOptions) => {
  const save = async (changed: Entry[]): Promise<void> => {
    for (const entry of changed) entry.presenceChanged = false;
    try {
      await store.savePresence(
        changed.map(({ id, presence }) => ({ workspaceId: id, presence: { ...presence } })),
      );
    } catch {
      for (const entry of changed) entry.presenceChanged = true;
    }
  };

  return {
    /** Resolves when all that had changed is on disk, or could not be written. */
    async flush(): Promise<void> {
      const changed = [...entries()].filter(({ presenceChanged }) => presenceChanged);
      for (let first = 0; first < changed.length; first += WRITTEN_TOGETHER) {
        await save(changed.slice(first, first + WRITTEN_TOGETHER));
      }
    },
  };
};
