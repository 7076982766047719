import type { BeatTallies } from './beat-tally.ts';
import type { Entry } from './entry.ts';
import type { Store } from './ports.ts';

/** So many are written in one commit, so that a large fleet does not hold up the beats that come in meanwhile. */
const WRITTEN_TOGETHER = 500;
/** Minutes of beats lie apart in the database: each is a page of its own, and takes 30 µs where a presence takes 4. */
const MINUTES_TOGETHER = 200;

type KeeperOptions = {
  store: Pick<Store, 'savePresence' | 'saveBeats'>;
  entries: () => Iterable<Entry>;
  tallies: Pick<BeatTallies, 'finish' | 'take' | 'giveBack'>;
};

/**
 * Writes what beats changed, and the minutes that are over. Losing the last of it after a crash costs an older
 * `last_heartbeat_at`, and the beats of the minute that was under way.
 */
export const createPresenceKeeper = ({ store, entries, tallies }: KeeperOptions) => {
  const savePresence = async (changed: Entry[]): Promise<void> => {
    if (changed.length === 0) return;
    for (const entry of changed) entry.presenceChanged = false;
    try {
      await store.savePresence(
        changed.map(({ id, presence }) => ({ workspaceId: id, presence: { ...presence } })),
      );
    } catch {
      for (const entry of changed) entry.presenceChanged = true;
    }
  };

  /** Whether there is more. */
  const saveBeats = async (): Promise<boolean> => {
    const minutes = tallies.take(MINUTES_TOGETHER);
    if (minutes.length === 0) return false;
    try {
      await store.saveBeats(minutes);
      return minutes.length === MINUTES_TOGETHER;
    } catch {
      tallies.giveBack(minutes);
      return false;
    }
  };

  const saveAll = async (changed: Entry[]): Promise<void> => {
    for (let first = 0, more = true; more || first < changed.length; first += WRITTEN_TOGETHER) {
      // In one turn, so that they share a commit.
      const written = [saveBeats(), savePresence(changed.slice(first, first + WRITTEN_TOGETHER))] as const;
      [more] = await Promise.all(written);
    }
  };
  const changedOnes = (): Entry[] => [...entries()].filter(({ presenceChanged }) => presenceChanged);

  // All of these resolve when what they write is on disk, or could not be written.
  return {
    async flush(): Promise<void> {
      tallies.finish(entries());
      await saveAll(changedOnes());
    },
    /** The beats of these, up to now. */
    async settle(some: Iterable<Entry>): Promise<void> {
      tallies.finish(some, { evenUnderWay: true });
      await saveAll([]);
    },
    /** Everything, for there will be no other time. */
    async close(): Promise<void> {
      tallies.finish(entries(), { evenUnderWay: true });
      await saveAll(changedOnes());
    },
  };
};
