import type { PluginSwitch, RecordedPlugin } from '../../../machines/reconcile/outcome.ts';
import { isPluginName } from '../name.ts';
import { openRegularFile } from '../tree/open-file.ts';

/** The record beside a set. It lies where an agent could write, so nothing in it is believed unseen. */
export type SetLock = {
  format: 1;
  generation: number;
  /** The set that was in force when this one was built; 0 for none. */
  previous: number;
  /** When it was built, in epoch milliseconds; null when an earlier version built it. */
  builtAt: number | null;
  /** The set whose plugins it holds again, 0 for none of them; null when it is not a rollback. */
  restoredFrom: number | null;
  plugins: RecordedPlugin[];
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
      const lock = completed(JSON.parse(await handle.readFile('utf8')));
      return isLock(lock) ? lock : null;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
};

/** Earlier versions wrote down less. */
const completed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const { plugins, ...lock } = value as { plugins?: unknown };
  return {
    builtAt: null,
    restoredFrom: null,
    ...lock,
    plugins: Array.isArray(plugins)
      ? plugins.map((plugin: object) => ({ manifestHash: null, ...plugin }))
      : plugins,
  };
};

const isLock = (value: unknown): value is SetLock => {
  const lock = value as Partial<SetLock> | null;
  return (
    lock?.format === 1 &&
    isCount(lock.generation) &&
    isCount(lock.previous) &&
    (lock.builtAt === null || isCount(lock.builtAt)) &&
    (lock.restoredFrom === null || isCount(lock.restoredFrom)) &&
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
  const plugin = value as Partial<RecordedPlugin> | null;
  return (
    isText(plugin?.name) &&
    isPluginName(plugin?.name ?? '') &&
    isText(plugin?.source) &&
    (plugin?.revision === null || isText(plugin?.revision)) &&
    isHash(plugin?.treeHash) &&
    isHash(plugin?.coreHash) &&
    (plugin?.manifestHash === null || isHash(plugin?.manifestHash)) &&
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
