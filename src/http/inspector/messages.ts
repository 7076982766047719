import type { InspectedActor, InspectedSnapshot } from '../../supervisor/watching-api.ts';

/** The version of the protocol of `@statelyai/inspect` that these messages follow. */
const VERSION = '0.7.2';

type Common = { sessionId: string; rootId: string; createdAt: string; id: null; _version: string };

/** An actor as the inspector is introduced to it, with the machine it runs. */
export const actorMessage = (actor: InspectedActor, at: number) => ({
  type: '@xstate.actor',
  name: actor.name,
  definition: actor.definition,
  parentId: actor.parentId ?? undefined,
  snapshot: actor.snapshot,
  ...common(actor, at),
});

/** What an actor was told. */
export const eventMessage = (actor: Named, event: unknown, at: number) => ({
  type: '@xstate.event',
  event,
  sourceId: undefined,
  ...common(actor, at),
});

/** What an actor is like now. */
export const snapshotMessage = (actor: Named, snapshot: InspectedSnapshot, event: unknown, at: number) => ({
  type: '@xstate.snapshot',
  event,
  snapshot,
  ...common(actor, at),
});

type Named = Pick<InspectedActor, 'sessionId' | 'rootId'>;

const common = ({ sessionId, rootId }: Named, at: number): Common => ({
  sessionId,
  rootId,
  createdAt: String(at),
  id: null,
  _version: VERSION,
});
