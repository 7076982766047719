/**
 * Decides from journal rows what people are told. Pure: what it is given is all that it knows.
 *
 * An incident begins when a workspace goes down, and ends when it has stayed up for a while; until then whatever
 * happens belongs to it. One that goes down again and again is said to be flapping once; after that only a failure
 * is told, and its recovery once it has lasted.
 */
import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import type { Notice, NoticeKind } from './notice.ts';

/** So long after a recovery the next trouble is the same incident; a flapping one has to last it to be told. */
export const SETTLED_AFTER_MS: DurationMs = 10 * MINUTE;
/** Going down so often within `SETTLED_AFTER_MS` is flapping. */
export const FLAPS = 3;

type Trouble = 'degraded' | 'offline' | 'failed';

export type Incident = {
  id: string;
  /** The worst that was told since it was last well; null while it is well. */
  trouble: Trouble | null;
  /** Since when it is well; null while it is not. */
  wellAt: EpochMs | null;
  /** When it went down, the latest `FLAPS` times. */
  downAt: EpochMs[];
  flapping: boolean;
  /** Notices so far. */
  count: number;
  /** What was told of it. */
  told: NoticeKind[];
  /** A notice that is to be delivered only if it stays well. */
  waiting: string | null;
};

/** What of a journal row matters here. */
export type Row = {
  at: EpochMs;
  event: string;
  from: string | null;
  to: string;
  kind: 'transition' | 'note';
  reason: { message: string; hint: string | null } | null;
  /** Of a note: its details. */
  cause: unknown;
};

export type Subject = { workspaceId: string; name: string };

export type Decision = {
  incident: Incident | null;
  /** `dueAt` is when it may be delivered; `of` is what was told of the incident before. */
  tell: { notice: Notice; dueAt: EpochMs; of: readonly NoticeKind[] } | null;
  /** A notice that is not to be delivered any more. */
  withdraw: string | null;
};

const RANK: Record<Trouble, number> = { degraded: 1, offline: 2, failed: 3 };

/** What a row means for the incident of its workspace. Returns the same incident where it means nothing. */
export const decide = (before: Incident | null, row: Row, subject: Subject): Decision => {
  const incident = isOver(before, row.at) ? null : before;
  if (row.kind === 'note') return decideNote(incident, row, subject);
  const [was, is] = [row.from === null ? null : conditionOf(row.from), conditionOf(row.to, row.from)];
  if (is === 'gone') return { incident: null, tell: null, withdraw: incident?.waiting ?? null };
  if (is === 'well' || is === 'resting') return decideWell(incident, row, subject, is);
  if (is === null || is === was) return unchanged(incident);
  return decideTrouble(incident, row, subject, is);
};

const unchanged = (incident: Incident | null): Decision => ({ incident, tell: null, withdraw: null });

/** Whether it has been well for so long that the next trouble is another incident. */
const isOver = (incident: Incident | null, now: EpochMs): boolean =>
  incident !== null && incident.wellAt !== null && now - incident.wellAt >= SETTLED_AFTER_MS;

const decideTrouble = (
  incident: Incident | null,
  { at, reason }: Row,
  subject: Subject,
  trouble: Trouble,
): Decision => {
  const isDownAgain = incident?.trouble == null;
  if (!isDownAgain && RANK[trouble] <= RANK[incident.trouble as Trouble]) return unchanged(incident);
  const downAt = isDownAgain ? [...(incident?.downAt ?? []), at].slice(-FLAPS) : incident.downAt;
  const isFlapping = downAt.length >= FLAPS && at - (downAt[0] ?? at) <= SETTLED_AFTER_MS;
  const wasFlapping = incident?.flapping ?? false;
  const next: Incident = {
    ...(incident ?? begin(subject, at)),
    trouble,
    wellAt: null,
    downAt,
    flapping: wasFlapping || isFlapping,
    waiting: null,
  };
  const withdraw = incident?.waiting ?? null;
  if (wasFlapping && trouble !== 'failed') return { incident: next, tell: null, withdraw };
  const text =
    next.flapping && !wasFlapping
      ? `${reason?.message ?? ''} It went down ${FLAPS} times within ${SETTLED_AFTER_MS / MINUTE} min: from now on you are told only if it fails, or once it has stayed up for ${SETTLED_AFTER_MS / MINUTE} min.`
      : (reason?.message ?? '');
  const say = { kind: trouble, at, text: text.trim(), hint: reason?.hint ?? null };
  return { ...tellOf(next, say, subject), withdraw };
};

