import type { Moment, MomentChild } from '../../supervisor/watching-api.ts';
import type { MomentWire } from '../schemas/moment.ts';
import { iso } from '../schemas/nullable.ts';
import { blockedToWire, heldToWire } from './view.ts';
import { whyToWire } from './why.ts';

export const momentToWire = ({ armed, children, declared, plugins, why, ...moment }: Moment): MomentWire => ({
  ...chartPlace(moment),
  seq: moment.seq,
  at: iso(moment.at),
  live: moment.live,
  exact: moment.exact,
  event: moment.event,
  from: moment.from,
  status: moment.status,
  since: iso(moment.since),
  incarnation: moment.incarnation,
  generation: moment.generation,
  reason: moment.reason,
  // When a lease that is over would have ended is not known.
  armed: armed.flatMap(({ name, at, move }) =>
    at === null ? [] : [{ name, at: iso(at), edge: move?.edge ?? null, to: move?.to ?? null }],
  ),
  children: children.map((child) => ({ id: child.id, ...chartPlace(child) })),
  plugins: {
    declared,
    installed: plugins.installed,
    generation: plugins.generation,
    good: plugins.good,
    probation_until: iso(plugins.probationUntil),
    pending: plugins.pending,
    blocked: plugins.blocked.map(blockedToWire),
    held: plugins.held.map(heldToWire),
  },
  why: whyToWire(why),
});

const chartPlace = ({ machine, state, active, lastEdges, possible }: Omit<MomentChild, 'id'>) => ({
  machine,
  state,
  active,
  last_edges: [...lastEdges],
  possible,
});
