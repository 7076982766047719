import type { Outcomes } from '../../../../src/testing/index.ts';

/** What the bank may answer. */
export const outcomes: Outcomes = {
  authorise: [
    { output: { approved: true }, title: 'the bank approves', name: 'authorise.settled{approved}' },
    { output: { approved: false }, title: 'the bank declines', name: 'authorise.settled{declined}' },
    { error: new Error('no bank'), title: 'the bank cannot be reached', name: 'authorise.failed' },
  ],
};
