import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';

type Question = {
  title: string;
  body: ComponentChildren;
  yes: string;
  hurts: boolean;
  answer: (yes: boolean) => void;
};

const question = signal<Question | null>(null);

/** Asks before something that hurts is done. Resolves false when the person thinks better of it. */
export const ask = (given: Omit<Question, 'answer'>): Promise<boolean> =>
  new Promise((resolve) => {
    question.value?.answer(false);
    question.value = { ...given, answer: resolve };
  });

const answer = (yes: boolean): void => {
  const asked = question.value;
  question.value = null;
  asked?.answer(yes);
};

export const Questions = () => {
  const asked = question.value;
  if (asked === null) return null;
  return (
    <Dialog title={asked.title} onClose={() => answer(false)}>
      <div class="dialog-text">{asked.body}</div>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${asked.hurts ? 'button-danger' : 'button-primary'}`}
          onClick={() => answer(true)}
        >
          {asked.yes}
        </button>
      </div>
    </Dialog>
  );
};
