import type { Supervisor, WorkspaceView } from '../supervisor/api.ts';

const PAGE = 1_000;

/** All workspaces by name, but for those that are being removed. */
export const everyWorkspace = (supervisor: Pick<Supervisor, 'list'>): WorkspaceView[] => {
  const all: WorkspaceView[] = [];
  for (let after: string | null = null; ; ) {
    const page = supervisor.list({ after, limit: PAGE, status: null });
    all.push(...page.filter(({ status }) => status !== 'removed'));
    after = page.at(-1)?.spec.name ?? null;
    if (page.length < PAGE) return all;
  }
};
