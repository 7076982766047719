import { signal } from '@preact/signals';
import { RequestError } from '../session/request.ts';
import { Icon } from './icon.tsx';

type Toast = { id: number; kind: 'done' | 'problem'; text: string; hint: string | null };

const SHOWN_MS = { done: 5_000, problem: 12_000 };

const toasts = signal<Toast[]>([]);
let lastId = 0;

/** Says that something was done, or what is wrong, at the edge of the page for a while. */
export const tell = (kind: Toast['kind'], text: string, hint: string | null = null): void => {
  lastId += 1;
  const id = lastId;
  toasts.value = [...toasts.value.slice(-3), { id, kind, text, hint }];
  setTimeout(() => dismiss(id), SHOWN_MS[kind]);
};

/** Says what a request met; one that was given up on purpose is nothing to tell. */
export const tellProblem = (error: unknown): void => {
  if (error instanceof RequestError) tell('problem', error.message, error.hint);
  else if (!(error instanceof DOMException)) tell('problem', String(error));
};

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite" data-testid="toasts">
    {toasts.value.map(({ id, kind, text, hint }) => (
      <div key={id} class="toast" data-kind={kind}>
        <Icon name={kind === 'done' ? 'check' : 'triangle'} />
        <p>
          {text}
          {hint !== null && <span class="quiet"> {hint}</span>}
        </p>
        <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
          <Icon name="close" size={12} />
        </button>
      </div>
    ))}
  </div>
);
