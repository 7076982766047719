/** What the store keeps of notifications: which incidents are open, and what is still to be delivered. */
import type { EpochMs } from '../../machines/time.ts';
import type { Json } from './ports.ts';

/** A notice for one target. Its `id` is the same however often it is sent. */
export type OutboxDraft = {
  id: string;
  target: string;
  incident: string;
  notice: Json;
  createdAt: EpochMs;
  dueAt: EpochMs;
};

export type OutboxState = 'pending' | 'delivered' | 'dead';

export type OutboxRow = OutboxDraft & {
  /** Rises with every row; the order in which notices came about. */
  number: number;
  tries: number;
  /** The id under which several notices are sent as one; null for one that is sent alone. */
  batch: string | null;
  state: OutboxState;
  /** What was wrong with the last try. */
  problem: string | null;
  /** When it was delivered, or given up. */
  endedAt: EpochMs | null;
  /** What the receiver calls it. */
  receipt: string | null;
};

/** What comes of a decision: new notices, undelivered ones that are not wanted any more, where an incident stands. */
export type NotifyChange = {
  add: OutboxDraft[];
  /** Ids. */
  withdraw: string[];
  /** `state` is null for an incident that is over. */
  incident: { subject: string; state: Json | null } | null;
};

export type OutboxPatch = { number: number } & Partial<
  Pick<OutboxRow, 'dueAt' | 'tries' | 'batch' | 'state' | 'problem' | 'endedAt' | 'receipt'>
>;

/** Delivered notices are kept so many per target, dead ones too; pending ones stay until they are either. */
export interface Outbox {
  incidents(): { subject: string; state: Json }[];
  /** Writes what belongs to no workspace's change. Kept like a commit. @throws `STORE_UNWRITABLE` */
  notify(change: NotifyChange): Promise<void>;
  /** Of one target, or of all: pending ones in the order in which they came about, others the latest first. */
  outbox(query: { state: OutboxState; target?: string; limit: number }): OutboxRow[];
  /** Changes rows; one that is gone is left out. Kept like a commit. @throws `STORE_UNWRITABLE` */
  settleOutbox(patches: OutboxPatch[]): Promise<void>;
}
