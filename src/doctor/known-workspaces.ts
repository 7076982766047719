import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { createWorkspaces } from '../store/workspaces.ts';
import type { Installation } from './installation.ts';

/** A workspace as the database has it. `spec` is null where it cannot be read; `snapshot` is what the machine reads. */
export type KnownWorkspace = { id: string; spec: WorkspaceSpec | null; snapshot: string };

/** All that are not removed, oldest first; null where the database cannot be read. */
export const knownWorkspaces = ({ database }: Installation): KnownWorkspace[] | null =>
  database === null
    ? null
    : createWorkspaces(database)
        .present()
        .map(({ workspace_id: id, spec, snapshot }) => ({
          id,
          spec: readSpec(spec),
          snapshot: snapshot ?? '',
        }));

const readSpec = (text: string): WorkspaceSpec | null => {
  try {
    const spec = JSON.parse(text) as WorkspaceSpec | null;
    return typeof spec?.name === 'string' ? spec : null;
  } catch {
    return null;
  }
};
