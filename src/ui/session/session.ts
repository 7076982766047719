import { computed, signal } from '@preact/signals';
import type { SessionWire } from '../wire.ts';

/** Who is signed in; null: nobody; undefined: not known yet. */
export const session = signal<SessionWire | null | undefined>(undefined);

export const isAdmin = computed(() => session.value?.role === 'admin');

export const READ_ONLY = 'You are signed in with a viewer token: it reads, but changes nothing.';

/** The server does not know us any more. */
export const signedOut = (): void => {
  session.value = null;
};
