import type { Supervisor, WorkspaceView } from './api.ts';
import type { Core } from './core.ts';
import { inspectedActors } from './inspected.ts';
import { createMoments } from './moments.ts';
import type { Runtime } from './ports.ts';
import { viewOf } from './views.ts';

type Reading = Pick<
  Supervisor,
  'view' | 'list' | 'why' | 'moment' | 'path' | 'inspected' | 'logs' | 'journal' | 'onJournal' | 'lastSeq'
>;

/** What may be asked without changing anything. */
export const readingSide = (core: Core): Reading => {
  const { directory, store, runtimes } = core;
  const moments = createMoments(core);
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
    why: (key) => moments.at(directory.get(key).id, null).why,
    moment: moments.at,
    path: moments.path,
    inspected(key) {
      const entries = key === null ? [...directory.all()] : store.isRemoved(key) ? [] : [directory.get(key)];
      return entries.flatMap(inspectedActors);
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
