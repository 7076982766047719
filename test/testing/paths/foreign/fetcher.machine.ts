import { assign, fromPromise, setup } from 'xstate';

type Page = { items: number };

/** Fetches a page, tries twice more when it cannot, and fetches it again when it is old. */
export const fetcherMachine = setup({
  types: {
    context: {} as { tries: number },
    events: {} as { type: 'wanted' } | { type: 'cancelled' } | { type: 'refreshed' },
  },
  actors: { fetch: fromPromise<Page>(() => Promise.reject(new Error('offline'))) },
  actions: {
    countTry: assign({ tries: ({ context }) => context.tries + 1 }),
    forgetTries: assign({ tries: 0 }),
  },
  guards: {
    mayTryAgain: ({ context }) => context.tries < 3,
    isEmpty: (_, page: Page) => page.items === 0,
  },
  delays: {
    patience: 10_000,
    pause: ({ context }) => 1_000 * 2 ** (context.tries - 1),
    freshness: 60_000,
  },
}).createMachine({
  id: 'fetcher',
  context: { tries: 0 },
  initial: 'idle',
  states: {
    idle: { entry: 'forgetTries', on: { wanted: 'busy' } },
    busy: {
      initial: 'loading',
      on: { cancelled: 'idle' },
      states: {
        loading: {
          entry: 'countTry',
          invoke: {
            id: 'fetch',
            src: 'fetch',
            onDone: [
              {
                guard: { type: 'isEmpty', params: ({ event }) => event.output },
                target: '#fetcher.empty',
              },
              { target: '#fetcher.shown' },
            ],
            onError: 'deciding',
          },
          after: { patience: 'deciding' },
        },
        deciding: { always: [{ guard: 'mayTryAgain', target: 'waiting' }, { target: '#fetcher.failed' }] },
        waiting: { after: { pause: 'loading' } },
      },
    },
    empty: { entry: 'forgetTries', on: { refreshed: 'busy' } },
    shown: { entry: 'forgetTries', on: { refreshed: 'busy' }, after: { freshness: 'busy' } },
    failed: { entry: 'forgetTries', on: { refreshed: 'busy', cancelled: 'idle' } },
  },
});
