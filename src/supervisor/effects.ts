import { fromPromise } from 'xstate';
import type { Stamp } from '../../machines/time.ts';
import { containerOf } from '../../machines/workspace/container.ts';
import type {
  Declined,
  ProvisionOutcome,
  RollbackOutcome,
  StopOutcome,
} from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { KeepwellError } from '../errors.ts';
import type { Entry } from './entry.ts';
import { pluginConfigEnv } from './plugin-config.ts';
import type { Dice, InstanceSpec, Json, Reconciler, Runtime, Store, TokenRow } from './ports.ts';
import type { WorkspaceLogic } from './restore.ts';

/** Tokens of so many earlier incarnations are kept, so that a late beat is told that it is stale. */
const KEPT_TOKENS = 8;

type EffectOptions = {
  /** What the environment of an instance holds beside what we tell it. @throws `SECRET_KEY_LOST` */
  environmentOf: (entry: Entry) => Record<string, string>;
  /** Lays out what an agent of a template expects to find; does nothing where it is there. */
  placeTemplate: (template: string, workspaceId: string) => Promise<void>;
  entryOf: (workspaceId: string) => Entry;
  runtimeOf: (entry: Entry) => Runtime;
  store: Pick<Store, 'commit' | 'settled'>;
  dice: Dice;
  stamp: () => Stamp;
  /** Where agents reach this supervisor. */
  url: () => string;
  /** What is kept of a token. */
  hashOf: (token: string) => string;
  onToken: (row: TokenRow, forgetBefore: number) => void;
  note: (entry: Entry, event: string, details: Json) => void;
  reconciler: Pick<Reconciler, 'machine' | 'generationInForce' | 'restore' | 'checkRestorable'>;
};

type Unstamped<T> = T extends unknown ? Omit<T, keyof Stamp> : never;

/**
 * The machine with its hands: what is done while a workspace is in a state.
 *
 * Every effect begins only when the state that asks for it is on disk, is an *ensure* that may run twice, and
 * reports an exception as an outcome: only a definite answer of a driver counts.
 */
export const withEffects = (options: EffectOptions): WorkspaceLogic => {
  const { entryOf, runtimeOf, store, dice, stamp, url, hashOf, onToken, note, reconciler, environmentOf } =
    options;

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

  const wantedInstance = (entry: Entry) => {
    const { id, spec } = entry;
    const { command, sidecar } = spec;
    const env = { ...environmentOf(entry), ...pluginConfigEnv(spec) };
    return { workspaceId: id, command, env, sidecar, container: containerOf(spec) };
  };

  /** Why an instance can certainly not start, before anything that runs is touched. */
  const declinedStart = async (entry: Entry, definite = LACKING): Promise<Declined | null> => {
    try {
      const wanted = wantedInstance(entry);
      const missing = entry.spec.requiredEnv.filter((name) => !wanted.env[name]);
      if (missing.length > 0) throw secretsMissing(missing);
      if (entry.spec.template !== null) await placeTemplate(entry.spec.template, entry.id);
      return await runtimeOf(entry).check(wanted);
    } catch (error) {
      return declinedBy(error, definite);
    }
  };

  const placeTemplate = async (template: string, workspaceId: string): Promise<void> => {
    try {
      await options.placeTemplate(template, workspaceId);
    } catch (error) {
      if (error instanceof KeepwellError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new KeepwellError('TEMPLATE_NOT_PLACED', {
        message: `The files of the template ${template} could not be placed: ${code ?? message}.`,
        cause: error,
      });
    }
  };

  /** What may be other at the next try is reason enough to leave an agent alone, and none to give up a start. */
  const declinedSuccessor = async (entry: Entry): Promise<Declined | null> => {
    const declined = await declinedStart(entry, LACKING_NOW);
    if (declined?.code !== 'TEMPLATE_NOT_PLACED') return declined;
    return (await runtimeOf(entry).find(entry.id)) === null ? null : declined;
  };

  const provision = effect<ProvisionOutcome, { workspaceId: string; incarnation: number }>(
    async ({ workspaceId, incarnation }, signal) => {
      const entry = entryOf(workspaceId);
      const runtime = runtimeOf(entry);
      const running = await runtime.find(workspaceId);
      if (running?.incarnation === incarnation) {
        note(entry, 'instance.adopted', { incarnation, pid: running.pid });
        return { kind: 'running', adopted: true };
      }
      const declined = await declinedStart(entry);
      if (declined !== null) return declined;
      signal.throwIfAborted();
      const token = dice.token();
      const row = { hash: hashOf(token), workspaceId, incarnation, createdAt: stamp().at, expiresAt: null };
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
      const declined = checkSuccessor ? await declinedSuccessor(entry) : null;
      if (declined !== null) return declined;
      // The state may have been left meanwhile, and what runs now be wanted.
      signal.throwIfAborted();
      await runtime.stop(workspaceId, graceMs);
      return { kind: 'stopped', pluginGeneration: await generationOf(workspaceId) };
    },
  );

  /** Switches while nothing runs, so that no agent ever sees its plugins change under it. */
  const rollback = effect<RollbackOutcome, { workspaceId: string; graceMs: number; to: number }>(
    async ({ workspaceId, graceMs, to }, signal) => {
      const entry = entryOf(workspaceId);
      const declined = (await declinedSuccessor(entry)) ?? (await declinedRollback(workspaceId, to));
      if (declined !== null) return declined;
      signal.throwIfAborted();
      await runtimeOf(entry).stop(workspaceId, graceMs);
      signal.throwIfAborted();
      try {
        const { generation, changed } = await reconciler.restore(workspaceId, to, signal);
        note(entry, 'plugins.rolledBack', { to, generation, changed: changed.map(({ name }) => name) });
        return { kind: 'rolled-back', generation, changed };
      } catch (error) {
        return declinedBy(error, NO_WAY_BACK);
      }
    },
  );

  /** Why there is certainly no way back, before anything that runs is touched. */
  const declinedRollback = async (workspaceId: string, to: number): Promise<Declined | null> => {
    try {
      await reconciler.checkRestorable(workspaceId, to);
      return null;
    } catch (error) {
      return declinedBy(error, NO_WAY_BACK);
    }
  };

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
    actors: { provision, stop, rollback, destroy, reconcile: reconciler.machine },
  });
};

/** What only an operator can mend. */
const LACKING: ReadonlySet<string> = new Set(['SECRETS_MISSING', 'SECRET_KEY_LOST', 'TEMPLATE_INVALID']);
const LACKING_NOW: ReadonlySet<string> = new Set([...LACKING, 'TEMPLATE_NOT_PLACED']);
const NO_WAY_BACK: ReadonlySet<string> = new Set([
  'PLUGIN_GENERATION_NOT_FOUND',
  'PLUGIN_CACHE_DAMAGED',
  'PLUGIN_NOT_ALLOWED',
]);

/** A definite refusal as an outcome; anything else may be other at the next try. */
const declinedBy = (error: unknown, definite: ReadonlySet<string>): Declined => {
  if (!(error instanceof KeepwellError) || !definite.has(error.code)) throw error;
  const { code, message, hint } = error;
  return { kind: 'declined', code, message, hint };
};

const secretsMissing = (names: readonly string[]) =>
  new KeepwellError('SECRETS_MISSING', {
    message: `The agent needs ${names.join(', ')}, which ${names.length === 1 ? 'is' : 'are'} not set.`,
    details: { missing: names },
  });
