import type { EpochMs } from '../../machines/time.ts';
import { classifyBeat, renewsLeaseOnly } from '../../machines/workspace/beat.ts';
import { KeepwellError } from '../errors.ts';
import type { BeatReply, Supervisor } from './api.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import { beatReplyOf } from './views.ts';

type Card = Parameters<Supervisor['register']>[2];

/** An agent that brings its own id gets it as its name, so it has to be one. */
const ENROLLABLE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The workspace that an agent may speak for.
 * @throws `WORKSPACE_NOT_FOUND`, `WORKSPACE_REMOVED`, `STALE_INCARNATION`
 */
export const presentAgent = (
  directory: Core['directory'],
  workspaceId: string,
  incarnation: number | null,
): Entry => {
  const entry = directory.byId(workspaceId);
  const { gate, incarnation: current } = entry;
  if (gate.status === 'removed') throw new KeepwellError('WORKSPACE_REMOVED');
  if (incarnation !== null && incarnation < current) {
    throw new KeepwellError('STALE_INCARNATION', { details: { incarnation, current } });
  }
  return entry;
};

/** What agents may do: beat, register, show their card. */
export const agentSide = (
  core: Core,
  enrol: (workspaceId: string) => Promise<Entry>,
): Pick<Supervisor, 'beat' | 'register' | 'updateCard'> => {
  const { directory, host, leases, tokens, store, dice, now, stamp, enrolment, counts } = core;

  const unknownMayEnrol = (workspaceId: string): boolean =>
    enrolment === 'open' &&
    ENROLLABLE_ID.test(workspaceId) &&
    !directory.has(workspaceId) &&
    !store.isRemoved(workspaceId);

  /** Agents that are being given their token. */
  const enrolling = new Set<string>();

  /** Last of all, and there is none if it cannot be written: an agent that was not told its token may ask again. */
  const grantToken = async (workspaceId: string): Promise<string> => {
    const authToken = dice.token();
    const row = {
      hash: tokens.hashOf(authToken),
      workspaceId,
      incarnation: null,
      createdAt: stamp().at,
      expiresAt: null,
    };
    await store.addToken(row);
    tokens.add(row);
    return authToken;
  };

  const introduce = (entry: Entry, { url, agentCard }: Card): Promise<void> => {
    entry.agentCard = agentCard;
    entry.agentUrl = url ?? entry.agentUrl;
    entry.quietMs = 0;
    if (entry.gate.renewsLease) leases.extend(entry);
    return host.send(entry, { type: 'agent.registered' }, { card: { agentCard, url: entry.agentUrl } });
  };

  return {
    beat(workspaceId, incarnation, beat) {
      const entry = presentAgent(directory, workspaceId, incarnation);
      const { gate } = entry;
      refuseFlood(entry, now());
      counts.beats += 1;
      if (gate.renewsLease) leases.renew(entry, beat);
      const beatClass = classifyBeat(beat, gate);
      if (renewsLeaseOnly(gate.hearing, beatClass)) return beatReplyOf(entry, leases);
      return answerAfterCommit(
        host.send(entry, { type: 'heartbeat.received', beat: beatClass, errorRate: beat.errorRate }),
        () => beatReplyOf(entry, leases),
      );
    },

    async register(workspaceId, identity, card) {
      if (identity === null && unknownMayEnrol(workspaceId)) await enrol(workspaceId);
      const incarnation = identity?.kind === 'workspace' ? identity.incarnation : null;
      const entry = presentAgent(directory, workspaceId, incarnation);
      if (identity !== null) {
        await introduce(entry, card);
        return { authToken: null };
      }
      if (enrolment !== 'open' || tokens.hasAny(workspaceId) || enrolling.has(workspaceId)) {
        throw new KeepwellError('UNAUTHORIZED');
      }
      enrolling.add(workspaceId);
      try {
        await introduce(entry, card);
        return { authToken: await grantToken(workspaceId) };
      } finally {
        enrolling.delete(workspaceId);
      }
    },

    async updateCard(workspaceId, incarnation, agentCard) {
      const entry = presentAgent(directory, workspaceId, incarnation);
      entry.agentCard = agentCard;
      await store.commit({ workspaceId, card: { agentCard, url: entry.agentUrl } });
    },
  };
};

/** So many beats at once, and from then on one each 50 ms: many times what an agent is ever asked for. */
const BEATS_AT_ONCE = 200;
const BEAT_MS = 50;
const FULL_MS = BEATS_AT_ONCE * BEAT_MS;

/** A bucket that leaks. @throws `TOO_MANY_BEATS` */
const refuseFlood = (entry: Entry, at: EpochMs): void => {
  const { beatsLastUntil } = entry;
  // A clock that was set back must not keep an agent out.
  const from = beatsLastUntil > at + FULL_MS ? at : Math.max(beatsLastUntil, at);
  if (from + BEAT_MS > at + FULL_MS) throw new KeepwellError('TOO_MANY_BEATS');
  entry.beatsLastUntil = from + BEAT_MS;
};

/** A beat is taken even while the disk is full: it promises nothing but the lease, which is in memory. */
const answerAfterCommit = async (commit: Promise<void>, answer: () => BeatReply): Promise<BeatReply> => {
  try {
    await commit;
  } catch (error) {
    if (!(error instanceof KeepwellError && error.code === 'STORE_UNWRITABLE')) throw error;
  }
  return answer();
};
