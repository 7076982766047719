import { signal } from '@preact/signals';

/** `since`: when the server was last heard; what is shown is as of then. `retryAt`: by our own clock. */
export type Outage = { since: number; retryAt: number | null; retry: () => void };

/** The outage that is to be told of; null while every open stream is heard. */
export const outage = signal<Outage | null>(null);

const outages = new Map<object, Outage>();

/** Says how one stream fares; `null` when it is heard, or not wanted any more. */
export const tellConnection = (stream: object, state: Outage | null): void => {
  if (state === null) outages.delete(stream);
  else outages.set(stream, state);
  const [first = null] = [...outages.values()].sort((a, b) => a.since - b.since);
  outage.value = first;
};
