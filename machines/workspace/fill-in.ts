import type { EpochMs } from '../time.ts';
import { crashesWithin } from './restart-budget.ts';
import type { WorkspaceContext } from './types.ts';
import { times } from './words.ts';

/** What may stand in braces in a state's `meta.why`. */
const PLACEHOLDERS: Record<string, (context: WorkspaceContext, now: EpochMs) => string> = {
  crashes: (context, now) => times(Math.max(1, crashesWithin(context, now))),
  restartWindow: ({ policy }) => `${Math.round(policy.restartWindowMs / 60_000)} min`,
  try: (context, now) => nth(Math.max(1, crashesWithin(context, now))),
  budget: ({ policy }) => String(policy.restartBudget),
  recoveredBelow: ({ policy }) => `${Math.round(policy.recoveredBelow * 100)} %`,
  incarnation: ({ incarnation }) => String(incarnation),
};

/** A state's `meta.why` as a sentence about one workspace. @throws when it names something that is not known */
export const fillIn = (template: string, context: WorkspaceContext, now: EpochMs): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const fill = PLACEHOLDERS[name];
    if (fill === undefined) throw new Error(`{${name}} is no placeholder`);
    return fill(context, now);
  });

const WORDS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth'];
const nth = (count: number): string => WORDS[count - 1] ?? `${count}th`;
