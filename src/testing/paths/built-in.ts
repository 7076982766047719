import type { AnyStateMachine } from 'xstate';
import { reconcileMachine } from '../../../machines/reconcile/reconcile.machine.ts';
import { supervisorMachine } from '../../../machines/supervisor/supervisor.machine.ts';
import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import { RECONCILE_WORLD } from './reconcile-cases.ts';
import { SUPERVISOR_WORLD } from './supervisor-cases.ts';
import type { WorldOptions } from './types.ts';
import { WORKSPACE_WORLD } from './workspace-cases.ts';

/** Keepwell's own machines, what may happen to each, and where a program imports it from. */
export const BUILT_IN: Record<
  string,
  { machine: AnyStateMachine; world: WorldOptions; from: string; name: string }
> = {
  workspace: {
    machine: workspaceMachine,
    world: WORKSPACE_WORLD,
    from: 'keepwell/machines/workspace',
    name: 'workspaceMachine',
  },
  reconcile: {
    machine: reconcileMachine,
    world: RECONCILE_WORLD,
    from: 'keepwell/machines/reconcile',
    name: 'reconcileMachine',
  },
  supervisor: {
    machine: supervisorMachine,
    world: SUPERVISOR_WORLD,
    from: 'keepwell/machines/supervisor',
    name: 'supervisorMachine',
  },
};
