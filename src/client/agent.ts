import type { CallOptions, Transport } from './transport.ts';
import type { Beat, BeatAnswer, BeatResults, CardUpdate, Registered, Registration } from './types.ts';

/**
 * What an agent says of itself, with the token of its workspace; `heartbeats` with that of a relay.
 *
 * An agent that is told `STALE_INCARNATION` (409) or `WORKSPACE_REMOVED` (410) was replaced, or is not wanted any more,
 * and should end.
 */
export const createAgent = (transport: Transport) => ({
  /** To be repeated every `interval_seconds` of the answer. */
  heartbeat: (beat: Beat, call?: CallOptions): Promise<BeatAnswer> =>
    transport.json({ method: 'POST', path: '/registry/heartbeat', body: beat }, call),
  /** Hands on up to 1 000 beats; each is answered by itself, in the same order. */
  heartbeats: (beats: Beat[], call?: CallOptions): Promise<BeatResults> =>
    transport.json({ method: 'POST', path: '/registry/heartbeats', body: { beats } }, call),
  /** With open enrolment the first one is given its token. */
  register: (registration: Registration, call?: CallOptions): Promise<Registered> =>
    transport.json({ method: 'POST', path: '/registry/register', body: registration }, call),
  updateCard: (update: CardUpdate, call?: CallOptions): Promise<{ status: 'updated' }> =>
    transport.json({ method: 'POST', path: '/registry/update-card', body: update }, call),
});
