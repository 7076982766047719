import type { BeatTallies } from './beat-tally.ts';
import type { Entry } from './entry.ts';
import type { Store } from './ports.ts';

/** So many are written in one commit, so that a large fleet does not hold up the beats that come in meanwhile. */
const WRITTEN_TOGETHER = 500;

type KeeperOptions = {
  store: Pick<Store, 'savePresence' | 'saveBeats'>;
  entries: () => Iterable<Entry>;
  tallies: Pick<BeatTallies, 'take' | 'giveBack'>;
};

/** Writes what beats changed. Losing the last of it costs an older `last_heartbeat_at` after a crash, and some seconds of beats. */
export const createPresenceKeeper = ({ store, entries, tallies }: KeeperOptions) => {
  const savePresence = async (changed: Entry[]): Promise<void> => {
    for (const entry of changed) entry.presenceChanged = false;
    try {
      await store.savePresence(
        changed.map(({ id, presence }) => ({ workspaceId: id, presence: { ...presence } })),
      );
    } catch {
      for (const entry of changed) entry.presenceChanged = true;
    }
  };

  const saveBeats = async (heard: Entry[]): Promise<void> => {
    const minutes = tallies.take(heard);
    if (minutes.length === 0) return;
    try {
      await store.saveBeats(minutes);
    } catch {
      tallies.giveBack(minutes);
    }
  };

  return {
    /** Resolves when all that had changed is on disk, or could not be written. */
    async flush(): Promise<void> {
      const changed = [...entries()].filter(({ presenceChanged }) => presenceChanged);
      for (let first = 0; first < changed.length; first += WRITTEN_TOGETHER) {
        const some = changed.slice(first, first + WRITTEN_TOGETHER);
        // In one turn, so that they share a commit.
        await Promise.all([savePresence(some), saveBeats(some)]);
      }
    },
  };
};
