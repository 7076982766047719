import { type DurationMs, type EpochMs, MINUTE } from '../../../../machines/time.ts';
import { KeepwellError } from '../../../errors.ts';
import type {
  AccessTokenRow,
  Change,
  DriftRow,
  NewWorkspace,
  Presence,
  SecretPlace,
  SecretRow,
  TokenRow,
} from '../../../supervisor/ports.ts';
import type { MemoryDisk, WorkspaceRow } from './memory-disk.ts';
import { type createMemoryJournal, toJournalText } from './memory-journal.ts';
import type { createMemoryOutbox } from './memory-outbox.ts';
import { put, type Undoable } from './undoable.ts';

/** How long an answer is kept for a repeated request. */
const KEPT_FOR: DurationMs = 24 * 60 * MINUTE;
/** How many unreadable snapshots of one workspace are kept. */
const KEPT_UNREADABLE = 5;
/** How many tokens that were replaced are known still. */
const KEPT_REPLACED = 8;
/** The place of secrets that all workspaces get. */
const EVERYWHERE = '';

/**
 * Turns what is asked for into jobs that write it. Everything is made text at once, so that what is written is what
 * was decided, whatever happens to the objects until then. A job that throws is to be undone whole.
 */
export const createMemoryTables = (
  disk: MemoryDisk,
  undoable: Undoable,
  journal: ReturnType<typeof createMemoryJournal>,
  outbox: ReturnType<typeof createMemoryOutbox>,
  now: () => EpochMs,
) => {
  const set = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void =>
    put(undoable, map, key, value);

  const mustHave = (workspaceId: string): WorkspaceRow => {
    const row = disk.workspaces.get(workspaceId);
    if (row === undefined) throw new KeepwellError('WORKSPACE_NOT_FOUND');
    return row;
  };
  const isPresent = (workspaceId: string): boolean => disk.workspaces.get(workspaceId)?.removedAt === null;
  const change = (workspaceId: string, changed: Partial<WorkspaceRow>): void =>
    set(disk.workspaces, workspaceId, { ...mustHave(workspaceId), ...changed });

  const takeName = (workspaceId: string, name: string): void => {
    const owner = disk.names.get(name);
    if (owner === workspaceId) return;
    if (owner !== undefined) throw new KeepwellError('WORKSPACE_EXISTS');
    const former = disk.workspaces.get(workspaceId)?.name;
    if (former !== undefined) set(disk.names, former, undefined);
    set(disk.names, name, workspaceId);
  };

  const insert = (workspaceId: string, row: WorkspaceRow): void => {
    if (disk.workspaces.has(workspaceId)) {
      throw new KeepwellError('INTERNAL', { message: `There is a workspace ${workspaceId} already.` });
    }
    takeName(workspaceId, row.name);
    set(disk.workspaces, workspaceId, row);
  };

  const setSpec = (workspaceId: string, { name, ...spec }: SpecText): void => {
    if (mustHave(workspaceId).removedAt === null) takeName(workspaceId, name);
    change(workspaceId, { name, ...spec });
  };

  const addToken = (token: TokenRow): void => {
    if (!isPresent(token.workspaceId)) return;
    const others = (disk.tokens.get(token.workspaceId) ?? []).filter(({ hash }) => hash !== token.hash);
    set(disk.tokens, token.workspaceId, [...others, token]);
  };

  const rotateToken = (token: TokenRow, retireAt: EpochMs): void => {
    const own = disk.tokens.get(token.workspaceId) ?? [];
    const latest = own
      .filter(({ incarnation }) => incarnation === null)
      .toSorted((a, b) => b.createdAt - a.createdAt || (a.hash < b.hash ? -1 : 1))
      .slice(0, KEPT_REPLACED)
      .map((row) => ({ ...row, expiresAt: Math.min(row.expiresAt ?? retireAt, retireAt) }));
    set(disk.tokens, token.workspaceId, [
      ...own.filter(({ incarnation }) => incarnation !== null),
      ...latest,
    ]);
    addToken(token);
  };

  const forgetTokens = (workspaceId: string, before: number): void => {
    const tokens = disk.tokens.get(workspaceId);
    const kept = tokens?.filter(({ incarnation }) => incarnation === null || incarnation >= before);
    if (kept?.length !== tokens?.length) set(disk.tokens, workspaceId, kept);
  };

  const setSecret = (row: SecretRow): void => {
    const place = row.workspaceId ?? EVERYWHERE;
    if (place !== EVERYWHERE && !isPresent(place)) return;
    set(disk.secrets, place, new Map(disk.secrets.get(place)).set(row.name, row));
  };

  const forgetSecret = ({ workspaceId, name }: SecretPlace): void => {
    const place = workspaceId ?? EVERYWHERE;
    const kept = new Map(disk.secrets.get(place));
    if (kept.delete(name)) set(disk.secrets, place, kept);
  };

  const addKey = (key: string, digest: string, response: string): void => {
    const createdAt = now();
    for (const [old, row] of disk.idempotency) {
      if (row.createdAt <= createdAt - KEPT_FOR) set(disk.idempotency, old, undefined);
    }
    if (disk.idempotency.has(key)) throw new KeepwellError('IDEMPOTENCY_CONFLICT');
    set(disk.idempotency, key, { digest, response, createdAt });
  };

  const setAside = (workspaceId: string, unreadable: { raw: string; error: string }): void => {
    mustHave(workspaceId);
    const rows = [...(disk.quarantine.get(workspaceId) ?? []), { at: now(), ...unreadable }];
    set(disk.quarantine, workspaceId, rows.slice(-KEPT_UNREADABLE));
  };

  const end = (workspaceId: string, at: EpochMs): void => {
    const { removedAt, name } = mustHave(workspaceId);
    // The first removal counts: nothing leads out of it, and repeating it changes nothing.
    change(workspaceId, { removedAt: removedAt ?? at });
    if (disk.names.get(name) === workspaceId) set(disk.names, name, undefined);
    set(disk.tokens, workspaceId, undefined);
    set(disk.secrets, workspaceId, undefined);
    set(disk.presences, workspaceId, undefined);
    set(disk.beats, workspaceId, undefined);
  };

  const append = (
    workspaceId: string,
    texts: ReturnType<typeof toJournalText>[],
    snapshot: string | null,
  ) => {
    if (texts.length > 0) mustHave(workspaceId);
    journal.append(workspaceId, texts, snapshot);
  };

  return {
    toCreate({ workspaceId, createdAt, token, idempotency, ...first }: NewWorkspace): () => void {
      const sealed = first.secrets.map((row) => ({ ...row }));
      const snapshot = JSON.stringify(first.snapshot);
      const row = {
        ...toSpecText(first.spec),
        createdAt,
        removedAt: null,
        agentCard: null,
        url: null,
        schedule: null,
        snapshot,
      };
      const texts = first.journal.map(toJournalText);
      const response = JSON.stringify(idempotency?.response);
      return () => {
        insert(workspaceId, row);
        append(workspaceId, texts, null);
        if (token !== null) addToken(token);
        for (const secret of sealed) setSecret(secret);
        if (idempotency !== null) addKey(idempotency.key, idempotency.digest, response);
      };
    },

    toCommit({ workspaceId, token, removedAt, ...rest }: Change): () => void {
      const spec = rest.spec && toSpecText(rest.spec);
      const card = rest.card && { agentCard: JSON.stringify(rest.card.agentCard), url: rest.card.url };
      const snapshot = rest.snapshot === undefined ? null : JSON.stringify(rest.snapshot);
      const secrets = rest.secrets && structuredClone(rest.secrets);
      const texts = (rest.journal ?? []).map(toJournalText);
      const schedule = rest.schedule && JSON.stringify(rest.schedule);
      const unreadable = rest.quarantine && { ...rest.quarantine };
      const tell = rest.notify && outbox.toWrite(rest.notify);
      return () => {
        if (spec !== undefined) setSpec(workspaceId, spec);
        if (card !== undefined) change(workspaceId, card);
        if (snapshot !== null) change(workspaceId, { snapshot });
        if (schedule !== undefined) change(workspaceId, { schedule });
        if (unreadable !== undefined) setAside(workspaceId, unreadable);
        if (token !== undefined) {
          const { forgetBefore, ...row } = token;
          forgetTokens(workspaceId, forgetBefore);
          addToken(row);
        }
        for (const row of secrets?.set ?? []) setSecret(row);
        for (const name of secrets?.forget ?? []) forgetSecret({ workspaceId, name });
        append(workspaceId, texts, snapshot);
        tell?.();
        if (removedAt !== undefined) end(workspaceId, removedAt);
      };
    },

    addToken: (token: TokenRow) => () => addToken(token),
    rotateToken: (token: TokenRow, retireAt: EpochMs) => () => rotateToken(token, retireAt),

    addAccessToken: (token: AccessTokenRow) => () => {
      const living = [...disk.accessTokens.values()].filter(({ revokedAt }) => revokedAt === null);
      if (living.some(({ name }) => name === token.name)) throw new KeepwellError('TOKEN_EXISTS');
      set(disk.accessTokens, token.id, { ...token, revokedAt: null });
    },

    revokeAccessToken: (id: string, at: EpochMs) => () => {
      const row = disk.accessTokens.get(id);
      if (row?.revokedAt === null) set(disk.accessTokens, id, { ...row, revokedAt: at });
    },

    saveSecrets: (rows: { set: SecretRow[]; forget: SecretPlace[] }) => () => {
      for (const row of rows.set) setSecret(row);
      for (const place of rows.forget) forgetSecret(place);
    },

    saveDrift: (rows: { set: DriftRow[]; forget: string[] }) => () => {
      for (const { source, revision, treeHash, checkedAt } of rows.set) {
        set(disk.drift, source, { source, revision, treeHash, checkedAt });
      }
      for (const source of rows.forget) set(disk.drift, source, undefined);
    },

    savePresence: (rows: readonly { workspaceId: string; presence: Presence }[]) => () => {
      for (const { workspaceId, presence } of rows) {
        if (isPresent(workspaceId)) set(disk.presences, workspaceId, { ...presence });
      }
    },

    idempotent(key: string): { digest: string; response: string } | null {
      const row = disk.idempotency.get(key);
      return row === undefined || row.createdAt <= now() - KEPT_FOR ? null : row;
    },
  };
};

type SpecText = { name: string; spec: string; generation: number };

const toSpecText = ({ spec, generation }: NonNullable<Change['spec']>): SpecText => ({
  name: spec.name,
  spec: JSON.stringify(spec),
  generation,
});
