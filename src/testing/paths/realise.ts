import type { AnyMachineSnapshot } from 'xstate';
import { leafOf } from '../../../machines/walk.ts';
import { casesIn } from './cases-in.ts';
import type { Edge, Graph } from './explore.ts';
import type { Stepper } from './stepper.ts';
import type { Path, Step, WorldOptions } from './types.ts';

/** A path without its title. */
export type Untitled = Omit<Path, 'title'>;

/**
 * Leads the machine itself along a way through the graph, so that a path says what the machine does and nothing else.
 * Null when it does something else than the graph promised.
 */
export const realise = (
  way: readonly Edge[],
  { graph, stepper, options }: { graph: Graph; stepper: Stepper; options: WorldOptions },
): Untitled | null => {
  const root = way[0]?.from;
  const begun = graph.starts.find(({ node }) => node === root);
  if (root === undefined || begun === undefined) return null;
  const steps: Step[] = [];
  let at: AnyMachineSnapshot = root.snapshot;
  for (const edge of way) {
    const taken = at === edge.from.snapshot ? asFound(edge) : takeAgain(at, edge, stepper, options);
    if (taken === null) return null;
    const { result, step } = taken;
    if (step.to !== edge.to.leaf || step.edges.join() !== edge.edges.join()) return null;
    steps.push(step);
    at = result;
  }
  return {
    start: { input: begun.start.input },
    from: root.leaf,
    startEdges: begun.edges,
    steps,
    to: leafOf(at.value),
  };
};

type Again = { result: AnyMachineSnapshot; step: Step };

const asFound = ({ case: one, from, to, result, edges, moved }: Edge): Again => ({
  result,
  step: { ...one, from: from.leaf, to: to.leaf, edges, moved },
});

const takeAgain = (
  at: AnyMachineSnapshot,
  { case: { name, title } }: Edge,
  stepper: Stepper,
  options: WorldOptions,
): Again | null => {
  const one = casesIn(at, options).find((each) => each.name === name && each.title === title);
  if (one === undefined) return null;
  const { snapshot: result, edges } = stepper.take(at, one.event);
  const step = { ...one, from: leafOf(at.value), to: leafOf(result.value), edges, moved: result !== at };
  return { result, step };
};
