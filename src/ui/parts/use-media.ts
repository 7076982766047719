import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 760px)');

/** Whether the page is as narrow as a phone. */
export const isNarrow = signal(query.matches);

query.addEventListener('change', () => {
  isNarrow.value = query.matches;
});

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the person asked for little movement. */
export const prefersCalm = (): boolean => calm.matches;
