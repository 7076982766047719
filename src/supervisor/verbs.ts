import { KeepwellError } from '../errors.ts';
import type { Occurrence } from './actor-host.ts';
import { VERBS, type Verb } from './api.ts';

import type { Entry } from './entry.ts';

/** The event that each verb stands for. */
export const OCCURRENCE_OF: Record<Verb, Occurrence> = {
  restart: { type: 'operator.restarted' },
  pause: { type: 'operator.paused' },
  resume: { type: 'operator.resumed' },
  hibernate: { type: 'operator.hibernated' },
  wake: { type: 'operator.woke' },
  retry: { type: 'operator.retried' },
  reconcile: { type: 'operator.reconciled' },
};

/** What an operator may do now. */
export const verbsFor = (entry: Entry): Verb[] => VERBS.filter((verb) => allows(entry, verb));

/** Whether the state has an answer to what might happen. */
export const isPossible = ({ snapshot }: Entry, occurrence: Occurrence): boolean =>
  snapshot.status === 'active' && snapshot.can({ ...occurrence, at: 0, roll: 0 });

/** The event that a verb stands for. @throws `STATE_CONFLICT` when the state has no answer to it */
export const occurrenceOf = (entry: Entry, verb: Verb): Occurrence => {
  requirePossible(entry, verb, OCCURRENCE_OF[verb]);
  return OCCURRENCE_OF[verb];
};

/** @throws `STATE_CONFLICT` when the state has no answer to `occurrence`, which people call `what` */
export const requirePossible = (entry: Entry, what: string, occurrence: Occurrence): void => {
  if (isPossible(entry, occurrence)) return;
  const { status, reason } = entry.snapshot.context;
  const possible = verbsFor(entry);
  throw new KeepwellError('STATE_CONFLICT', {
    message: `\`${what}\` is not possible while the workspace is ${status}.${reason === null ? '' : ` ${reason.message}`}`,
    hint:
      possible.length === 0 ? 'Nothing is possible in this state.' : `Possible now: ${possible.join(', ')}.`,
    details: { status, possible },
  });
};

const allows = (entry: Entry, verb: Verb): boolean => isPossible(entry, OCCURRENCE_OF[verb]);
