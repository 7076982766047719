import type { InstalledPlugin, PluginSwitch } from '../../../machines/reconcile/outcome.ts';
import { isPluginName } from '../name.ts';
import { openRegularFile } from '../tree/open-file.ts';

/** What was put into a set: the part of an `InstalledPlugin` that does not change. */
export type LockedPlugin = Omit<InstalledPlugin, 'actualHash'>;

/** The record beside a set. It lies where an agent could write, so nothing in it is believed unseen. */
export type SetLock = {
  format: 1;
  generation: number;
  /** The set that was in force when this one was built; 0 for none. */
  previous: number;
  plugins: LockedPlugin[];
  /** What the latest sets changed, ascending; this one last. */
  switches: PluginSwitch[];
};

const MOST_BYTES = 16 * 1024 * 1024;

export const printLock = (lock: SetLock): string => `${JSON.stringify(lock, null, 2)}\n`;

/** Reads a lock; null when there is none, or nothing that makes sense. */
export const readLock = async (file: string): Promise<SetLock | null> => {
  try {
    const handle = await openRegularFile(file);
    try {
      if ((await handle.stat()).size > MOST_BYTES) return null;
      const lock: unknown = JSON.parse(await handle.readFile('utf8'));
      return isLock(lock) ? lock : null;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
};

const isLock = (value: unknown): value is SetLock => {
  const lock = value as Partial<SetLock> | null;
  return (
    lock?.format === 1 &&
    isCount(lock.generation) &&
    isCount(lock.previous) &&
    Array.isArray(lock.plugins) &&
    lock.plugins.every(isLocked) &&
    new Set(lock.plugins.map(({ name }) => name)).size === lock.plugins.length &&
    Array.isArray(lock.switches) &&
    lock.switches.every(isSwitch)
  );
};

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === 'string';
const isHash = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isLocked = (value: unknown): boolean => {
  const plugin = value as Partial<LockedPlugin> | null;
  return (
    isText(plugin?.name) &&
    isPluginName(plugin?.name ?? '') &&
    isText(plugin?.source) &&
    (plugin?.revision === null || isText(plugin?.revision)) &&
    isHash(plugin?.treeHash) &&
    isHash(plugin?.coreHash) &&
    ['never', 'auto', 'always'].includes(plugin?.restart ?? '')
  );
};

const isSwitch = (value: unknown): boolean => {
  const made = value as Partial<PluginSwitch> | null;
  return (
    isCount(made?.generation) &&
    typeof made?.restartNeeded === 'boolean' &&
    Array.isArray(made.changed) &&
    made.changed.every(isText)
  );
};
