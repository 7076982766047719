import { type EpochMs, MINUTE } from '../../machines/time.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';

export const SESSION_COOKIE = 'keepwell_session';
const LASTS_MS = 30 * 24 * 60 * MINUTE;

/** Who may sign in: agents and relays have no business with a page. */
export type Person = Exclude<Identity, { kind: 'workspace' | 'relay' }>;

export type Session = { person: Person; expiresAt: EpochMs };

/**
 * What a session cookie says. Nothing of it is kept here, so a session outlives a restart of the server; whoever
 * hands text in has checked its signature.
 */
export const createSessions = (supervisor: Pick<Supervisor, 'accessToken'>, now: () => EpochMs) => ({
  begin: (person: Person): Session => ({ person, expiresAt: now() + LASTS_MS }),

  write: ({ person, expiresAt }: Session): string =>
    [person.kind, person.kind === 'viewer' ? person.tokenId : '', expiresAt].join('.'),

  /** Null once it has expired or its token was revoked. */
  read(text: string): Session | null {
    const [kind, tokenId = '', until] = text.split('.');
    const expiresAt = Number(until);
    // Written so that what is not a number has expired too.
    if (!(expiresAt > now())) return null;
    if (kind === 'admin') return { person: { kind }, expiresAt };
    const token = supervisor.accessToken(tokenId);
    return token?.role !== 'viewer'
      ? null
      : { person: { kind: 'viewer', tokenId, name: token.name }, expiresAt };
  },
});

export type Sessions = ReturnType<typeof createSessions>;
