import { KeepwellError } from '../errors.ts';
import type { Supervisor, WorkspaceView } from '../supervisor/api.ts';
import { createNudge } from './nudge.ts';
import { sse } from './open-event-stream.ts';
import type { OpenStream } from './open-streams.ts';
import { journalRowOf } from './schemas/journal.ts';
import { iso } from './schemas/nullable.ts';
import { momentToWire } from './wire/moment.ts';

const PAGE = 200;
/** How often beats are looked for: they are not journaled. */
const LOOK_EVERY_MS = 1_000;
/** What it is like is told again after so many looks: its sentences say how long something has been so. */
const TELL_AFTER_LOOKS = 5;

/**
 * Follows one workspace: its journal rows, what it is like after each of them, the steps of what runs inside it, and
 * its beats. Begins with what it is like, and with the rows after `after`.
 */
export const followWorkspace = async (
  supervisor: Supervisor,
  id: string,
  after: number | null,
  stream: OpenStream,
): Promise<void> => {
  let position = Number.isSafeInteger(after) && after !== null ? after : supervisor.lastSeq();
  let beatAt: number | null = null;
  let toldAt = -1;
  let moved = true;
  const nudge = createNudge();
  const stops = [
    supervisor.onJournal(nudge.nudge),
    supervisor.onStep((workspaceId) => {
      if (workspaceId !== id) return;
      moved = true;
      nudge.nudge();
    }),
  ];
  let looks = 0;
  const looking = setInterval(() => {
    looks += 1;
    if (looks % TELL_AFTER_LOOKS === 0) moved = true;
    nudge.nudge();
  }, LOOK_EVERY_MS);
  stream.signal.addEventListener('abort', nudge.nudge, { once: true });

  const news = (): string => {
    const rows = supervisor.journal(id, { after: position, limit: PAGE, order: 'asc' });
    position = rows.at(-1)?.seq ?? position;
    const parts = rows.map((row) => sse('journal', journalRowOf(row), row.seq));
    if (moved || position !== toldAt) {
      parts.push(sse('moment', momentToWire(supervisor.moment(id, null))));
      moved = false;
      toldAt = position;
    }
    const { presence } = supervisor.view(id);
    if (presence.lastHeartbeatAt !== beatAt) {
      beatAt = presence.lastHeartbeatAt;
      parts.push(sse('beat', beatToWire(presence)));
    }
    return parts.join('');
  };

  try {
    let isOpen = await stream.write('retry: 2000\n\n');
    while (isOpen) {
      const text = news();
      isOpen = text === '' ? !stream.signal.aborted : await stream.write(text);
      if (isOpen && text.length < 1_000_000) await nudge.wait();
      isOpen &&= !stream.signal.aborted;
    }
  } catch (error) {
    // It was removed: what is left of it is its journal.
    if (!(error instanceof KeepwellError)) throw error;
    await stream.write(sse('gone', { code: error.code, error: error.message }));
  } finally {
    clearInterval(looking);
    for (const stop of stops) stop();
  }
};

const beatToWire = (presence: WorkspaceView['presence']) => ({
  last_heartbeat_at: iso(presence.lastHeartbeatAt),
  lease_expires_at: iso(presence.leaseExpiresAt),
  last_error_rate: presence.errorRate,
  active_tasks: presence.activeTasks,
  current_task: presence.currentTask,
  uptime_seconds: presence.uptimeSeconds,
});
