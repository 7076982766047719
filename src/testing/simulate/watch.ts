import type { EpochMs } from '../../../machines/time.ts';
import { leafOf } from '../../../machines/walk.ts';
import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { WorkspaceContext } from '../../../machines/workspace/types.ts';
import type {
  Change,
  JournalDraft,
  LoadedWorkspace,
  NewWorkspace,
  StoredSnapshot,
} from '../../supervisor/ports.ts';
import { DECISION_INVARIANTS } from './invariants/decisions.ts';
import { type Decision, type Facts, type Invariant, isLeasedState, type Seen } from './invariants/types.ts';

/** An invariant that does not hold. */
export type Broken = {
  number: string;
  name: string;
  /** The name of the workspace; null where it is nobody's in particular. */
  workspace: string | null;
  at: EpochMs;
  /** What is not as it must be, in a sentence. */
  words: string;
};

type WatchOptions = {
  now: () => EpochMs;
  facts: Facts;
  /** What every decision is held against besides. */
  also: readonly Invariant<Decision>[];
  /** Called with the first one that breaks, and with every other one. */
  onBroken: (broken: Broken) => void;
  /** Called with every transition. */
  onDecision: (decision: Decision) => void;
};

/** Hears of everything that is decided, in order, and holds it against what must always be so. */
export const createWatch = ({ now, facts, also, onBroken, onDecision }: WatchOptions) => {
  const invariants = [...DECISION_INVARIANTS, ...also];
  const seen = new Map<string, Seen>();

  const report = (number: string, name: string, id: string | null, words: string): void =>
    onBroken({
      number,
      name,
      workspace: id === null ? null : (seen.get(id)?.spec.name ?? id),
      at: now(),
      words,
    });

  const meet = (id: string, spec: WorkspaceSpec, generation: number, context: WorkspaceContext): Seen => {
    const one: Seen = {
      id,
      spec,
      generation,
      state: '',
      context,
      removed: false,
      decisions: 0,
      enteredAt: now(),
      leasedSince: 0,
      toldWhyIn: new Set(),
      looks: 0,
      overtaken: 0,
      tamperedAt: 0,
      causes: [],
      owedSince: null,
      unminded: neverMinded(spec),
      crashedAt: 0,
      crashRestarts: [],
    };
    seen.set(id, one);
    return one;
  };

  const decide = (one: Seen, row: JournalDraft, after: WorkspaceContext, isFirst: boolean): void => {
    const decision: Decision = {
      seen: one,
      at: now(),
      row,
      from: isFirst ? null : one.state,
      to: row.to,
      before: isFirst ? null : one.context,
      after,
    };
    noteCause(decision);
    for (const { number, name, check } of invariants) {
      const words = check(decision, facts);
      if (words !== null) report(number, name, one.id, words);
    }
    settle(decision);
    onDecision(decision);
  };

  return {
    seen,
    report,
    created({ workspaceId, spec, snapshot, journal }: NewWorkspace): void {
      const one = meet(workspaceId, spec.spec, spec.generation, snapshot.context);
      for (const row of journal) decide(one, row, snapshot.context, true);
    },
    changed({ workspaceId, spec, snapshot, journal = [] }: Change): void {
      const one = seen.get(workspaceId);
      if (one === undefined) return;
      if (spec !== undefined) {
        one.spec = spec.spec;
        one.generation = spec.generation;
        for (const name of neverMinded(spec.spec)) one.unminded.add(name);
      }
      for (const row of journal) {
        if (row.kind === 'transition' && snapshot !== undefined) decide(one, row, snapshot.context, false);
        else noteNote(one, row, report);
      }
    },
    /** Somebody looked at what is installed. */
    looked(id: string): void {
      const one = seen.get(id);
      if (one !== undefined) one.looks += 1;
    },
    /** What was stored is all that is left of what was decided. */
    restored({ workspaceId: id, spec, generation, rawSnapshot }: LoadedWorkspace, decisions: number): void {
      const { value, context } = JSON.parse(rawSnapshot) as StoredSnapshot;
      const known = seen.get(id);
      // A removal that was not on the disk yet has not happened.
      if (known !== undefined) known.removed = false;
      const one = known ?? meet(id, spec, generation, context);
      if (known !== undefined && JSON.stringify(context) === JSON.stringify(known.context)) {
        Object.assign(one, { spec, generation, decisions, looks: 0, overtaken: 0 });
        return;
      }
      Object.assign(one, {
        spec,
        generation,
        decisions,
        context,
        state: leafOf(value),
        looks: 0,
        overtaken: 0,
      });
      // Decisions that were lost with the last life may have served, or made, what is not known any more.
      Object.assign(one, {
        owedSince: null,
        causes: ['supervisor.resumed'],
        crashedAt: 0,
        crashRestarts: [],
      });
    },
  };
};

