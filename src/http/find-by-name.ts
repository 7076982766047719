import { KeepwellError } from '../errors.ts';
import type { Supervisor, WorkspaceView } from '../supervisor/api.ts';

/** The workspace of that name, and no other one whose id it happens to be; null when there is none. */
export const findByName = (supervisor: Pick<Supervisor, 'view'>, name: string): WorkspaceView | null => {
  try {
    const view = supervisor.view(name);
    return view.spec.name === name ? view : null;
  } catch (error) {
    if (error instanceof KeepwellError && /^WORKSPACE_(NOT_FOUND|REMOVED)$/.test(error.code)) return null;
    throw error;
  }
};
