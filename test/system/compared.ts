/** What the program says of a workspace, held against the reference model and against what DESIGN promises of online. */
import type { Policy } from '../../machines/workspace/policy.ts';
import type { Answer } from './program.ts';
import { isDue, stateOf, statusOf, step } from './reference-model.ts';
import type { Life } from './reference-search.ts';
import { bornAt, toldAs } from './told-to-reference.ts';

/** What differs, in words; empty when the reference model comes to the same by every transition. */
export const differences = (rows: Answer[], view: Answer): string[] => {
  const found: string[] = [];
  let life: Life | null = null;
  for (const { event, from, to, cause, at } of rows) {
    const before: string | null = life === null ? null : stateOf(life);
    if (life === null) {
      const { owned, policy } = cause.input as { owned: boolean; policy: Policy };
      life = bornAt(owned, Date.parse(at), policy);
    } else life = step(life, toldAs({ at: Date.parse(at), ...cause }));
    const [told, foreseen] = [`${from} -> ${to}`, `${before} -> ${stateOf(life)}`];
    if (told !== foreseen) found.push(`${event}: told ${told}, foreseen ${foreseen}`);
  }
  if (life === null) return ['there is no journal'];
  const { status, state, incarnation, restarts, restart_pending } = view;
  const shown = { status, state, incarnation, restarts, restart_pending };
  const foreseen = {
    status: statusOf(life),
    state: stateOf(life),
    incarnation: life.incarnation,
    restarts: life.restarts,
    restart_pending: isDue(life),
  };
  return JSON.stringify(shown) === JSON.stringify(foreseen)
    ? found
    : [...found, `shown ${JSON.stringify(shown)}, foreseen ${JSON.stringify(foreseen)}`];
};

/** Entries into online that have more or less than one outcome before the next one: settled, failed or superseded. */
export const wrongOutcomes = (rows: Answer[]): string[] => {
  const found: string[] = [];
  let isOpen = false;
  for (const { event, from, to } of rows) {
    const isLeft = from === 'wanted.online.reconciling';
    if (isLeft && !isOpen) found.push(`${event} ends a reconcile that had ended`);
    if (!isLeft && isOpen) found.push(`${event} comes from ${from} while a reconcile is under way`);
    isOpen = to === 'wanted.online.reconciling';
  }
  return found;
};
