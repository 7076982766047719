import { type Static, Type } from 'typebox';
import type { AccessRole } from '../../supervisor/api.ts';
import { Moment, Nullable, Words } from './nullable.ts';
import { Connection } from './workspace.ts';

const ROLES: readonly AccessRole[] = ['viewer', 'relay'];

const token = {
  id: Type.String(),
  name: Type.String(),
  role: Words(ROLES),
  created_at: Moment,
};

/** Tokens of viewers and relays, never themselves. */
export const TokensWire = Type.Object({ items: Type.Array(Type.Object(token)) });
export type TokensWire = Static<typeof TokensWire>;

/** Who gets a new token, and for what. */
export const TokenBody = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$',
      description: 'for whom; no two that are good have the same',
    }),
    role: Type.Optional(Words(ROLES, { default: 'viewer' })),
  },
  { additionalProperties: false },
);
export type TokenBody = Static<typeof TokenBody>;

/** A token that was made. */
export const TokenCreated = Type.Object({ ...token, token: Type.String({ description: 'shown this once' }) });
export type TokenCreated = Static<typeof TokenCreated>;

/** How long the old token of a workspace stays good. */
export const RotateBody = Type.Object(
  {
    overlap: Type.Optional(
      Type.String({
        description: 'how long the old token is good, like 10m (the default) or 1h; 0s for not at all',
      }),
    ),
  },
  { additionalProperties: false },
);
export type RotateBody = Static<typeof RotateBody>;

/** The new token of a workspace. */
export const Rotated = Type.Object({
  id: Type.String(),
  name: Type.String(),
  auth_token: Type.String({ description: 'shown this once' }),
  old_token_until: Nullable(Moment),
  connection: Nullable(Connection),
});
export type Rotated = Static<typeof Rotated>;

/** Who is signed in. */
export const SessionWire = Type.Object({
  role: Words(['admin', 'viewer']),
  name: Nullable(Type.String({ description: 'of the viewer token' })),
  expires_at: Nullable({ ...Moment, description: 'null for a bearer token' }),
});
export type SessionWire = Static<typeof SessionWire>;
