import { fromPromise } from 'xstate';
import type { Stamp } from '../../machines/time.ts';
import type { ProvisionOutcome, StopOutcome } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { Entry } from './entry.ts';
import type { Dice, InstanceSpec, Json, Reconciler, Runtime, Store, TokenRow } from './ports.ts';
import type { WorkspaceLogic } from './restore.ts';
import { hashToken } from './tokens.ts';

/** Tokens of so many earlier incarnations are kept, so that a late beat is told that it is stale. */
const KEPT_TOKENS = 8;

type EffectOptions = {
  entryOf: (workspaceId: string) => Entry;
  runtimeOf: (entry: Entry) => Runtime;
  store: Pick<Store, 'commit' | 'settled'>;
  dice: Dice;
  stamp: () => Stamp;
  /** Where agents reach this supervisor. */
  url: () => string;
  onToken: (row: TokenRow, forgetBefore: number) => void;
  note: (entry: Entry, event: string, details: Json) => void;
  reconciler: Pick<Reconciler, 'machine' | 'generationInForce'>;
};

type Unstamped<T> = T extends unknown ? Omit<T, keyof Stamp> : never;

/**
 * The machine with its hands: what is done while a workspace is in a state.
 *
 * Every effect begins only when the state that asks for it is on disk, is an *ensure* that may run twice, and
 * reports an exception as an outcome: only a definite answer of a driver counts.
 */
export const withEffects = (options: EffectOptions): WorkspaceLogic => {
  const { entryOf, runtimeOf, store, dice, stamp, url, onToken, note, reconciler } = options;

  const effect = <Outcome extends Stamp & { kind: string }, Input extends { workspaceId: string }>(
    act: (input: Input, signal: AbortSignal) => Promise<Unstamped<Outcome>>,
  ) =>
    fromPromise<Outcome, Input>(async ({ input, signal: ofState }) => {
      try {
        // An actor that dies of an exception does not abort its children: its host does.
        const signal = AbortSignal.any([ofState, entryOf(input.workspaceId).life.signal]);
        // The actor's host queues the state only after this function has begun.
        await Promise.resolve();
        await store.settled(signal);
        return { ...(await act(input, signal)), ...stamp() } as unknown as Outcome;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { kind: 'failed', message, ...stamp() } as unknown as Outcome;
      }
    });

  const provision = effect<ProvisionOutcome, { workspaceId: string; incarnation: number }>(
    async ({ workspaceId, incarnation }, signal) => {
      const entry = entryOf(workspaceId);
      const runtime = runtimeOf(entry);
      const running = await runtime.find(workspaceId);
      if (running?.incarnation === incarnation) {
        note(entry, 'instance.adopted', { incarnation, pid: running.pid });
        return { kind: 'running', adopted: true };
      }
      const declined = await runtime.check(wantedInstance(entry));
      if (declined !== null) return declined;
      signal.throwIfAborted();
      const token = dice.token();
      const row = { hash: hashToken(token), workspaceId, incarnation, createdAt: stamp().at };
      const forgetBefore = incarnation - KEPT_TOKENS;
      await store.commit({ workspaceId, token: { ...row, forgetBefore } });
      signal.throwIfAborted();
      onToken(row, forgetBefore);
      const spec: InstanceSpec = { ...wantedInstance(entry), incarnation, token, url: url() };
      const { pid } = await runtime.start(spec);
      note(entry, 'instance.started', { incarnation, pid });
      return { kind: 'running', adopted: false };
    },
  );

  const stop = effect<StopOutcome, { workspaceId: string; graceMs: number; checkSuccessor: boolean }>(
    async ({ workspaceId, graceMs, checkSuccessor }, signal) => {
      const entry = entryOf(workspaceId);
      const runtime = runtimeOf(entry);
      const declined = checkSuccessor ? await runtime.check(wantedInstance(entry)) : null;
      if (declined !== null) return declined;
      // The state may have been left meanwhile, and what runs now be wanted.
      signal.throwIfAborted();
      await runtime.stop(workspaceId, graceMs);
      return { kind: 'stopped', pluginGeneration: await generationOf(workspaceId) };
    },
  );

  const generationOf = (workspaceId: string): Promise<number | null> =>
    reconciler.generationInForce(workspaceId).catch(() => null);

  const destroy = effect<StopOutcome, { workspaceId: string; graceMs: number; purge: boolean }>(
    async ({ workspaceId, graceMs, purge }, signal) => {
      const runtime = runtimeOf(entryOf(workspaceId));
      await runtime.stop(workspaceId, graceMs);
      signal.throwIfAborted();
      await runtime.destroy(workspaceId, { purge });
      return { kind: 'stopped', pluginGeneration: null };
    },
  );

  return workspaceMachine.provide({
    actors: { provision, stop, destroy, reconcile: reconciler.machine },
  });
};

const wantedInstance = ({ id, spec: { command, env, sidecar } }: Entry) => ({
  workspaceId: id,
  command,
  env,
  sidecar,
});
