import { asWords } from '../parts/format.ts';

/** `confirm` is what a person should know before; null where nothing can hurt. */
export type VerbWords = { title: string; confirm: string | null; hurts: boolean };

const WORDS: Record<string, VerbWords> = {
  restart: {
    title: 'Restart',
    confirm: 'Its agent is stopped and started again. What it is working on is interrupted.',
    hurts: false,
  },
  pause: {
    title: 'Pause',
    confirm: 'Its agent is stopped and stays stopped until somebody resumes it.',
    hurts: false,
  },
  resume: { title: 'Resume', confirm: null, hurts: false },
  hibernate: {
    title: 'Hibernate',
    confirm: 'Its agent is stopped and stays stopped until somebody wakes it.',
    hurts: false,
  },
  wake: { title: 'Wake', confirm: null, hurts: false },
  retry: { title: 'Retry now', confirm: null, hurts: false },
  reconcile: { title: 'Reconcile', confirm: null, hurts: false },
  remove: {
    title: 'Remove…',
    confirm: 'Its agent is stopped and the workspace is gone for good. Its journal is kept.',
    hurts: true,
  },
};

/** How a verb is put to a person. One that nobody has heard of is asked about before it is done. */
export const wordsFor = (verb: string): VerbWords =>
  (Object.hasOwn(WORDS, verb) ? WORDS[verb] : undefined) ?? {
    title: asWords(verb).replace(/^./, (first) => first.toUpperCase()),
    confirm: 'The server offers this, and this page does not know what it does.',
    hurts: false,
  };
