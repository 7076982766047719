import type { EpochMs } from '../../machines/time.ts';
import { reasons } from '../../machines/workspace/reasons.ts';
import type { ActorHost } from './actor-host.ts';
import type { Entry } from './entry.ts';
import type { Leases } from './leases.ts';
import type { LoadedWorkspace, Runtime } from './ports.ts';
import { parkedForm, parseSnapshot, SnapshotRefused, type WorkspaceActor } from './restore.ts';

type BootOptions = {
  host: ActorHost;
  leases: Leases;
  runtimeOf: (entry: Entry) => Runtime;
  now: () => EpochMs;
  roll: () => number;
  /** Gives everything else that waits its turn. */
  giveWay: () => Promise<void>;
  /** Whether the supervisor was stopped again before it was back. */
  isClosed: () => boolean;
  log: { info(details: object, message: string): void; warn(details: object, message: string): void };
};

/** So many workspaces are woken at a time: they share a commit, and requests get a turn before the next ones. */
const RESUMED_TOGETHER = 200;

/**
 * Brings one stored workspace back. An unreadable snapshot costs this workspace its state and nothing else: it is
 * set aside, and the workspace is parked as failed until an operator retries or removes it.
 */
export const restoreActor = (
  row: LoadedWorkspace,
  fresh: () => WorkspaceActor,
  { host, now }: Pick<BootOptions, 'host' | 'now'>,
  entryOf: () => Entry | undefined,
): { actor: WorkspaceActor; parkAs: (() => void) | null } => {
  try {
    const stored = parseSnapshot(row.rawSnapshot, row.workspaceId);
    return { actor: host.restore(stored, entryOf), parkAs: null };
  } catch (error) {
    if (!(error instanceof SnapshotRefused)) throw error;
    const refused = error.message;
    const parkAs = () => {
      const entry = entryOf() as Entry;
      const incarnation = Math.max(0, ...row.tokens.map((token) => token.incarnation ?? 0));
      const context = { ...entry.snapshot.context, incarnation, endedIncarnation: incarnation };
      host.park(
        entry,
        parkedForm(context, reasons.snapshotQuarantined(refused), now()),
        'snapshot.quarantined',
        {
          quarantine: { raw: row.rawSnapshot, error: refused },
        },
      );
    };
    return { actor: fresh(), parkAs };
  }
};

/**
 * Sends every restored workspace on its way: adopts what still runs, gives every agent time to be heard, and tells
 * every actor that the supervisor is back.
 */
export const resumeAll = async (entries: Entry[], options: BootOptions): Promise<void> => {
  const { leases, roll, isClosed, giveWay } = options;
  for (const entry of entries) leases.bringBack(entry);
  // Nobody is called silent because we were deaf: one whole lease from now, spread so that not all end at once.
  for (const entry of entries) leases.extend(entry, Math.round(roll() * leases.intervalMs()));
  for (let begin = 0; begin < entries.length && !isClosed(); begin += RESUMED_TOGETHER) {
    await Promise.all(entries.slice(begin, begin + RESUMED_TOGETHER).map((entry) => resume(entry, options)));
    await giveWay();
  }
};

const resume = async (entry: Entry, options: BootOptions) => {
  const { host, leases, isClosed, log } = options;
  if (entry.snapshot.context.owned) await adoptInstance(entry, options);
  if (isClosed()) return;
  // The disk may take nothing now: the change stays queued, and the supervisor goes on.
  host.resume(entry).catch((error: unknown) => {
    log.warn({ err: error, workspace: entry.id }, 'a workspace could not be resumed yet');
  });
  // By the policy in force now, which may give it longer.
  leases.extend(entry);
};

const adoptInstance = async (entry: Entry, { host, runtimeOf, log }: BootOptions) => {
  try {
    const { incarnation } = entry.snapshot.context;
    const running = await runtimeOf(entry).find(entry.id);
    if (running?.incarnation === incarnation) {
      host.note(entry, 'instance.adopted', { incarnation, pid: running.pid });
    } else if (entry.snapshot.hasTag('leased')) {
      host
        .send(entry, { type: 'instance.exited', incarnation, code: null, signal: null })
        .catch(() => undefined);
    }
  } catch (error) {
    // Only a definite "not running" counts: the lease decides about this one.
    log.warn({ err: error, workspace: entry.id }, 'could not tell whether its instance runs');
  }
};
