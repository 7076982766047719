import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { reconcileMachine } from '../machines/reconcile/reconcile.machine.ts';
import { supervisorMachine } from '../machines/supervisor/supervisor.machine.ts';
import { workspaceMachine } from '../machines/workspace/workspace.machine.ts';
import { createCatalogue } from './inspect/catalogue.ts';

const MACHINES = join(import.meta.dirname, '..', 'machines');

/** The picture of each machine, and the file it is kept in. */
export const drawDiagrams = (): Promise<{ file: string; svg: string }[]> => {
  const machines: AnyStateMachine[] = [workspaceMachine, reconcileMachine, supervisorMachine];
  const catalogue = createCatalogue(machines);
  return Promise.all(
    machines.map(async ({ id }) => ({
      file: join(MACHINES, id, `${id}.svg`),
      svg: (await catalogue.write(id, 'svg')).text,
    })),
  );
};

if (import.meta.main) for (const { file, svg } of await drawDiagrams()) writeFileSync(file, svg);
