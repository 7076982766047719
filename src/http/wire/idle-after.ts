import { type IdleAfter, readIdleAfter } from '../../idle-after.ts';
import type { Issues } from '../issues.ts';
import type { TemplateDefaults } from '../options.ts';
import type { SpecBody } from '../schemas/spec.ts';

/** What the body says, then what the template says; null takes the template's away. */
export const parseIdleAfter = (
  { idle_after: given, sidecar }: Pick<SpecBody, 'idle_after' | 'sidecar'>,
  template: Pick<TemplateDefaults, 'idleAfter' | 'sidecar'>,
  isExternal: boolean,
  issues: Issues,
): IdleAfter | null => {
  // A sidecar beats for a program that it knows nothing of.
  const knowsNoWork = sidecar ?? template.sidecar ?? false;
  if (given === undefined) return isExternal || knowsNoWork ? null : (template.idleAfter ?? null);
  if (given === null) return null;
  if (isExternal) issues.add('idle_after', 'has no meaning for runtime `external`');
  if (knowsNoWork) issues.add('idle_after', 'would end its work: the sidecar beats, and knows of none');
  const after = readIdleAfter(given);
  if (after === null)
    issues.add('idle_after', 'is neither a length of at least 1m nor `agent`', 'BAD_DURATION');
  return after;
};
