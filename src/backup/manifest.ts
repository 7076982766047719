import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const Count = Type.Integer({ minimum: 0 });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

const schema = Type.Object({
  format: Count,
  /** The version of Keepwell that wrote it. */
  keepwell: Type.String(),
  /** The schema version of the database. */
  schema: Count,
  createdAt: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' }),
  /** `wrapped`: the key of the secrets, the administrator's token and keepwell.yaml are in it, under a passphrase. */
  keys: Type.Union([Type.Literal('wrapped'), Type.Literal('left out')]),
  /** Whether the key of the secrets is among them: it is not where the configuration gives it. */
  secretKey: Type.Boolean(),
  journal: Type.Object({ rows: Count, sha256: Sha256 }),
  /** The end of the audit's chain; not there in a backup of a Keepwell that kept none. */
  audit: Type.Optional(Type.Object({ rows: Count, head: Type.Object({ seq: Count, hash: Sha256 }) })),
  files: Type.Array(Type.Object({ path: Type.String({ minLength: 1 }), bytes: Count, sha256: Sha256 })),
});

/** What a backup says of itself; its first entry, `manifest.json`. */
export type Manifest = Static<typeof schema>;

const validator = Compile(schema);

/** What is wrong with something that is to be a manifest of this format; null when nothing is. */
export const faultOfManifest = (value: unknown): string | null => {
  if (validator.Check(value)) return null;
  const [first] = validator.Errors(value);
  return `${first?.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${first?.message ?? 'is wrong'}`;
};

export const FORMAT = 1;
export const MANIFEST = 'manifest.json';
export const DATABASE = 'keepwell.db';
export const SEALED = 'sealed.json';
export const ENDING = '.keepwell-backup';
