import { type CallOptions, pathOf, type Transport } from './transport.ts';
import type { AuditPage, Notifications, Secrets, Session, TokenBody, TokenCreated, Tokens } from './types.ts';

type AuditQuery = {
  limit?: number;
  cursor?: string | null;
  /** `admin`, `viewer`, `relay`, `workspace`, or the name or id of a token. */
  who?: string;
  workspace?: string;
  /** How long ago, like `24h`. */
  since?: string;
  refused?: boolean;
};

/** Who may do what, who did it, and what is kept for all workspaces. */
export const createAdministration = (transport: Transport) => ({
  /** Who did what, the newest first. */
  audit: (query: AuditQuery = {}, call?: CallOptions): Promise<AuditPage> =>
    transport.json({ method: 'GET', path: '/audit', query }, call),
  /** Secrets that every workspace gets. */
  secrets: {
    /** Names, never values. */
    list: (call?: CallOptions): Promise<Secrets> => transport.json({ method: 'GET', path: '/secrets' }, call),
    /** All or none; null takes one away. */
    set: (values: Record<string, string | null>, call?: CallOptions): Promise<Secrets> =>
      transport.json({ method: 'PUT', path: '/secrets', body: { values } }, call),
    remove: (name: string, call?: CallOptions): Promise<Secrets> =>
      transport.json({ method: 'DELETE', path: pathOf('secrets', name) }, call),
    /** Seals every secret with a new key. */
    rotateKey: (call?: CallOptions): Promise<{ sealed: number }> =>
      transport.json({ method: 'POST', path: '/secrets/rotate-key' }, call),
  },
  /** Tokens of viewers and relays. */
  tokens: {
    list: (call?: CallOptions): Promise<Tokens> => transport.json({ method: 'GET', path: '/tokens' }, call),
    /** The token itself is shown this once. */
    create: (body: TokenBody, call?: CallOptions): Promise<TokenCreated> =>
      transport.json({ method: 'POST', path: '/tokens', body }, call),
    revoke: (id: string, call?: CallOptions): Promise<null> =>
      transport.json({ method: 'DELETE', path: pathOf('tokens', id) }, call),
  },
  /** For browsers: a token once, and from then on a cookie. */
  session: {
    get: (call?: CallOptions): Promise<Session> => transport.json({ method: 'GET', path: '/session' }, call),
    begin: (token: string, call?: CallOptions): Promise<Session> =>
      transport.json({ method: 'POST', path: '/session', body: { token } }, call),
    end: (call?: CallOptions): Promise<null> => transport.json({ method: 'DELETE', path: '/session' }, call),
  },
  notify: {
    get: (call?: CallOptions): Promise<Notifications> =>
      transport.json({ method: 'GET', path: '/notify' }, call),
    test: (target: string, call?: CallOptions): Promise<{ delivered: boolean; problem: string | null }> =>
      transport.json({ method: 'POST', path: '/notify/test', body: { target } }, call),
    /** Tries one dead letter again, or all of them. */
    retry: ({ id, ...call }: CallOptions & { id?: string } = {}): Promise<{ retried: number }> =>
      transport.json({ method: 'POST', path: '/notify/retry', body: id === undefined ? {} : { id } }, call),
  },
});
