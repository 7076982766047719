import type { AnyStateMachine } from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';
import { nodeIdOf } from '../../../machines/describe/edge-id.ts';
import { KeepwellError } from '../../errors.ts';

/**
 * The dotted path of a state that is given by it, or by its end where that is one state's alone: `online` for
 * `wanted.online`.
 *
 * @throws {KeepwellError} `MACHINE_STATE_UNKNOWN`
 */
export const findState = (machine: AnyStateMachine, name: string): string => {
  const all = [...everyNode(machine.root)]
    .filter(({ type, parent }) => type !== 'history' && parent !== undefined)
    .map(nodeIdOf);
  if (all.includes(name)) return name;
  const ending = all.filter((id) => id.endsWith(`.${name}`));
  if (ending.length === 1) return ending[0] as string;
  throw new KeepwellError('MACHINE_STATE_UNKNOWN', {
    message:
      ending.length > 1
        ? `"${name}" is several states of ${machine.id}.`
        : `${machine.id} has no state "${name}".`,
    hint: `Write one of ${(ending.length > 1 ? ending : all).join(', ')}.`,
  });
};
