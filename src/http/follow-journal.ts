import type { Supervisor, WorkspaceKey } from '../supervisor/api.ts';
import type { JournalEntry } from '../supervisor/ports.ts';
import { createNudge } from './nudge.ts';
import type { OpenStream } from './open-streams.ts';
import { journalRowOf } from './schemas/journal.ts';

/** Rows read and written at once. */
const PAGE = 200;

/**
 * Sends journal rows as server-sent events: all after `after`, then each new one, until the stream is over.
 *
 * A client is a position in the journal and nothing more; the next rows are read when the last ones are sent.
 */
export const followJournal = async (
  supervisor: Supervisor,
  key: WorkspaceKey | null,
  after: number,
  stream: OpenStream,
): Promise<void> => {
  // A restored backup may end before the position a client remembers.
  let position = Math.min(after, supervisor.lastSeq());
  const written = createNudge();
  const stopListening = supervisor.onJournal(written.nudge);
  stream.signal.addEventListener('abort', written.nudge, { once: true });
  try {
    // An id without data gives a client its position before the first event.
    let isOpen = await stream.write(`retry: 2000\nid: ${position}\n\n`);
    while (isOpen) {
      const rows = supervisor.journal(key, { after: position, limit: PAGE, order: 'asc' });
      const last = rows.at(-1);
      if (last === undefined) {
        await written.wait();
        isOpen = !stream.signal.aborted;
      } else {
        position = last.seq;
        isOpen = await stream.write(rows.map(toEvent).join(''));
      }
    }
  } finally {
    stopListening();
    stream.end();
  }
};

const toEvent = (entry: JournalEntry): string =>
  `id: ${entry.seq}\nevent: ${entry.event}\ndata: ${JSON.stringify(journalRowOf(entry))}\n\n`;
