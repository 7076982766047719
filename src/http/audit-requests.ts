import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import type { AuditAct, AuditTrail } from '../supervisor/audit-port.ts';
import type { HttpApp } from './app.ts';
import type { HttpContext } from './context.ts';
import { isReading } from './cross-origin.ts';
import { sessionOf } from './identify-request.ts';

/** Refusals of one caller that are written a minute: who is refused all day must not push out what others did. */
const REFUSALS_A_MINUTE = 20;
const MINUTE_MS = 60_000;
const LONGEST_PATH = 300;

type Asked = { workspace: AuditAct['workspace']; seq: Promise<number | null> };

/**
 * Writes who asked for a change, and what came of it, into the audit. Of this scope's routes, but for what agents say.
 *
 * That it was asked is queued before the change can be, so no change is on disk without it. What came of it is on disk
 * before the answer goes out. Of what changes nothing only a refusal is written.
 */
export const auditRequests = (scope: HttpApp, context: HttpContext): void => {
  const { audit, supervisor, now } = context;
  if (audit === undefined) return;
  const asked = new WeakMap<FastifyRequest, Asked>();
  const refusals = createRefusalCount(now);

  scope.addHook('preHandler', (request, _reply, done) => {
    if (!isAct(request)) return done();
    const workspace = workspaceOf(supervisor, request);
    const act = { ...actOf(context, request), workspace, status: null, code: null };
    asked.set(request, { workspace, seq: numberOf(audit, { at: now(), act, answers: null }) });
    done();
  });

  scope.addHook('onSend', async (request, reply, payload) => {
    const isRefused = reply.statusCode === 403;
    if (request.identity === null || !(isAct(request) || isRefused)) return payload;
    const question = asked.get(request);
    const skipped = isRefused ? refusals.note(callerOf(request.identity)) : 0;
    if (skipped === null) return payload;
    const act: AuditAct = {
      ...actOf(context, request),
      workspace: question?.workspace ?? createdBy(reply, supervisor) ?? workspaceOf(supervisor, request),
      status: reply.statusCode,
      code: reply.statusCode < 400 ? null : codeIn(payload),
      ...(skipped === 0 ? {} : { details: { refusalsNotWritten: skipped } }),
    };
    const answers = (await question?.seq) ?? null;
    await numberOf(audit, { at: now(), act, answers });
    return payload;
  });
};

/** Null while the disk takes nothing: the row is queued, and written when it does again. */
const numberOf = (audit: AuditTrail, draft: Parameters<AuditTrail['appendAudit']>[0]) =>
  audit.appendAudit(draft).catch(() => null);

/** Signing in is one, though nobody had to be known for it. What agents and relays say all day is none. */
const isAct = (request: FastifyRequest): boolean => {
  const { auth } = request.routeOptions.config;
  return request.identity !== null && !isReading(request) && auth !== 'agent' && auth !== 'relay';
};

const actOf = (
  context: HttpContext,
  request: FastifyRequest,
): Omit<AuditAct, 'workspace' | 'status' | 'code'> => {
  const identity = request.identity as Identity;
  const [path = ''] = request.url.split('?', 1);
  return {
    who: {
      kind: identity.kind,
      via: sessionOf(request, context.sessions) === null ? 'token' : 'session',
      ...(identity.kind === 'admin'
        ? { id: null, name: null }
        : identity.kind === 'workspace'
          ? { id: identity.workspaceId, name: null }
          : { id: identity.tokenId, name: identity.name }),
    },
    from: request.ip,
    what: `${request.method} ${path.slice(0, LONGEST_PATH)}`,
    request: request.id,
  };
};

/** What is named in the path, whether it is there or not. */
const workspaceOf = (supervisor: Supervisor, request: FastifyRequest): AuditAct['workspace'] => {
  const { id: key } = (request.params ?? {}) as { id?: string };
  return key === undefined ? null : lookUp(supervisor, key);
};

const lookUp = (supervisor: Supervisor, key: string): AuditAct['workspace'] => {
  try {
    const { id, spec } = supervisor.view(key);
    return { id, name: spec.name };
  } catch {
    return { id: key.slice(0, LONGEST_PATH), name: null };
  }
};

const createdBy = (reply: FastifyReply, supervisor: Supervisor): AuditAct['workspace'] => {
  const [, id] = /^\/workspaces\/([^/]+)$/.exec(String(reply.getHeader('location') ?? '')) ?? [];
  return id === undefined ? null : lookUp(supervisor, id);
};

const codeIn = (payload: unknown): string | null =>
  typeof payload === 'string' ? (/"code":"([A-Z_]+)"/.exec(payload)?.[1] ?? null) : null;

const callerOf = (identity: Identity): string => {
  if (identity.kind === 'admin') return 'admin';
  return identity.kind === 'workspace' ? identity.workspaceId : identity.tokenId;
};

/** Tells how many refusals of a caller were passed over before this one, or null when this one is to be as well. */
const createRefusalCount = (now: () => number) => {
  const callers = new Map<string, { until: number; written: number; skipped: number }>();
  return {
    note(caller: string): number | null {
      const at = now();
      let count = callers.get(caller);
      if (count === undefined || count.until <= at || count.until > at + MINUTE_MS) {
        count = { until: at + MINUTE_MS, written: 0, skipped: count?.skipped ?? 0 };
        callers.set(caller, count);
      }
      if (count.written >= REFUSALS_A_MINUTE) {
        count.skipped += 1;
        return null;
      }
      const { skipped } = count;
      count.written += 1;
      count.skipped = 0;
      return skipped;
    },
  };
};
