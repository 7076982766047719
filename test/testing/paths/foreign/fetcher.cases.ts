import type { Outcomes } from '../../../../src/testing/index.ts';

/** What may come of a fetch. */
export const outcomes: Outcomes = {
  fetch: [
    { output: { items: 3 }, title: 'the page comes', name: 'fetch.settled{page}' },
    { output: { items: 0 }, title: 'an empty page comes', name: 'fetch.settled{empty}' },
    { error: new Error('offline'), title: 'the fetch fails', name: 'fetch.failed' },
  ],
};
