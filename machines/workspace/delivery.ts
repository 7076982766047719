import type { WorkspaceContext } from './types.ts';

/** Whether an external agent has yet to say that it has what is in force. */
export const isPending = (
  { owned, plugins }: Pick<WorkspaceContext, 'owned' | 'plugins'>,
  generation: number = plugins.generation,
): boolean => !owned && plugins.reported !== generation;
