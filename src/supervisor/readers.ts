import type { Supervisor, WorkspaceView } from './api.ts';
import type { Core } from './core.ts';
import type { Runtime } from './ports.ts';
import { viewOf } from './views.ts';
import { whyOf } from './why.ts';

type Reading = Pick<Supervisor, 'view' | 'list' | 'why' | 'logs' | 'journal' | 'onJournal' | 'lastSeq'>;

/** What may be asked without changing anything. */
export const readingSide = ({ directory, store, runtimes, stamp }: Core): Reading => {
  /** A removed workspace has no entry any more, but its journal stays. */
  const idOf = (key: string): string => (store.isRemoved(key) ? key : directory.get(key).id);

  return {
    view: (key) => viewOf(directory.get(key)),
    list({ after, limit, status }) {
      const page: WorkspaceView[] = [];
      for (const entry of directory.from(after)) {
        if (status !== null && entry.snapshot.context.status !== status) continue;
        page.push(viewOf(entry));
        if (page.length >= limit) break;
      }
      return page;
    },
    why(key) {
      const entry = directory.get(key);
      const recent = store.journal(entry.id, { limit: 50, order: 'desc' });
      const led = recent.find(({ kind, from, to }) => kind === 'transition' && from !== to) ?? null;
      return whyOf(entry, led, stamp().at);
    },
    logs(key, options) {
      const { id, spec } = directory.get(key);
      return (runtimes[spec.runtime] as Runtime).logs(id, options);
    },
    journal: (key, page) => store.journal(key === null ? null : idOf(key), page),
    onJournal: (listener) => store.onJournal(listener),
    lastSeq: () => store.lastSeq(),
  };
};
