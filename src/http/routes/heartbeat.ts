import type { Beat, BeatReply, Identity } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { identifyAgent } from '../identify-agent.ts';
import { parseBeatBody } from '../json-body.ts';
import { BeatAnswer, BeatBody, LONGEST_TEXT } from '../schemas/beat.ts';
import { iso } from '../schemas/nullable.ts';

/** Most of what a beat may weigh, and every other message of an agent. */
export const AGENT_BODY_BYTES = 16 * 1024;

/**
 * The one hot route. It lives in a scope without hooks, is not logged, and answers without a promise whenever the
 * supervisor does.
 */
export const heartbeatRoute = (app: HttpApp, { supervisor, identify, lockout }: HttpContext): void => {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parseBeatBody);
  app.post(
    '/registry/heartbeat',
    {
      config: { auth: 'agent', errors: ['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED', 'STALE_INCARNATION'] },
      bodyLimit: AGENT_BODY_BYTES,
      schema: {
        summary: 'Says that an agent lives',
        tags: ['agents'],
        body: BeatBody,
        response: { 200: BeatAnswer },
      },
    },
    (request, reply) => {
      const { body } = request;
      const identity = identifyAgent(
        {
          supervisor,
          identify,
          lockout,
          address: request.ip,
          authorization: request.headers.authorization,
          workspaceId: body.workspace_id,
        },
        'refused',
      );
      // The same id, but as the directory's own string, which is found without a look at its characters.
      const workspaceId = identity.kind === 'workspace' ? identity.workspaceId : body.workspace_id;
      const answer = supervisor.beat(workspaceId, incarnationOf(identity, body), beatOf(body));
      reply.header('x-request-id', request.id);
      return answer instanceof Promise ? answer.then(answerOf) : answerOf(answer);
    },
  );
};

/** The older of what the token says and what the agent says: either makes it a replaced one. */
export const incarnationOf = (
  identity: Identity,
  { incarnation }: { incarnation?: number },
): number | null => {
  if (identity.kind !== 'workspace' || identity.incarnation === null) return null;
  return Math.min(identity.incarnation, incarnation ?? identity.incarnation);
};

export const beatOf = (body: BeatBody): Beat => ({
  errorRate: body.error_rate ?? 0,
  sampleError: textOf(body.sample_error),
  activeTasks: body.active_tasks ?? 0,
  currentTask: textOf(body.current_task),
  uptimeSeconds: body.uptime_seconds ?? 0,
  wedged: body.runtime_state === 'wedged',
  managesStatus: body.runtime_metadata?.capabilities?.status_mgmt ?? false,
  quietForMs: Math.round((body.quiet_for_seconds ?? 0) * 1_000),
  idleTimeoutMs: idleTimeoutOf(body.runtime_metadata?.idle_timeout_seconds),
});

const idleTimeoutOf = (seconds: number | null | undefined): number | null =>
  seconds === undefined || seconds === null || seconds === 0 ? null : Math.round(seconds * 1_000);

const textOf = (text: string | null | undefined): string | null =>
  text === undefined || text === null || text === '' ? null : text.slice(0, LONGEST_TEXT);

export const answerOf = (reply: BeatReply) => ({
  status: 'ok' as const,
  workspace_status: reply.status,
  generation: reply.generation,
  interval_seconds: reply.intervalSeconds,
  lease_expires_at: iso(reply.leaseExpiresAt),
  restart_pending: reply.restartPending,
  plugins_generation: reply.pluginGeneration,
  plugins_pending: reply.pluginsPending,
});
