import { setTimeout as sleep } from 'node:timers/promises';
import type { Supervisor } from '../supervisor/api.ts';
import type { FleetChanges, FleetEntry } from '../supervisor/watching-api.ts';
import { sse } from './open-event-stream.ts';
import type { OpenStream } from './open-streams.ts';
import { iso } from './schemas/nullable.ts';

const LOOK_EVERY_MS = 1_000;
/** So often it is said that nothing changed, with what the time is. */
const QUIET_LOOKS = 5;

/** Sends the fleet, or what changed since `mark`, and then every change, until the stream is over. */
export const followFleet = async (
  supervisor: Pick<Supervisor, 'fleet'>,
  mark: string | null,
  stream: OpenStream,
): Promise<void> => {
  let position = mark;
  let quiet = QUIET_LOOKS;
  let isOpen = await stream.write('retry: 2000\n\n');
  while (isOpen) {
    const changes = supervisor.fleet(position);
    position = changes.mark;
    quiet += 1;
    if (isNews(changes) || quiet >= QUIET_LOOKS) {
      quiet = 0;
      isOpen = await stream.write(sse(changes.whole ? 'fleet' : 'changes', toWire(changes), changes.mark));
    }
    await sleep(LOOK_EVERY_MS, null, { signal: stream.signal }).catch(() => null);
    isOpen &&= !stream.signal.aborted;
  }
};

const isNews = ({ whole, entries, beats, removed }: FleetChanges): boolean =>
  whole || entries.length + beats.length + removed.length > 0;

const toWire = ({ at, intervalMs, whole, entries, beats, removed }: FleetChanges) => ({
  at: iso(at),
  interval_seconds: intervalMs / 1_000,
  rows: entries.map(rowOf),
  ...(whole
    ? {}
    : {
        beats: beats.map((beat) => [beat.id, iso(beat.lastHeartbeatAt), iso(beat.leaseExpiresAt)]),
        removed,
      }),
});

const rowOf = ({ view, restartsOfDay }: FleetEntry) => ({
  id: view.id,
  name: view.spec.name,
  role: view.spec.role,
  runtime: view.spec.runtime,
  template: view.spec.template,
  status: view.status,
  state: view.state,
  since: iso(view.since),
  reason: view.reason?.message ?? null,
  last_heartbeat_at: iso(view.presence.lastHeartbeatAt),
  lease_expires_at: iso(view.presence.leaseExpiresAt),
  deadline: view.deadline === null ? null : { name: view.deadline.name, at: iso(view.deadline.at) },
  plugins: {
    declared: view.plugins.declared,
    installed: view.plugins.installed,
    failed: view.plugins.blocked.length,
    held: view.plugins.held.length,
  },
  incarnation: view.incarnation,
  restarts: view.restarts,
  restarts_24h: restartsOfDay,
  generation: view.generation,
});
