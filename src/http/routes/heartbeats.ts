import { type Static } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { problemOf } from '../problem.ts';
import { BeatBody } from '../schemas/beat.ts';
import { BeatResult, BeatResults, BeatsBody, MOST_BEATS } from '../schemas/registry.ts';
import { AGENT_BODY_BYTES, answerOf, beatOf } from './heartbeat.ts';

/** Beats are a few hundred bytes; so many that are as long as one may be would hold the loop up. */
const RELAY_BODY_BYTES = 64 * AGENT_BODY_BYTES;

/** Many beats in one request, each answered by itself: one that is refused costs the others nothing. */
export const heartbeatsRoute = (app: HttpApp, { supervisor }: HttpContext): void => {
  const take = async (body: BeatBody): Promise<Static<typeof BeatResult>> => {
    const { workspace_id, incarnation = null } = body;
    try {
      const reply = await supervisor.beat(workspace_id, incarnation, beatOf(body));
      return { workspace_id, code: 200, answer: answerOf(reply) };
    } catch (error) {
      if (!(error instanceof KeepwellError)) throw error;
      return { workspace_id, code: error.status, problem: problemOf(error) };
    }
  };

  app.post(
    '/registry/heartbeats',
    {
      config: { auth: 'relay' },
      bodyLimit: RELAY_BODY_BYTES,
      schema: {
        summary: 'Hands on the beats of many agents',
        description: `Up to ${MOST_BEATS}, in their order. An agent's own token is the relay's to check; \`incarnation\` is held against the current one.`,
        tags: ['agents'],
        body: BeatsBody,
        response: {
          200: BeatResults,
        },
      },
    },
    async ({ body }) => ({ results: await Promise.all(body.beats.map(take)) }),
  );
};
