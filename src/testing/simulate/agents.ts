import { type DurationMs, type EpochMs, MINUTE } from '../../../machines/time.ts';
import { KeepwellError } from '../../errors.ts';
import type { Beat, BeatReply } from '../../supervisor/api.ts';
import type { InstanceSpec, LoadedWorkspace } from '../../supervisor/ports.ts';
import { type Agent, type Mood, startAgent } from './agent.ts';
import { seededDice, seedOf } from './dice.ts';
import { checkBeat } from './invariants/beats.ts';
import type { Facts, Heard, InForce } from './invariants/types.ts';
import type { Network } from './network.ts';
import type { Publisher } from './publisher.ts';
import type { Requests } from './requests.ts';
import type { Machine, SupervisorLife } from './supervisor-life.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';
import { createWindows } from './windows.ts';

type Options = {
  seed: number;
  timeline: Timeline;
  network: Network;
  watch: Watch;
  facts: Facts;
  publisher: Publisher;
  machine: Machine;
  life: () => SupervisorLife | null;
  requests: Requests;
  intervalMs: DurationMs;
};

/** An agent that crashes lives for so long at most. */
const SHORT_LIFE_MS = 15_000;

type Started = { spec: InstanceSpec; loaded: InForce['plugins'] };

/** Every agent there is: those in instances, those elsewhere, and those that should be gone. */
export const createAgents = (options: Options) => {
  const { seed, timeline, network, watch, facts, publisher, machine, life, requests, intervalMs } = options;
  const now = (): EpochMs => timeline.now();
  const moods = createWindows<Mood>(now);
  const crashing = createWindows<true>(now);
  const owned = new Map<string, Agent>();
  const elsewhere = new Map<string, Agent>();
  /** Workspaces for which somebody runs an agent elsewhere. */
  const known = new Set<string>();
  const started = new Map<string, Started>();
  const promised = new Map<string, EpochMs>();
  const heard = new Map<string, Heard>();
  const heardOf = (id: string): Heard => heard.get(id) ?? NOTHING_HEARD;
  const counts = { beats: 0, heard: 0, registers: 0, starts: 0, reports: 0, refused: 0 };
  let isCalm = false;
  let quiet = false;

  const newAgent = (id: string, incarnation: number | null): Agent =>
    startAgent({
      id,
      incarnation,
      timeline,
      dice: seededDice(seedOf(seed, 'agent', id, incarnation ?? 'elsewhere')),
      intervalMs,
      moodOf: (whom) => (isCalm ? 'healthy' : (moods.of(whom) ?? 'healthy')),
      register,
      send,
      onPlugins: pull,
      onRestart: ({ id: whom }) => restartElsewhere(whom),
    });

  const promise = (id: string, quietForMs: DurationMs, least: EpochMs = 0): void => {
    const context = watch.seen.get(id)?.context;
    if (context === undefined) return;
    const leaseMs = Math.max(context.policy.offlineAfterMs, 2 * facts.intervalMs(), quietForMs);
    promised.set(id, Math.max(now() + leaseMs, least));
  };

  const send = (agent: Agent, beat: Beat): void => {
    counts.beats += 1;
    noteQuiet(true);
    network.carry(agent.id, () => {
      const to = life();
      to?.inbox.deliver(() => receive(to, agent, beat));
    });
  };

  const receive = (to: SupervisorLife, agent: Agent, beat: Beat): void => {
    const { id, incarnation } = agent;
    try {
      const seen = watch.seen.get(id);
      const current = seen?.context.incarnation ?? 0;
      const from = seen?.state ?? '';
      const reply = to.supervisor.beat(id, incarnation, beat);
      counts.heard += 1;
      heard.set(id, { at: now(), quietForMs: beat.quietForMs, storedUntil: 0 });
      promise(id, beat.quietForMs);
      const told = reply instanceof Promise ? null : reply;
      if (seen !== undefined) {
        const words = checkBeat({
          incarnation,
          known: current,
          beat,
          told,
          seen,
          from,
          wall: to.inbox.clock.now(),
        });
        if (words !== null) watch.report('the gate', 'everyBeatCounts', id, words);
      }
      if (told === null) {
        noteQuiet(false);
        void later(to, agent, reply as Promise<BeatReply>);
      } else agent.hear(told);
    } catch (error) {
      refuse(error);
    }
  };

  const later = async (to: SupervisorLife, agent: Agent, reply: Promise<BeatReply>): Promise<void> => {
    try {
      const told = await reply;
      if (!to.isOver()) agent.hear(told);
    } catch (error) {
      if (!to.isOver()) refuse(error);
    }
  };

  const refuse = (error: unknown): void => {
    counts.refused += 1;
    const code = error instanceof KeepwellError ? error.code : null;
    if (code === null || code === 'INTERNAL') {
      watch.report('13', 'nothingThrows', null, `a beat: ${String(error)}`);
    }
  };

  const register = (agent: Agent): void => {
    const { id, incarnation } = agent;
    network.carry(id, () => {
      counts.registers += 1;
      requests.ask('register', (supervisor) => {
        const answer = supervisor.register(
          id,
          { kind: 'workspace', workspaceId: id, incarnation },
          { url: `http://${id}`, agentCard: { incarnation } },
        );
        if ((watch.seen.get(id)?.context.incarnation ?? 0) <= (incarnation ?? Infinity)) {
          heard.set(id, { ...heardOf(id), quietForMs: 0 });
          // Who shows itself takes nothing back of what its beats promised.
          promise(id, 0, promised.get(id));
        }
        return answer;
      });
    });
  };

  /** Fetches what is in force, and says what it has. */
  const pull = (agent: Agent): void => {
    const { id } = agent;
    requests.ask(
      'the list of plugins',
      (supervisor) => supervisor.pluginHistory(id),
      (history) => {
        const set = history.find(({ inForce }) => inForce);
        timeline.after(2_000, () =>
          network.carry(id, () => {
            counts.reports += 1;
            requests.ask('an install report', (supervisor) =>
              supervisor.report(id, null, {
                generation: set?.generation ?? 0,
                plugins: (set?.plugins ?? []).map(({ name, treeHash }) => ({
                  name,
                  treeHash,
                  problem: null,
                })),
              }),
            );
          }),
        );
      },
    );
  };

  const restartElsewhere = (id: string): void => {
    elsewhere.get(id)?.end();
    elsewhere.delete(id);
    timeline.after(20_000, () => {
      if (!elsewhere.has(id)) elsewhere.set(id, newAgent(id, null));
    });
  };

  const noteQuiet = (is: boolean): void => {
    quiet = is;
  };

  return {
    counts,
    moods,
    crashing,
    noteQuiet,
    /** Whether the last thing that happened was a beat that nothing follows of. */
    wasQuiet: (): boolean => quiet,
    heard: heardOf,
    promisedUntil: (id: string): EpochMs => promised.get(id) ?? 0,
    /** What was said last may not have reached the disk. */
    forgetPromises(): void {
      for (const [id, until] of promised) {
        const { quietForMs, storedUntil } = heardOf(id);
        // Whoever was quiet may have been given that while once more.
        const latest = Math.max(until, storedUntil, now() + quietForMs);
        heard.set(id, { ...NOTHING_HEARD, storedUntil: latest });
      }
      promised.clear();
    },
    /** What the next supervisor finds on the disk was given by the last one, who may have taken it back since. */
    findLeases(rows: readonly Pick<LoadedWorkspace, 'workspaceId' | 'presence'>[]): void {
      const aheadMs = facts.wallNow() - now();
      for (const { workspaceId: id, presence } of rows) {
        const until = Math.min(
          (presence?.leaseExpiresAt ?? 0) - aheadMs,
          now() + facts.silenceHoldMs + LONGEST_LEASE_MS,
        );
        const told = heardOf(id);
        heard.set(id, { ...told, storedUntil: Math.max(told.storedUntil, until) });
      }
    },
    startedWith: (id: string): Started | null => started.get(id) ?? null,

    /** An instance is there, and so is its agent. */
    begin(spec: InstanceSpec): void {
      const { workspaceId: id, incarnation, token } = spec;
      counts.starts += 1;
      owned.get(id)?.end();
      const { plugins } = facts.inForce(id);
      started.set(id, { spec, loaded: plugins });
      const agent = newAgent(id, incarnation);
      owned.set(id, agent);
      const who = life()?.supervisor.identify(token);
      if (who?.kind !== 'workspace' || who.workspaceId !== id || who.incarnation !== incarnation) {
        watch.report(
          '6',
          'tokensAreKnown',
          id,
          `incarnation ${incarnation} was given a token that nobody knows`,
        );
      }
      const isCrashing =
        !isCalm &&
        (crashing.of(id) !== null || plugins.some(({ treeHash }) => publisher.makesCrash(treeHash)));
      if (!isCrashing) return;
      const dice = seededDice(seedOf(seed, 'crash', id, incarnation));
      timeline.after(1_000 + dice.upTo(SHORT_LIFE_MS), () => {
        if (owned.get(id) === agent) machine.instances.crash(id);
      });
    },
    end(id: string): void {
      owned.get(id)?.end();
      started.delete(id);
    },
    /** Whoever runs the agents of workspaces that are not ours starts those that are missing. */
    findExternal(rows: readonly Pick<LoadedWorkspace, 'workspaceId' | 'spec'>[]): void {
      for (const { workspaceId, spec } of rows) {
        if (spec.runtime !== 'external' || known.has(workspaceId)) continue;
        known.add(workspaceId);
        elsewhere.set(workspaceId, newAgent(workspaceId, null));
      }
    },
    /** It exits: an instance ends, an agent elsewhere is started anew by whoever runs it. */
    exit(id: string): void {
      if (elsewhere.has(id)) restartElsewhere(id);
      else machine.instances.crash(id);
    },
    haunt(id: string, forMs: DurationMs): void {
      owned.get(id)?.hauntUntil(now() + forMs);
    },
    /** Everybody is well from now on. */
    calm(): void {
      isCalm = true;
    },
  };
};

export type Agents = ReturnType<typeof createAgents>;

/** No lease that is given runs longer, but for a hold. */
const LONGEST_LEASE_MS: DurationMs = 15 * MINUTE;
const NOTHING_HEARD: Heard = { at: 0, quietForMs: 0, storedUntil: 0 };
