import type { Supervisor, WorkspaceKey } from '../../supervisor/api.ts';
import type { InspectedActor } from '../../supervisor/watching-api.ts';
import { actorMessage, eventMessage, snapshotMessage } from './messages.ts';

type Watched = Pick<Supervisor, 'inspected' | 'journal' | 'onJournal' | 'onStep' | 'lastSeq'>;

const PAGE = 500;

/**
 * Tells an inspector of the actors of one workspace, or of all, and then of everything that happens to them.
 *
 * An actor that it has not heard of is introduced first. Returns what ends it.
 */
export const followInspected = (
  supervisor: Watched,
  key: WorkspaceKey | null,
  now: () => number,
  send: (message: object) => void,
): (() => void) => {
  const known = new Set<string>();
  let position = supervisor.lastSeq();

  const introduce = (actor: InspectedActor): boolean => {
    if (known.has(actor.sessionId)) return false;
    known.add(actor.sessionId);
    send(actorMessage(actor, now()));
    return true;
  };
  for (const actor of supervisor.inspected(key)) introduce(actor);

  const tellRows = (): void => {
    for (let isMore = true; isMore; ) {
      const rows = supervisor.journal(key, { after: position, limit: PAGE, order: 'asc' });
      isMore = rows.length === PAGE;
      position = rows.at(-1)?.seq ?? position;
      for (const { workspaceId, kind, cause, at } of rows) {
        if (kind !== 'transition') continue;
        const [root, ...children] = supervisor.inspected(workspaceId);
        if (root === undefined) continue;
        introduce(root);
        send(eventMessage(root, cause, at));
        send(snapshotMessage(root, root.snapshot, cause, at));
        for (const child of children) introduce(child);
      }
    }
  };
  const tellStep = (workspaceId: string): void => {
    const [root, ...children] = supervisor.inspected(workspaceId);
    if (root === undefined || (key !== null && key !== workspaceId && key !== root.name)) return;
    for (const child of children) {
      if (!introduce(child)) send(snapshotMessage(child, child.snapshot, { type: '' }, now()));
    }
  };
  const stops = [supervisor.onJournal(tellRows), supervisor.onStep(tellStep)];
  return () => {
    for (const stop of stops) stop();
  };
};
