import { fromPromise } from 'xstate';
import type { StepInput } from '../../machines/reconcile/reconcile.machine.ts';
import type { Stamp } from '../../machines/time.ts';

/** Makes steps that stamp what they learn, and what they fail with, with the moment at which it was known. */
export const createStepMaker =
  (stamp: () => Stamp, lifeOf: (workspaceId: string) => AbortSignal) =>
  <Output extends Stamp>(
    act: (input: StepInput, signal: AbortSignal) => Promise<Omit<Output, keyof Stamp>>,
  ) =>
    fromPromise<Output, StepInput>(async ({ input, signal: ofState }) => {
      try {
        const signal = AbortSignal.any([ofState, lifeOf(input.workspaceId)]);
        // The state that asked for this is queued for the disk only after this function has begun.
        await Promise.resolve();
        return { ...(await act(input, signal)), ...stamp() } as Output;
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string };
        throw { code: code ?? 'INTERNAL', message: message ?? String(error), ...stamp() };
      }
    });
