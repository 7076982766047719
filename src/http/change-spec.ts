import { isDeepStrictEqual } from 'node:util';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import type { Supervisor, WorkspaceKey, WorkspaceView } from '../supervisor/api.ts';
import { requireGeneration } from './if-match.ts';

/** How often a change that named no generation is made anew on what somebody else wrote meanwhile. */
const TRIES = 3;

/**
 * Changes a spec on top of what is in force, so that no other change is lost.
 *
 * A change that changes nothing raises no generation and restarts nobody.
 *
 * @param ifGeneration Refuses to change any other generation; null takes whichever is in force.
 * @throws `GENERATION_CONFLICT`, and whatever `revise` throws
 */
export const changeSpec = async (
  supervisor: Supervisor,
  key: WorkspaceKey,
  ifGeneration: number | null,
  revise: (current: WorkspaceSpec) => WorkspaceSpec,
): Promise<WorkspaceView> => {
  for (let tries = 1; ; tries += 1) {
    const view = supervisor.view(key);
    requireGeneration(ifGeneration, view.generation);
    const revised = revise(view.spec);
    if (isDeepStrictEqual(revised, view.spec)) return view;
    try {
      return await supervisor.change(view.id, revised, view.generation);
    } catch (error) {
      const isRace = error instanceof KeepwellError && error.code === 'GENERATION_CONFLICT';
      if (!isRace || ifGeneration !== null || tries === TRIES) throw error;
    }
  }
};
