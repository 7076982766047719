import type { Identity } from './api.ts';
import type { Hasher, TokenRow } from './ports.ts';

/**
 * Knows whom a token stands for. Only hashes are held, here and at rest.
 *
 * A token is looked up by its hash, so the time that takes says nothing about the token.
 */
export const createTokenIndex = (adminToken: string, { sha256, equal }: Hasher) => {
  const adminHash = sha256(adminToken);
  const byHash = new Map<string, TokenRow>();
  const byWorkspace = new Map<string, Set<string>>();

  return {
    /** What is kept of a token. */
    hashOf: (token: string): string => sha256(token),
    identify(token: string): Identity | null {
      const hash = sha256(token);
      const row = byHash.get(hash);
      if (row !== undefined) {
        return { kind: 'workspace', workspaceId: row.workspaceId, incarnation: row.incarnation };
      }
      return equal(hash, adminHash) ? { kind: 'admin' } : null;
    },
    /** Adds a token; with `forgetBefore`, drops those of earlier incarnations. */
    add(row: TokenRow, forgetBefore = 0): void {
      const hashes = byWorkspace.get(row.workspaceId) ?? new Set();
      byWorkspace.set(row.workspaceId, hashes);
      for (const hash of hashes) {
        const { incarnation } = byHash.get(hash) as TokenRow;
        if (incarnation === null || incarnation >= forgetBefore) continue;
        hashes.delete(hash);
        byHash.delete(hash);
      }
      hashes.add(row.hash);
      byHash.set(row.hash, row);
    },
    hasAny(workspaceId: string): boolean {
      return (byWorkspace.get(workspaceId)?.size ?? 0) > 0;
    },
    forget(workspaceId: string): void {
      for (const hash of byWorkspace.get(workspaceId) ?? []) byHash.delete(hash);
      byWorkspace.delete(workspaceId);
    },
  };
};

export type TokenIndex = ReturnType<typeof createTokenIndex>;