const decideWell = (
  incident: Incident | null,
  { at, reason }: Row,
  subject: Subject,
  is: 'well' | 'resting',
): Decision => {
  if (incident?.trouble == null) {
    // Somebody took care of it: there is nothing to wait for.
    if (is === 'resting' && incident !== null)
      return { incident: null, tell: null, withdraw: incident.waiting };
    return unchanged(incident);
  }
  const next: Incident = { ...incident, trouble: null, wellAt: at };
  if (is === 'resting') {
    const text = reason?.message ?? 'An operator took it out of service.';
    const { tell } = tellOf(next, { kind: 'recovered', at, text, hint: null }, subject);
    return { incident: null, tell, withdraw: incident.waiting };
  }
  const downMs = at - (incident.downAt.at(-1) ?? at);
  const say = {
    kind: 'recovered' as const,
    at,
    text: `It is online again after ${spanOf(downMs)}.`,
    hint: null,
  };
  if (!incident.flapping) return tellOf(next, say, subject);
  const text = `It has been online for ${SETTLED_AFTER_MS / MINUTE} min now.`;
  const { incident: told, tell } = tellOf(next, { ...say, text }, subject);
  if (told === null || tell === null) return unchanged(next);
  return {
    incident: { ...told, waiting: tell.notice.id },
    tell: { ...tell, dueAt: at + SETTLED_AFTER_MS },
    withdraw: null,
  };
};

/** Held plugins are told within the incident that there is, or alone. */
const decideNote = (incident: Incident | null, { event, at, cause }: Row, subject: Subject): Decision => {
  if (event !== 'plugins.held') return unchanged(incident);
  const { plugins = [] } = (cause ?? {}) as { plugins?: { name: string }[] };
  const names = plugins.map(({ name }) => name).join(', ');
  const say = {
    kind: 'plugins_held' as const,
    at,
    text: `Not installed any more, since the agent did not stay up with it: ${names}.`,
    hint: '`keepwell plugins release` lets it be installed again.',
  };
  if (incident !== null) return tellOf(incident, say, subject);
  return { ...tellOf(begin(subject, at), say, subject), incident: null };
};

const begin = ({ workspaceId }: Subject, at: EpochMs): Incident => ({
  id: `${workspaceId}-${at}`,
  trouble: null,
  wellAt: null,
  downAt: [],
  flapping: false,
  count: 0,
  told: [],
  waiting: null,
});

const tellOf = (
  incident: Incident,
  say: Pick<Notice, 'kind' | 'at' | 'text' | 'hint'>,
  { workspaceId, name }: Subject,
): Decision => {
  const count = incident.count + 1;
  const notice = { id: `${incident.id}.${count}`, incident: incident.id, workspaceId, name, ...say };
  const told = incident.told.includes(say.kind) ? incident.told : [...incident.told, say.kind];
  return {
    incident: { ...incident, count, told },
    tell: { notice, dueAt: say.at, of: incident.told },
    withdraw: null,
  };
};

/** What a leaf state means to somebody who waits for the agent; null in between, where it is being started. */
const conditionOf = (
  leaf: string,
  from: string | null = null,
): Trouble | 'well' | 'resting' | 'gone' | null => {
  if (leaf.startsWith('wanted.online')) return 'well';
  if (leaf === 'wanted.degraded') return 'degraded';
  if (leaf === 'wanted.offline') return 'offline';
  if (leaf === 'wanted.failed') return 'failed';
  // An agent elsewhere that was heard and is not any more; at first nobody misses it.
  if (leaf === 'wanted.awaitingAgent') {
    return from !== null && /^wanted\.(online|degraded)/.test(from) ? 'offline' : null;
  }
  if (leaf.startsWith('resting')) return 'resting';
  return leaf.startsWith('remov') ? 'gone' : null;
};

const spanOf = (ms: DurationMs): string =>
  ms < MINUTE ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / MINUTE)} min`;
