/** Tells the reference model what the machine is told, or what the journal says that it was told. */
import type { Policy } from '../../machines/workspace/policy.ts';
import { created } from './reference-model.ts';
import type { Happening, Life, Limits } from './reference-search.ts';

const limitsOf = (policy: Policy): Limits => ({
  restartBudget: policy.restartBudget,
  restartWindowMs: policy.restartWindowMs,
  healthyAfterMs: policy.healthyAfterMs,
  degradedForMs: policy.degradedForMs,
  pluginRestartBudget: policy.pluginRestartBudget,
  pluginRestartWindowMs: policy.pluginRestartWindowMs,
  pluginProbationMs: policy.pluginProbationMs,
});

export const bornAt = (owned: boolean, at: number, policy: Policy): Life =>
  created(owned, at, limitsOf(policy));

type Told = { type: string; at: number; output?: Record<string, unknown> };

/** An event of the machine in the words of the journal. An effect brings its moment with its outcome. */
export const toldAs = (event: Told): Happening => {
  const [, how, actor] = /^xstate\.(done|error)\.actor\.(\w+)$/.exec(event.type) ?? [];
  if (actor === undefined) return event;
  if (how === 'error') return { type: `${actor}.failed`, at: event.at };
  const { output = {} } = event;
  const generation = (output.pluginGeneration ?? output.generation ?? null) as number | null;
  const changed = ((output.changed ?? []) as (string | { name: string })[]).map((one) =>
    typeof one === 'string' ? one : one.name,
  );
  const failed = (output.failed ?? []) as unknown[];
  return {
    type: `${actor}.settled`,
    at: Number(output.at),
    ...(typeof output.kind === 'string' ? { kind: output.kind } : {}),
    generation,
    changed,
    complete: failed.length === 0 && (output.error ?? null) === null,
    restartNeeded: output.restartNeeded === true,
  };
};
