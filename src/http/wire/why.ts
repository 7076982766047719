import type { Why } from '../../supervisor/watching-api.ts';
import { iso } from '../schemas/nullable.ts';

export const whyToWire = (why: Why) => ({
  ...why,
  since: iso(why.since),
  evidence: why.evidence === null ? null : { ...why.evidence, at: iso(why.evidence.at) },
  next: why.next.map((step) => ({ ...step, when: iso(step.when) })),
});
