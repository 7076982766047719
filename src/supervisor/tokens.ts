import type { EpochMs } from '../../machines/time.ts';
import type { Identity, OldToken } from './api.ts';
import type { Hasher } from './hasher-port.ts';
import type { TokenRow } from './ports.ts';

/** When somebody came with it is known only of tokens that end, and only since the start. */
type HeldToken = TokenRow & { usedAt: EpochMs | null };

/**
 * Knows whom a token stands for. Only hashes are held, here and at rest.
 *
 * A token is looked up by its hash, so the time that takes says nothing about the token.
 */
export const createTokenIndex = (adminToken: string, { sha256, equal }: Hasher, now: () => EpochMs) => {
  const adminHash = sha256(adminToken);
  const byHash = new Map<string, HeldToken>();
  const byWorkspace = new Map<string, Set<string>>();
  /** Workspaces with tokens that end: few, and views ask of all. */
  const ending = new Set<string>();

  /** Notes the use of a token that ends. */
  const isGood = (row: HeldToken): boolean => {
    if (row.expiresAt === null) return true;
    const at = now();
    if (row.expiresAt <= at) return false;
    row.usedAt = at;
    return true;
  };
  const ofWorkspace = (workspaceId: string): HeldToken[] =>
    [...(byWorkspace.get(workspaceId) ?? [])].map((hash) => byHash.get(hash) as HeldToken);

  /** Adds a token; with `forgetBefore`, drops those of earlier incarnations. */
  const add = (row: TokenRow, forgetBefore = 0): void => {
    const hashes = byWorkspace.get(row.workspaceId) ?? new Set();
    byWorkspace.set(row.workspaceId, hashes);
    for (const hash of hashes) {
      const { incarnation } = byHash.get(hash) as TokenRow;
      if (incarnation === null || incarnation >= forgetBefore) continue;
      hashes.delete(hash);
      byHash.delete(hash);
    }
    hashes.add(row.hash);
    byHash.set(row.hash, { ...row, usedAt: null });
    if (row.expiresAt !== null) ending.add(row.workspaceId);
  };

  return {
    /** What is kept of a token. */
    hashOf: (token: string): string => sha256(token),
    identify(token: string): Identity | null {
      const hash = sha256(token);
      const row = byHash.get(hash);
      if (row !== undefined) {
        if (!isGood(row)) return null;
        return { kind: 'workspace', workspaceId: row.workspaceId, incarnation: row.incarnation };
      }
      return equal(hash, adminHash) ? { kind: 'admin' } : null;
    },
    add,
    /** Adds a token that outlives incarnations; the others of its kind end at `retireAt` at the latest. */
    rotate(row: TokenRow, retireAt: EpochMs): void {
      for (const held of ofWorkspace(row.workspaceId)) {
        if (held.incarnation === null) held.expiresAt = Math.min(held.expiresAt ?? retireAt, retireAt);
      }
      ending.add(row.workspaceId);
      add(row);
    },
    expiredAt(token: string): EpochMs | null {
      const expiresAt = byHash.get(sha256(token))?.expiresAt ?? null;
      return expiresAt !== null && expiresAt <= now() ? expiresAt : null;
    },
    /** Of several the one that is good for longest; used is when any was. */
    retiring(workspaceId: string): OldToken | null {
      if (!ending.has(workspaceId)) return null;
      const at = now();
      const good = ofWorkspace(workspaceId).filter(({ expiresAt }) => expiresAt !== null && expiresAt > at);
      if (good.length === 0) return null;
      const used = good.flatMap(({ usedAt }) => usedAt ?? []);
      return {
        until: Math.max(...good.map(({ expiresAt }) => expiresAt ?? 0)),
        usedAt: used.length === 0 ? null : Math.max(...used),
      };
    },
    hasAny(workspaceId: string): boolean {
      return (byWorkspace.get(workspaceId)?.size ?? 0) > 0;
    },
    forget(workspaceId: string): void {
      for (const hash of byWorkspace.get(workspaceId) ?? []) byHash.delete(hash);
      byWorkspace.delete(workspaceId);
      ending.delete(workspaceId);
    },
  };
};

export type TokenIndex = ReturnType<typeof createTokenIndex>;
