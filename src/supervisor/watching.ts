import type { Supervisor } from './api.ts';
import type { Entry } from './entry.ts';
import { createFleet, type FleetOptions } from './fleet.ts';
import { armedIn } from './inside.ts';
import type { Judgement } from './judgement.ts';
import type { SupervisorInside } from './watching-api.ts';

type WatchingOptions = FleetOptions & {
  judgement: Judgement;
  /** What the supervisor does again and again. */
  loops: () => SupervisorInside['loops'];
};

/** What those are told who watch: of the fleet, of steps inside a workspace, and of the supervisor itself. */
export const createWatching = ({ judgement, loops, ...options }: WatchingOptions) => {
  const fleet = createFleet(options);
  const listeners = new Set<(workspaceId: string) => void>();
  const side: Pick<Supervisor, 'onStep' | 'fleet' | 'inside'> = {
    onStep(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    fleet: fleet.changes,
    inside: () => ({ ...armedIn(options.directory.all()), loops: loops(), judgement: judgement.view() }),
  };
  return {
    side,
    noteRemoval: fleet.noteRemoval,
    noteStep({ id }: Entry): void {
      for (const listener of listeners) listener(id);
    },
  };
};
