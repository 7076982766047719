import type { Occurrence } from './actor-host.ts';
import type { Directory } from './directory.ts';
import type { Entry } from './entry.ts';
import type { Runtime } from './ports.ts';

/** Tells each workspace of the end of its instance. Returns what ends that. */
export const tellExits = (
  runtimes: Iterable<Runtime>,
  directory: Pick<Directory, 'find'>,
  tell: (entry: Entry, occurrence: Occurrence) => void,
): (() => void) => {
  const stops = [...runtimes].map((runtime) =>
    runtime.onExit(({ workspaceId, incarnation, code, signal }) => {
      const entry = directory.find(workspaceId);
      if (entry !== undefined) tell(entry, { type: 'instance.exited', incarnation, code, signal });
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
};