export type Watch = ReturnType<typeof createWatch>;

/** Plugins whose coming, changing and going needs no restart. */
const neverMinded = ({ plugins }: WorkspaceSpec): Set<string> =>
  new Set(plugins.filter(({ restart }) => restart === 'never').map(({ name }) => name));

const OPERATORS = /^operator\.(restarted|retried|resumed|woke|rolledBack|released|updated)$/;
const MENDING = /^(operator\.(restarted|retried|resumed|woke|rolledBack)|spec\.changed|secrets\.changed)$/;

/** What can make another incarnation due, besides what is decided anew within the one there is. */
const noteCause = ({ seen, row, before, after }: Decision): void => {
  const isAsked = before !== null && after.restart.wanted > before.restart.wanted;
  const isCrash =
    row.event === 'instance.exited' || row.event === 'lease.expired' || row.event === 'provision.settled';
  const isTimeout = row.event === 'deadline.passed' && before?.deadline?.name === 'provisionBy';
  const isSwitched = before !== null && after.plugins.generation !== before.plugins.generation;
  if (
    before === null ||
    OPERATORS.test(row.event) ||
    MENDING.test(row.event) ||
    isAsked ||
    isCrash ||
    isTimeout ||
    isSwitched ||
    row.event === 'actor.parked'
  ) {
    seen.causes.push(row.event);
  }
  const asksRestart =
    row.event === 'operator.restarted' ||
    row.event === 'secrets.changed' ||
    (row.event === 'spec.changed' && (row.cause as { restart?: boolean }).restart === true);
  if (asksRestart && after.owned) seen.owedSince = Math.max(seen.owedSince ?? 0, before?.incarnation ?? 0);
};

/** Takes over what a decision left. */
const settle = ({ seen, row, at, to, from, before, after }: Decision): void => {
  if (row.event === 'reconcile.settled') seen.overtaken = 0;
  else if (
    before?.reconcile.outcome === 'running' &&
    (to !== from || after.reconcile.run !== before.reconcile.run)
  ) {
    seen.overtaken += 1;
  }
  if (before !== null && after.reconcile.run !== before.reconcile.run) seen.looks = 0;
  if (after.incarnation !== (before?.incarnation ?? 0)) {
    seen.causes = [];
    seen.unminded = neverMinded(seen.spec);
    if (seen.owedSince !== null && after.incarnation > seen.owedSince) seen.owedSince = null;
  }
  const { decline, wanted } = after.restart;
  if (decline?.wanted === wanted || to.startsWith('resting') || to === 'wanted.failed') seen.owedSince = null;
  if (row.event === 'deadline.passed' && from === 'wanted.offline' && to === 'wanted.restarting') {
    seen.crashRestarts.push(seen.crashedAt);
  }
  const isBreaker = row.event === 'rollback.settled' && before?.plugins.rollback?.by === 'breaker';
  // A long enough time online forgets the crashes before it.
  const wasHealthy =
    /^(instance\.exited|lease\.expired)$/.test(row.event) &&
    before?.status === 'online' &&
    row.at - before.since >= before.policy.healthyAfterMs;
  if (MENDING.test(row.event) || isBreaker || wasHealthy) seen.crashRestarts = [];
  if (from !== to || after.reconcile.run !== before?.reconcile.run) seen.enteredAt = at;
  if (to === 'wanted.offline' && from !== to) seen.crashedAt = at;
  if (isLeasedState(to) && !isLeasedState(seen.state)) seen.leasedSince = at;
  seen.state = to;
  seen.context = after;
  seen.decisions += 1;
  if (to === 'removed') seen.removed = true;
};

/** Notes change no state, but some say that something broke. */
const noteNote = (seen: Seen, row: JournalDraft, report: Watch['report']): void => {
  if (row.event !== 'actor.failed') return;
  const { message } = row.cause as { message?: string };
  report('13', 'nothingThrows', seen.id, `deciding about it threw: ${message ?? 'without a word'}`);
};
