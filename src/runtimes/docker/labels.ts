import type { EpochMs } from '../../../machines/time.ts';

const INSTALLATION = 'keepwell.installation';
const WORKSPACE = 'keepwell.workspace';
const INCARNATION = 'keepwell.incarnation';
const STARTED_AT = 'keepwell.started-at';

export type Labelled = { workspaceId: string; incarnation: number; startedAt: EpochMs };

/** What the containers of one installation are known by; those of another mean nothing to it. */
export const createLabels = (installationId: string) => ({
  ofInstallation: `${INSTALLATION}=${installationId}`,
  ofWorkspace: (workspaceId: string): string[] => [
    `${INSTALLATION}=${installationId}`,
    `${WORKSPACE}=${workspaceId}`,
  ],
  write: ({ workspaceId, incarnation, startedAt }: Labelled): Record<string, string> => ({
    [INSTALLATION]: installationId,
    [WORKSPACE]: workspaceId,
    [INCARNATION]: String(incarnation),
    [STARTED_AT]: String(startedAt),
  }),
  /** Null for what is not ours. */
  read(labels: Record<string, string>): Labelled | null {
    const { [WORKSPACE]: workspaceId, [INCARNATION]: incarnation, [STARTED_AT]: startedAt } = labels;
    if (labels[INSTALLATION] !== installationId || workspaceId === undefined) return null;
    // It becomes part of a path, and anybody who may start containers can write a label.
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(workspaceId)) return null;
    return { workspaceId, incarnation: Number(incarnation) || 0, startedAt: Number(startedAt) || 0 };
  },
});
