import type { EpochMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import type { AccessRole, AccessToken, Identity, Supervisor } from './api.ts';
import type { Log } from './options.ts';
import type { AccessTokenRow, Store } from './ports.ts';

type Needs = {
  store: Pick<Store, 'accessTokens' | 'addAccessToken' | 'revokeAccessToken'>;
  now: () => EpochMs;
  newToken: (role: AccessRole) => string;
  hashOf: (token: string) => string;
  log: Log;
};

/** Enough of a hash to tell tokens apart; it says nothing about the token. */
const ID_LENGTH = 12;

/** Who besides the administrator may look, or hand on beats. What is held here is on the disk; a revoked token stays there, and is not held. */
export const createAccessTokens = ({ store, now, newToken, hashOf, log }: Needs) => {
  const byHash = new Map<string, AccessTokenRow>();
  const byId = new Map<string, AccessTokenRow>();
  /** Names of tokens that are on their way to the disk. */
  const coming = new Set<string>();

  const add = (row: AccessTokenRow): void => {
    byHash.set(row.hash, row);
    byId.set(row.id, row);
  };
  const isTaken = (name: string): boolean =>
    coming.has(name) || [...byId.values()].some((row) => row.name === name);

  const side: Pick<Supervisor, 'accessTokens' | 'accessToken' | 'createAccessToken' | 'revokeAccessToken'> = {
    accessTokens: () => [...byId.values()].map(viewOf),

    accessToken(id) {
      const row = byId.get(id);
      return row === undefined ? null : viewOf(row);
    },

    async createAccessToken(name, role) {
      if (isTaken(name)) throw new KeepwellError('TOKEN_EXISTS');
      const token = newToken(role);
      const hash = hashOf(token);
      const row: AccessTokenRow = {
        id: hash.slice(0, ID_LENGTH),
        name,
        role,
        hash,
        createdAt: now(),
      };
      coming.add(name);
      try {
        await store.addAccessToken(row);
      } finally {
        coming.delete(name);
      }
      add(row);
      log.info({ id: row.id, name, role }, 'an access token was created');
      return { ...viewOf(row), token };
    },

    async revokeAccessToken(id) {
      const row = byId.get(id);
      if (row === undefined) throw new KeepwellError('TOKEN_NOT_FOUND');
      await store.revokeAccessToken(id, now());
      byHash.delete(row.hash);
      byId.delete(id);
      log.info({ id, name: row.name, role: row.role }, 'an access token was revoked');
    },
  };

  return {
    side,
    load: () => store.accessTokens().forEach(add),
    identify(token: string): Identity | null {
      const row = byHash.get(hashOf(token));
      return row === undefined ? null : { kind: row.role, tokenId: row.id, name: row.name };
    },
  };
};

const viewOf = ({ id, name, role, createdAt }: AccessTokenRow): AccessToken => ({
  id,
  name,
  role,
  createdAt,
});
