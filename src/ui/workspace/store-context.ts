import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { WorkspaceStore } from './workspace-store.ts';

export const StoreContext = createContext<WorkspaceStore | null>(null);

/** The workspace whose page this is. */
export const useWorkspace = (): WorkspaceStore => {
  const store = useContext(StoreContext);
  if (store === null) throw new Error('Only parts of the page of a workspace can ask for it.');
  return store;
};
