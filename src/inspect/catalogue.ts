import type { AnyStateMachine } from 'xstate';
import { describeMachine } from '../../machines/describe/describe-machine.ts';
import { KeepwellError } from '../errors.ts';
import type { MachineChart } from './chart.ts';
import { chartOf } from './chart-of.ts';
import { dotOf } from './exports/dot.ts';
import { jsonOf } from './exports/json.ts';
import { mermaidOf } from './exports/mermaid.ts';
import { scxmlOf } from './exports/scxml.ts';
import { svgOf } from './exports/svg.ts';

type Format = { type: string; write: (machine: AnyStateMachine) => string | Promise<string> };
export type MachineFormat = keyof typeof FORMATS;

/** How a machine can be written, and what such a text is called on the wire. */
const FORMATS = {
  json: { type: 'application/json', write: jsonOf },
  mermaid: { type: 'text/vnd.mermaid', write: (machine) => mermaidOf(describeMachine(machine)) },
  scxml: { type: 'application/scxml+xml', write: scxmlOf },
  svg: { type: 'image/svg+xml', write: async (machine) => svgOf(await chartOf(machine)) },
  dot: { type: 'text/vnd.graphviz', write: (machine) => dotOf(describeMachine(machine)) },
} as const satisfies Record<string, Format>;

/**
 * The machines that there are to look at, by the name each has of itself.
 *
 * @throws {KeepwellError} `MACHINE_NOT_FOUND`, from everything that takes a name
 */
export const createCatalogue = (machines: readonly AnyStateMachine[]) => {
  const find = (name: string): AnyStateMachine => {
    const machine = machines.find(({ id }) => id === name);
    if (machine !== undefined) return machine;
    throw new KeepwellError('MACHINE_NOT_FOUND', { message: `There is no machine called "${name}".` });
  };
  return {
    list: () =>
      machines.map((machine) => {
        const { name, description, nodes, edges } = describeMachine(machine);
        const transitions = edges.filter(({ kind }) => kind !== 'initial' && kind !== 'history').length;
        return { name, description, states: nodes.length, transitions };
      }),
    chart: async (name: string): Promise<MachineChart> => chartOf(find(name)),
    write: async (name: string, format: MachineFormat): Promise<{ type: string; text: string }> => {
      const { type, write } = FORMATS[format];
      return { type, text: await write(find(name)) };
    },
  };
};
