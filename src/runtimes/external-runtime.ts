import type { WorkspaceFolders } from '../folders.ts';
import { removeWorkspaceFolder } from './remove-folder.ts';
import type { Instance } from './running-instance.ts';

/** For agents that run elsewhere and are nobody's to start or stop: they beat, that is all. */
export const createExternalRuntime = ({
  foldersOf,
}: {
  foldersOf: (workspaceId: string) => WorkspaceFolders;
}) => ({
  name: 'external' as const,
  owned: false,
  check: async (): Promise<null> => null,
  find: async (): Promise<null> => null,
  start: async (): Promise<Instance> => {
    throw new Error('An external agent is not ours to start.');
  },
  stop: async (): Promise<void> => {},
  destroy: async (workspaceId: string, { purge }: { purge: boolean }): Promise<void> => {
    if (purge) await removeWorkspaceFolder(foldersOf(workspaceId).root, workspaceId);
  },
  onExit: (): (() => void) => () => {},
  sweep: async (): Promise<string[]> => [],
  logs: async function* (): AsyncGenerator<string> {},
  close: async (): Promise<void> => {},
});
