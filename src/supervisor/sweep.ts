import type { Log } from './options.ts';
import type { Runtime } from './ports.ts';

/** Stops what belongs to nobody. Nothing waits for it, so it may take its time and may fail. */
export const sweep = async (
  runtime: Runtime,
  isKnown: (workspaceId: string) => boolean,
  log: Log,
): Promise<void> => {
  const details = { runtime: runtime.name };
  try {
    const workspaces = await runtime.sweep(isKnown);
    if (workspaces.length > 0) log.warn({ ...details, workspaces }, 'reaped what belongs to nobody');
  } catch (error) {
    log.warn({ ...details, err: error }, 'could not look for what belongs to nobody');
  }
};
