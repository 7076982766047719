import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { openStream, type Stream } from '../live/open-stream.ts';
import type { ServerEvent } from '../live/sse-parser.ts';
import { route } from '../parts/router.ts';
import { tellProblem } from '../parts/toasts.tsx';
import { RequestError, request, workspacePath } from '../session/request.ts';
import type { Beat, JournalRow, Moment, WorkspaceDetail } from '../wire.ts';
import { createJournalStore } from './journal-store.ts';
import { createPastMoments } from './past-moments.ts';
import { withLease } from './with-lease.ts';

/** Several rows of one decision come together and are asked about once. */
const SETTLE_MS = 250;

export type Absence = 'missing' | 'removed';

/** Everything that the page of one workspace shows, live and in the past. */
export const createWorkspaceStore = (name: string) => {
  const live = signal<Moment | null>(null);
  const beat = signal<Beat | null>(null);
  const detail = signal<WorkspaceDetail | null>(null);
  const absence = signal<Absence | null>(null);
  /** Rises when something happened that lists of plugins and the like have to be read anew for. */
  const news = signal(0);
  const past = signal<Moment | null>(null);
  const journal = createJournalStore(name);
  const moments = createPastMoments(name);
  let stream: Stream | null = null;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The journal's row as of which everything is shown; null is now. */
  const at: ReadonlySignal<number | null> = computed(() =>
    route.value.page === 'workspace' && route.value.name === name ? route.value.at : null,
  );
  const present = computed(() => (live.value === null ? null : withLease(live.value, beat.value)));
  const shown = computed(() => (at.value === null ? present.value : past.value));

  const begin = async (): Promise<void> => {
    void readDetail();
    try {
      const lastSeq = await journal.begin();
      if (isClosed) return;
      stream = openStream(workspacePath(name, '/live'), {
        lastEventId: String(lastSeq),
        onEvent: take,
        onRefused: (status) => {
          absence.value = status === 410 ? 'removed' : 'missing';
        },
      });
    } catch (error) {
      if (error instanceof RequestError && error.status === 404) absence.value = 'missing';
      else if (error instanceof RequestError && error.status === 0)
        timer = setTimeout(() => void begin(), 2_000);
      else tellProblem(error);
    }
  };

  const take = ({ event, data }: ServerEvent): void => {
    if (event === 'beat') beat.value = JSON.parse(data) as Beat;
    if (event === 'journal') {
      journal.add(JSON.parse(data) as JournalRow);
      settle();
    }
    if (event === 'moment') {
      const before = live.value?.seq;
      live.value = JSON.parse(data) as Moment;
      // The same moment is told again and again, for its sentences say how long something has been so.
      if (live.value.seq !== before) settle();
    }
    if (event === 'gone') absence.value = 'removed';
  };

  const settle = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      news.value += 1;
      void readDetail();
    }, SETTLE_MS);
  };

  const readDetail = async (): Promise<void> => {
    try {
      detail.value = await request<WorkspaceDetail>(workspacePath(name));
    } catch (error) {
      // The stream says whether it is missing; an interruption is told of by the stream too.
      if (error instanceof RequestError && error.status === 410) absence.value = 'removed';
    }
  };

  const stopWatching = effect(() => {
    const seq = at.value;
    if (seq === null) return undefined;
    const asked = new AbortController();
    const load = async (): Promise<void> => {
      past.value = await moments.load(seq, asked.signal);
    };
    load().catch((error: unknown) => {
      if (!asked.signal.aborted) tellProblem(error);
    });
    return () => asked.abort();
  });

  void begin();
  return {
    name,
    at,
    live,
    present,
    shown,
    beat,
    detail,
    journal,
    absence,
    news,
    close(): void {
      isClosed = true;
      stream?.close();
      stopWatching();
      clearTimeout(timer);
    },
  };
};

export type WorkspaceStore = ReturnType<typeof createWorkspaceStore>;
