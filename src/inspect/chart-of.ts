import type { AnyStateMachine } from 'xstate';
import { describeMachine, type MachineDescription } from '../../machines/describe/describe-machine.ts';
import { arrangeEdges } from './arrange-edges.ts';
import { buildGraph } from './build-graph.ts';
import type { MachineChart } from './chart.ts';
import { type Measure, measureNode } from './measure-node.ts';
import { readLayout } from './read-layout.ts';
import { rowText } from './row-text.ts';
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
  const measure = (id: string, node: Parameters<typeof measureNode>[0]): [string, Measure] => [
    id,
    measureNode(node, (arrangement.rows.get(id) ?? []).map(rowText)),
  ];
  const measures = new Map(description.nodes.map((node) => measure(node.id, node)));
  // The root is drawn as a heading: its name, and its own rows.
  measures.set(...measure('', { key: description.name, invokes: [] }));
  const measureOf = (id: string) => measures.get(id) as Measure;
  const laidOut = await runLayout(buildGraph(description, arrangement, measureOf));
  return readLayout(description, arrangement, measureOf, laidOut);
};
