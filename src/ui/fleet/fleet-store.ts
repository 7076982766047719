import { signal } from '@preact/signals';
import { syncClock } from '../live/clock.ts';
import { openStream, type Stream } from '../live/open-stream.ts';
import type { ServerEvent } from '../live/sse-parser.ts';
import type { FleetAll, FleetChanges, FleetRow } from '../wire.ts';

/** Every workspace by id. Changed in place: ten thousand rows are not copied for one beat. */
export const rows = new Map<string, FleetRow>();

/** Rises when a row is there, gone or different in more than its beat. */
export const revision = signal(0);
/** Rises when beats came in. */
export const beats = signal(0);
export const isLoaded = signal(false);
/** How often agents are told to beat; null until the fleet was followed. */
export const intervalSeconds = signal<number | null>(null);

let position = '';

/** Follows the fleet until it is closed; a later call goes on where this one ended. */
export const followFleet = (): Stream => openStream('/fleet', { lastEventId: position, onEvent: take });

/** Forgets everything; the next one who signs in may be somebody else. */
export const forgetFleet = (): void => {
  rows.clear();
  position = '';
  isLoaded.value = false;
};

const take = ({ event, data, id }: ServerEvent): void => {
  position = id;
  if (event === 'fleet') takeAll(JSON.parse(data) as FleetAll);
  else if (event === 'changes') takeChanges(JSON.parse(data) as FleetChanges);
};

const takeAll = ({ at, interval_seconds, rows: all }: FleetAll): void => {
  syncClock(at);
  rows.clear();
  for (const row of all) rows.set(row.id, row);
  intervalSeconds.value = interval_seconds;
  isLoaded.value = true;
  revision.value += 1;
};

const takeChanges = (changes: FleetChanges): void => {
  syncClock(changes.at);
  for (const row of changes.rows) rows.set(row.id, row);
  for (const id of changes.removed) rows.delete(id);
  for (const [id, lastHeartbeatAt, leaseExpiresAt] of changes.beats) {
    const row = rows.get(id);
    if (row === undefined) continue;
    row.last_heartbeat_at = lastHeartbeatAt;
    row.lease_expires_at = leaseExpiresAt;
  }
  // Reconnecting with changes only means that the rows were there before.
  isLoaded.value = true;
  if (changes.rows.length + changes.removed.length > 0) revision.value += 1;
  if (changes.beats.length > 0) beats.value += 1;
};
