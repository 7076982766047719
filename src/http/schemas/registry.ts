import { type Static, Type } from 'typebox';
import type { Json } from '../../supervisor/ports.ts';
import { BeatAnswer, BeatBody } from './beat.ts';
import { AnyJson, Nullable } from './nullable.ts';

export const MOST_BEATS = 1_000;

const Card = AnyJson<{ [key: string]: Json }>({
  type: 'object',
  description: 'what the agent says of itself',
});

const WebAddress = Type.String({ pattern: '^(https?://.+)?$', maxLength: 2_048 });

/** How an agent introduces itself. */
export const RegisterBody = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 128 }),
    url: Type.Optional(Nullable(WebAddress)),
    agent_card: Type.Optional(Nullable(Card)),
  },
  { description: 'Other fields are ignored.' },
);
export type RegisterBody = Static<typeof RegisterBody>;

export const Registered = Type.Object({
  status: Type.Literal('registered'),
  auth_token: Type.Optional(Type.String()),
});
export type Registered = Static<typeof Registered>;

export const UpdateCardBody = Type.Object(
  { workspace_id: Type.String({ minLength: 1, maxLength: 128 }), agent_card: Card },
  { description: 'Other fields are ignored.' },
);
export type UpdateCardBody = Static<typeof UpdateCardBody>;

export const BeatResult = Type.Object({
  workspace_id: Type.String(),
  code: Type.Integer({ description: 'the status that POST /registry/heartbeat would have answered' }),
  answer: Type.Optional(BeatAnswer),
  problem: Type.Optional(
    Type.Object({
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      error: Type.String(),
      code: Type.String(),
      hint: Type.String(),
    }),
  ),
});
export type BeatResult = Static<typeof BeatResult>;

export const BeatsBody = Type.Object({ beats: Type.Array(BeatBody, { minItems: 1, maxItems: MOST_BEATS }) });
export type BeatsBody = Static<typeof BeatsBody>;

export const BeatResults = Type.Object({
  results: Type.Array(BeatResult, { description: 'one for each beat, in the same order' }),
});
export type BeatResults = Static<typeof BeatResults>;
