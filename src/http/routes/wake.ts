import { Type } from 'typebox';
import { type DurationMs, SECOND } from '../../../machines/time.ts';
import { formatDuration, parseDuration } from '../../durations.ts';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf } from '../if-match.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { type Wakefulness, waitWhileWaking, wakefulnessOf } from '../wait-until-awake.ts';
import { detailOf } from '../wire/view.ts';

const LONGEST_WAIT_MS: DurationMs = 60 * SECOND;

/** Waking a workspace, for an operator who wants it awake and for whoever wants its agent now. */
export const wakeRoute = (app: HttpApp, { supervisor, policyDefaults }: HttpContext): void => {
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });

  /** Wakes it if it sleeps. @throws `STATE_CONFLICT`, with how far it is in `details.state` */
  const wake = async (id: string, isFine: (state: Wakefulness) => boolean): Promise<void> => {
    try {
      await supervisor.act(id, 'wake');
    } catch (error) {
      if (!(error instanceof KeepwellError) || error.code !== 'STATE_CONFLICT') throw error;
      const state = wakefulnessOf(supervisor.view(id));
      if (!isFine(state)) throw withState(error, state);
    }
  };

  app.post(
    '/workspaces/:id/wake',
    {
      config: { auth: 'workspace', errors: ['STATE_CONFLICT', 'STORE_UNWRITABLE', 'BAD_DURATION'] },
      schema: {
        summary: 'Starts a hibernated agent again',
        description:
          '409 has in `details.state` whether it is `awake` or `waking` already, or `cannot` be woken. With `wait`, the answer is 200 once it is online (whether or not its plugins are looked at still) or degraded, whoever woke it; 202 when that took longer; 409 only when it cannot be woken.',
        tags: ['operating'],
        params: WorkspaceParams,
        querystring: Type.Object(
          {
            wait: Type.Optional(
              Type.String({
                maxLength: 40,
                description: 'how long to wait for its agent, like 30s; at most 60s',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: WorkspaceDetail, 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const { wait } = request.query;
      const withinMs = wait === undefined ? null : readWait(wait);
      const { id } = supervisor.view(request.params.id);
      await wake(id, (state) => withinMs !== null && (state === 'awake' || state === 'waking'));
      let view = supervisor.view(id);
      if (withinMs !== null) {
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const signal = AbortSignal.any([gone.signal, closing.signal]);
        view = await waitWhileWaking(supervisor, id, { withinMs, signal });
        const state = wakefulnessOf(view);
        if (state === 'cannot' || state === 'asleep') throw notAwake(view.status, view.reason?.message);
      }
      const isThere = withinMs !== null && wakefulnessOf(view) === 'awake';
      reply.code(isThere ? 200 : 202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );
};

const readWait = (given: string): DurationMs => {
  const lengthMs = parseDuration(given);
  if (lengthMs <= LONGEST_WAIT_MS) return lengthMs;
  throw new KeepwellError('BAD_DURATION', {
    message: `\`wait\` may be at most ${formatDuration(LONGEST_WAIT_MS)}.`,
    hint: 'Ask again when the time is over: the answer is the same, whoever woke it.',
  });
};

const withState = (error: KeepwellError, state: Wakefulness): KeepwellError =>
  new KeepwellError('STATE_CONFLICT', {
    message: error.message,
    hint: error.hint,
    details: { ...(error.details as object), state },
  });

/** It was being woken, and something else came in between. */
const notAwake = (status: string, reason: string | undefined): KeepwellError =>
  new KeepwellError('STATE_CONFLICT', {
    message: `It did not wake: it is ${status}.${reason === undefined ? '' : ` ${reason}`}`,
    details: { status, state: 'cannot' },
  });
