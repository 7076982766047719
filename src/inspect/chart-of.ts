import type { AnyStateMachine } from 'xstate';
import { describeMachine, type MachineDescription } from '../../machines/describe/describe-machine.ts';
import { arrangeEdges } from './arrange-edges.ts';
import { buildGraph } from './build-graph.ts';
import type { MachineChart } from './chart.ts';
import { type Measure, measureNode } from './measure-node.ts';
import { readLayout } from './read-layout.ts';
import { runLayout } from './run-layout.ts';

const known = new WeakMap<AnyStateMachine, Promise<MachineChart>>();

/** A machine as it is drawn; the same definition gives the same chart. Laid out once, in a thread of its own. */
export const chartOf = (machine: AnyStateMachine): Promise<MachineChart> => {
  const chart = known.get(machine) ?? layOut(describeMachine(machine));
  known.set(machine, chart);
  // Whoever asks after a failure gets another try.
  chart.catch(() => known.delete(machine));
  return chart;
};

const layOut = async (description: MachineDescription): Promise<MachineChart> => {
  const arrangement = arrangeEdges(description.edges);
  const linesOf = (id: string) => arrangement.lines.get(id) ?? [];
  const measures = new Map(description.nodes.map((node) => [node.id, measureNode(node, linesOf(node.id))]));
  measures.set('', measureNode(rootOf(description), linesOf('')));
  const measureOf = (id: string) => measures.get(id) as Measure;
  const laidOut = await runLayout(buildGraph(description, arrangement, measureOf));
  return readLayout(description, arrangement, measureOf, laidOut);
};

/** The root is drawn as a heading: its name, and its own lines of text. */
const rootOf = ({ name }: MachineDescription) => ({
  id: '',
  key: name,
  parent: null,
  kind: 'compound' as const,
  deep: false,
  initial: null,
  description: null,
  tags: [],
  invokes: [],
  entry: [],
  exit: [],
});
