import type { DurationMs, EpochMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import type { OutboxPatch, OutboxRow, OutboxState } from '../supervisor/outbox-port.ts';
import type { Clock, Store } from '../supervisor/ports.ts';
import { chooseNext } from './choose.ts';
import type { Notice, NoticeKind } from './notice.ts';

/** After so many tries a notice is a dead letter. */
const MOST_TRIES = 8;
const BACKOFF_FACTOR = 3;
const LONGEST_WAIT_MS: DurationMs = 60 * 60_000;
const LOOKED_AT = 1_000;
/** Whatever comes within so long is looked at together: when a fleet falls silent, that is thousands. */
const POKE_MS: DurationMs = 200;

/** What is sent at once, and the id by which a receiver knows it again. */
export type Letter = {
  id: string;
  at: EpochMs;
  notices: readonly Notice[];
  /** What the receiver called the first message of the same incident; null for none. */
  earlier: string | null;
};

export type Outcome =
  | { ok: true; receipt: string | null }
  /** `problem` names no address and no secret. */
  | { ok: false; problem: string; retryAfterMs: DurationMs | null };

/** Sends something once. Never rejects. */
export type Send = (target: string, letter: Letter, signal: AbortSignal) => Promise<Outcome>;

type DeliveryOptions = {
  store: Pick<Store, 'outbox' | 'settleOutbox' | 'settled'>;
  targets: readonly { name: string; kind: string; on: readonly NoticeKind[] }[];
  send: Send;
  clock: Pick<Clock, 'now' | 'schedule'>;
  roll: () => number;
  log: Record<'info' | 'warn', (details: object, message: string) => void>;
  /** Wait before the second try; it grows by three each time, up to an hour. */
  retryMs: DurationMs;
};

/** How it stands with one target. */
export type TargetView = {
  name: string;
  kind: string;
  on: readonly NoticeKind[];
  /** A thousand at most. */
  pending: number;
  /** What keeps the oldest pending one. */
  problem: string | null;
  nextTryAt: EpochMs | null;
  deliveredAt: EpochMs | null;
  dead: number;
};

/** A notice that was given up. */
export type DeadLetter = Pick<OutboxRow, 'id' | 'target' | 'incident' | 'tries' | 'problem'> & {
  at: EpochMs;
  endedAt: EpochMs | null;
  text: string;
};

/**
 * Delivers what is in the outbox: each notice at least once, those of one target in their order.
 *
 * It is marked as delivered only after the receiver took it. A supervisor that dies in between sends it again, under the
 * same id.
 */
export const createDelivery = (options: DeliveryOptions) => {
  const { store, targets, send, clock, roll, log, retryMs } = options;
  const life = new AbortController();
  /** Targets to which something is on its way. */
  const busy = new Set<string>();
  /** What came of these is not on disk yet. */
  const unwritten = new Set<number>();
  const isTarget = (target: string): boolean => targets.some(({ name }) => name === target);
  let alarm: { at: EpochMs; cancel: () => void } | null = null;

  const pendingOf = (target: string): OutboxRow[] =>
    store
      .outbox({ state: 'pending', target, limit: LOOKED_AT })
      .filter(({ number }) => !unwritten.has(number));

  const look = (): void => {
    if (life.signal.aborted) return;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { name } of targets) {
      const rows = busy.has(name) ? [] : pendingOf(name);
      if (rows.length === 0) continue;
      const choice = chooseNext(rows, now);
      if ('send' in choice) void deliver(name, choice.send);
      else next = Math.min(next, choice.at);
    }
    wakeAt(next);
  };

  const wakeAt = (at: EpochMs): void => {
    if (alarm?.at === at || life.signal.aborted) return;
    alarm?.cancel();
    alarm = null;
    if (at === Number.POSITIVE_INFINITY) return;
    const cancel = clock.schedule(at, () => {
      alarm = null;
      look();
    });
    alarm = { at, cancel };
  };

  const deliver = async (target: string, rows: readonly OutboxRow[]): Promise<void> => {
    busy.add(target);
    try {
      const id = await idOf(rows);
      const notices = rows.map(({ notice }) => notice as unknown as Notice);
      const letter = { id, at: clock.now(), notices, earlier: earlierOf(rows[0] as OutboxRow) };
      const outcome = await send(target, letter, life.signal);
      if (life.signal.aborted) return;
      await settle(
        rows,
        rows.map((row) => patchOf(row, outcome)),
      );
    } catch (error) {
      // The disk takes nothing now: what is to be sent together has to be on it first.
      log.warn({ err: error, target }, 'notices wait');
      wakeAt(Math.min(alarm?.at ?? Number.POSITIVE_INFINITY, clock.now() + retryMs));
      return;
    } finally {
      busy.delete(target);
    }
    look();
  };

  /** Several that are sent as one get their common id on disk first: whatever happens, they stay together. */
  const idOf = async (rows: readonly OutboxRow[]): Promise<string> => {
    const first = rows[0] as OutboxRow;
    if (first.batch !== null || rows.length === 1) return first.batch ?? first.id;
    const batch = `${first.id}+${rows.length - 1}`;
    await store.settleOutbox(rows.map(({ number }) => ({ number, batch })));
    return batch;
  };

  const earlierOf = ({ target, incident }: OutboxRow): string | null => {
    const first = store
      .outbox({ state: 'delivered', target, limit: LOOKED_AT })
      .findLast((row) => row.incident === incident && row.receipt !== null && row.batch === null);
    return first?.receipt ?? null;
  };

  const patchOf = (row: OutboxRow, outcome: Outcome): OutboxPatch => {
    const { number, tries } = row;
    const now = clock.now();
    if (outcome.ok) {
      const { receipt } = outcome;
      return { number, tries: tries + 1, state: 'delivered', problem: null, endedAt: now, receipt };
    }
    if (tries + 1 >= MOST_TRIES) {
      log.warn({ target: row.target, notice: row.id, problem: outcome.problem }, 'a notice was given up');
      return dead({ ...row, tries: tries + 1 }, now, outcome.problem);
    }
    const waitMs = retryMs * BACKOFF_FACTOR ** tries * (0.8 + 0.4 * roll());
    const dueAt = now + Math.min(LONGEST_WAIT_MS, Math.max(waitMs, outcome.retryAfterMs ?? 0));
    return { number, tries: tries + 1, problem: outcome.problem, dueAt };
  };

  const settle = async (rows: readonly OutboxRow[], patches: OutboxPatch[]): Promise<void> => {
    for (const { number } of rows) unwritten.add(number);
    try {
      await store.settleOutbox(patches);
    } catch {
      // Kept, and written once the disk takes it; until then nobody sends them again.
      await store.settled(life.signal).catch(() => undefined);
    }
    for (const { number } of rows) unwritten.delete(number);
  };

  return {
    /** Gives up what is for targets that are there no more, and sends what was left. */
    begin(): void {
      const rows = store
        .outbox({ state: 'pending', limit: Number.MAX_SAFE_INTEGER })
        .filter(({ target }) => !isTarget(target));
      const gone = 'There is no such target any more.';
      void settle(
        rows,
        rows.map((row) => dead(row, clock.now(), gone)),
      );
      look();
    },
    /** Call it whenever something may have come. */
    poke: (): void => wakeAt(Math.min(alarm?.at ?? Number.POSITIVE_INFINITY, clock.now() + POKE_MS)),
    /** Sends a word to a target, past the outbox. @throws `NOTIFY_TARGET_NOT_FOUND` */
    async test(target: string): Promise<Outcome> {
      if (!isTarget(target)) throw new KeepwellError('NOTIFY_TARGET_NOT_FOUND');
      const at = clock.now();
      const id = `test-${target}-${at}`;
      const text = 'This is a test. If you can read it, notices arrive here.';
      const about = { workspaceId: null, name: null, hint: null };
      const notice: Notice = { id, kind: 'test', incident: id, at, text, ...about };
      return send(target, { id, at, notices: [notice], earlier: null }, life.signal);
    },
    /** Makes dead letters pending again, as if they were new. @throws `NOTIFY_LETTER_NOT_FOUND`, `STORE_UNWRITABLE` */
    async retry(which: { id: string } | 'all'): Promise<number> {
      const rows = store
        .outbox({ state: 'dead', limit: LOOKED_AT })
        .filter(({ target }) => isTarget(target))
        .filter(({ id, batch }) => which === 'all' || id === which.id || batch === which.id);
      if (rows.length === 0 && which !== 'all') throw new KeepwellError('NOTIFY_LETTER_NOT_FOUND');
      const afresh = { state: 'pending' as const, tries: 0, batch: null, endedAt: null, dueAt: clock.now() };
      await store.settleOutbox(rows.map(({ number }) => ({ number, ...afresh })));
      look();
      return rows.length;
    },
    view(): { targets: TargetView[]; dead: DeadLetter[] } {
      const of = (target: string, state: OutboxState, limit = LOOKED_AT) =>
        store.outbox({ state, target, limit });
      const given = store.outbox({ state: 'dead', limit: LOOKED_AT });
      return {
        targets: targets.map(({ name, kind, on }) => {
          const own = of(name, 'pending');
          const tried = own.find(({ tries }) => tries > 0);
          return {
            name,
            kind,
            on,
            pending: own.length,
            problem: tried?.problem ?? null,
            nextTryAt: tried?.dueAt ?? null,
            deliveredAt: of(name, 'delivered', 1)[0]?.endedAt ?? null,
            dead: of(name, 'dead').length,
          };
        }),
        dead: given.map(({ id, target, incident, tries, problem, createdAt, endedAt, notice }) => {
          const { text } = notice as unknown as Notice;
          return { id, target, incident, tries, problem, at: createdAt, endedAt, text };
        }),
      };
    },
    /** Sends nothing any more; what was on its way is sent again by the next supervisor. */
    close(): void {
      life.abort();
      alarm?.cancel();
    },
  };
};

export type Delivery = ReturnType<typeof createDelivery>;

const dead = ({ number, tries }: OutboxRow, endedAt: EpochMs, problem: string): OutboxPatch => ({
  number,
  tries,
  state: 'dead',
  problem,
  endedAt,
});
