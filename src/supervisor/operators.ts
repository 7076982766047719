import { containerOf } from '../../machines/workspace/container.ts';
import { resolvePolicy } from '../../machines/workspace/policy.ts';
import { EMPTY_SPEC, pluginConfigs, type WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { scheduleOf } from '../schedule.ts';
import { isAlive } from './actor-host.ts';
import type { Supervisor, WorkspaceView } from './api.ts';
import type { Core } from './core.ts';
import { type Entry, NO_PRESENCE } from './entry.ts';
import { isEqual } from './is-equal.ts';
import { noteRow, transitionRow } from './journal-row.ts';
import { lively } from './lively.ts';
import type { Json, TokenRow } from './ports.ts';
import { isPausedBySchedule } from './reason-of.ts';
import { storedForm } from './restore.ts';
import { occurrenceOf } from './verbs.ts';
import { viewOf } from './views.ts';

type Created = Awaited<ReturnType<Supervisor['create']>>;
type Idempotency = { key: string; digest: string } | null;

/** What operators may do: create, change, move and remove workspaces. */
export const operatorSide = (core: Core) => {
  const {
    directory,
    host,
    tokens,
    store,
    dice,
    stamp,
    enrolment,
    policyDefaults,
    newEntry,
    runtimes,
    keeper,
    schedules,
  } = core;
  /** Creates that are under way, by idempotency key: a second request waits for the first. */
  const underWay = new Map<string, Promise<Created>>();

  const createNew = async (
    spec: WorkspaceSpec,
    idempotency: Idempotency,
    id: string,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<Created> => {
    const runtime = runtimes[spec.runtime];
    if (runtime === undefined) throw new KeepwellError('RUNTIME_UNAVAILABLE');
    using _name = directory.reserve(spec.name);
    const policy = resolvePolicy(spec.policy, policyDefaults);
    const input = { workspaceId: id, owned: runtime.owned, policy, generation: 1, ...stamp() };
    const sealed = keeper.prepare(id, secrets, input.at);
    let entry: Entry | undefined;
    const actor = host.prepare(input, () => entry);
    const snapshot = actor.getSnapshot();
    const authToken = runtime.owned || enrolment === 'open' ? null : dice.token();
    const token: TokenRow | null =
      authToken === null
        ? null
        : {
            hash: tokens.hashOf(authToken),
            workspaceId: id,
            incarnation: null,
            createdAt: input.at,
            expiresAt: null,
          };
    entry = newEntry({
      id,
      actor,
      spec,
      generation: 1,
      createdAt: input.at,
      agentCard: null,
      agentUrl: null,
      presence: { ...NO_PRESENCE },
      schedule: null,
    });
    await store.create({
      workspaceId: id,
      spec: { spec, generation: 1 },
      createdAt: input.at,
      snapshot: storedForm(snapshot),
      journal: [transitionRow(null, snapshot, { type: 'xstate.init', input } as never, input.at)],
      token,
      secrets: sealed.set,
      idempotency: idempotency === null ? null : { ...idempotency, response: { id } as Json },
    });
    directory.add(entry);
    keeper.apply(sealed);
    if (token !== null) tokens.add(token);
    host.begin(entry);
    core.watch(entry);
    schedules.settle(entry);
    return { view: viewOf(entry), authToken, replayed: false };
  };

  /** Whoever brings secrets waits until no others are being changed. */
  const begin = (
    spec: WorkspaceSpec,
    idempotency: Idempotency,
    secrets: Readonly<Record<string, string>>,
  ): Promise<Created> => {
    const create = () => createNew(spec, idempotency, dice.workspaceId(), secrets);
    return Object.keys(secrets).length === 0 ? create() : keeper.inTurn(create);
  };

  const replay = (idempotency: NonNullable<Idempotency>): Created | null => {
    const earlier = store.idempotent(idempotency.key);
    if (earlier === null) return null;
    if (earlier.digest !== idempotency.digest) throw new KeepwellError('IDEMPOTENCY_CONFLICT');
    const { id } = earlier.response as { id: string };
    return { view: viewOf(directory.byId(id)), authToken: null, replayed: true };
  };

  const changeTo = async (entry: Entry, spec: WorkspaceSpec): Promise<WorkspaceView> => {
    const before = entry.spec;
    if (spec.name !== before.name || spec.runtime !== before.runtime) {
      throw new KeepwellError('BAD_REQUEST', {
        message: 'The name and the runtime of a workspace cannot change.',
        hint: 'Create another workspace and remove this one.',
      });
    }
    if (isEqual({ ...spec, applied: null }, { ...before, applied: null })) {
      return remember(entry, spec);
    }
    const generation = entry.generation + 1;
    const policy = resolvePolicy(spec.policy, policyDefaults);
    const restart = needsRestart(before, spec);
    const { faults } = entry;
    const isOther = !isEqual(scheduleOf(before), scheduleOf(spec));
    const mark = isOther ? schedules.replaced(entry) : {};
    const committed = host.send(
      entry,
      { type: 'spec.changed', generation, policy, restart },
      { spec: { spec, generation }, ...mark },
    );
    // An actor that failed took nothing over, and nothing of the change goes to disk.
    if (entry.faults <= faults) Object.assign(entry, { spec, generation, ...mark });
    if (isOther) schedules.settle(entry);
    core.idleness.watch(entry);
    await committed;
    return viewOf(entry);
  };

  /** The schedule's pause becomes the operator's own. */
  const keepPaused = (entry: Entry): Promise<void> => {
    const { id: workspaceId, snapshot, schedule } = entry;
    const row = noteRow(snapshot, 'pause.kept', {}, stamp().at);
    return store.commit({ workspaceId, schedule, journal: [row] });
  };

  /** What was applied is other than before, but asks for nothing new: nobody needs to hear of that. */
  const remember = async (entry: Entry, spec: WorkspaceSpec): Promise<WorkspaceView> => {
    if (!isEqual(spec.applied, entry.spec.applied)) {
      const { id: workspaceId, generation } = entry;
      entry.spec = spec;
      await store.commit({ workspaceId, spec: { spec, generation } });
    }
    // What made it so may still be on its way to the disk.
    await entry.commit;
    return viewOf(entry);
  };

  const side: Pick<Supervisor, 'create' | 'change' | 'act' | 'remove'> = {
    async create(spec, idempotency, secrets = {}) {
      if (idempotency === null) return begin(spec, null, secrets);
      const earlier = replay(idempotency);
      if (earlier !== null) return earlier;
      const first = underWay.get(idempotency.key);
      if (first !== undefined) {
        await first;
        return replay(idempotency) ?? first;
      }
      const creation = begin(spec, idempotency, secrets);
      underWay.set(idempotency.key, creation);
      try {
        return await creation;
      } finally {
        underWay.delete(idempotency.key);
      }
    },

    async change(key, spec, ifGeneration) {
      const entry = lively(directory.get(key));
      if (ifGeneration !== null && ifGeneration !== entry.generation) {
        throw new KeepwellError('GENERATION_CONFLICT', {
          details: { expected: ifGeneration, current: entry.generation },
        });
      }
      return changeTo(entry, spec);
    },

    async act(key, verb) {
      const entry = lively(directory.get(key));
      const isKept = verb === 'pause' && isPausedBySchedule(entry);
      const occurrence = isKept ? null : occurrenceOf(entry, verb);
      // Who has its plugins looked at says nothing of whether it should run.
      const mark = verb === 'reconcile' ? {} : schedules.actedOn(entry);
      const before = entry.schedule;
      Object.assign(entry, mark);
      const committed = occurrence === null ? keepPaused(entry) : host.send(entry, occurrence, mark);
      if (isAlive(entry)) schedules.settle(entry);
      else entry.schedule = before;
      await committed;
      return viewOf(entry);
    },

    async remove(key, { purge }) {
      const entry = lively(directory.get(key));
      await host.send(entry, { type: 'operator.removed', purge });
    },
  };

  return {
    ...side,
    /** Makes room for an agent elsewhere that nobody announced. */
    async enrol(workspaceId: string): Promise<Entry> {
      const spec: WorkspaceSpec = { ...EMPTY_SPEC, name: workspaceId.toLowerCase(), runtime: 'external' };
      await createNew(spec, null, workspaceId);
      return directory.byId(workspaceId);
    },
  };
};

/** Whether a running instance was started with something that is different now. */
const needsRestart = (before: WorkspaceSpec, after: WorkspaceSpec): boolean =>
  (['command', 'env', 'sidecar'] as const).some((key) => !isEqual(before[key], after[key])) ||
  !isEqual(containerOf(before), containerOf(after)) ||
  !isEqual(pluginConfigs(before), pluginConfigs(after));
