import { KeepwellError } from '../errors.ts';
import type { SecretView } from './api.ts';
import type { SecretPlace, SecretRow, Vault } from './ports.ts';

/** Every secret, sealed. What is in one is only ever looked at to hand it to an instance, or to compare it. */
export type SecretKeeper = {
  /** Takes what is stored. Opens nothing: a lost key stops no start. */
  load(rows: readonly SecretRow[]): void;
  /** Without values, sorted by name; the global ones with null. */
  list(workspaceId: string | null): SecretView[];
  rows(): SecretRow[];
  has(place: SecretPlace): boolean;
  /** Names that a workspace is given, its own and the global ones. */
  namesFor(workspaceId: string): Set<string>;
  /** What the environment of an instance holds: global secrets under `env`, its own over it. @throws `SECRET_KEY_LOST` */
  environmentOf(workspaceId: string, env: Readonly<Record<string, string>>): Record<string, string>;
  /** A global secret that agents are not given. @throws `SECRET_KEY_LOST` */
  reserved(name: string): string | null;
  /** Seals what really changes. @throws `SECRET_NAME_INVALID`, `SECRET_NOT_FOUND`, `BAD_REQUEST` */
  prepare(workspaceId: string | null, values: Readonly<Record<string, string | null>>, at: number): Prepared;
  apply(change: Prepared): void;
  /** Changes come one after the other: each is sealed by what the one before left. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  forgetWorkspace(workspaceId: string): void;
};

export type Prepared = { set: SecretRow[]; forget: SecretPlace[] };

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const MOST_BYTES = 32 * 1024;
/** What an agent is told by us cannot be something else. */
const OURS = /^(KEEPWELL_.*|WORKSPACE_ID|PLATFORM_URL|WORKSPACE_CONFIG_PATH|PLUGINS_DIR|PATH)$/;
/** Credentials of plugin sources: for the supervisor alone. */
const SOURCE_TOKEN = /^KEEPWELL_GIT_TOKEN__[A-Z0-9_]+$/;

export const createSecretKeeper = (vault: Vault): SecretKeeper => {
  /** By workspace, then by name. */
  const places = new Map<string | null, Map<string, SecretRow>>();
  const of = (workspaceId: string | null) => places.get(workspaceId) ?? new Map<string, SecretRow>();

  const put = (row: SecretRow): void => {
    const place = of(row.workspaceId);
    place.set(row.name, row);
    places.set(row.workspaceId, place);
  };

  /** A value that cannot be opened is another one. */
  const isSame = (row: SecretRow | undefined, value: string): boolean => {
    if (row === undefined) return false;
    try {
      return vault.open(row) === value;
    } catch {
      return false;
    }
  };

  const opened = (workspaceId: string | null) =>
    [...of(workspaceId).values()]
      .filter(({ name }) => !SOURCE_TOKEN.test(name))
      .map((row) => [row.name, vault.open(row)] as const);

  let turn: Promise<unknown> = Promise.resolve();

  return {
    inTurn(work) {
      const result = turn.then(work);
      turn = result.catch(() => undefined);
      return result;
    },
    load(rows) {
      places.clear();
      for (const row of rows) put(row);
    },
    list: (workspaceId) =>
      [...of(workspaceId).values()]
        .map(({ name, updatedAt }) => ({ name, workspaceId, updatedAt }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    rows: () => [...places.values()].flatMap((place) => [...place.values()]),
    has: ({ workspaceId, name }) => of(workspaceId).has(name),
    namesFor: (workspaceId) =>
      new Set([...of(null).keys(), ...of(workspaceId).keys()].filter((name) => !SOURCE_TOKEN.test(name))),
    environmentOf: (workspaceId, env) => ({
      ...Object.fromEntries(opened(null)),
      ...env,
      ...Object.fromEntries(opened(workspaceId)),
    }),
    reserved(name) {
      const row = of(null).get(name);
      return row === undefined ? null : vault.open(row);
    },

    prepare(workspaceId, values, at) {
      const wanted = Object.entries(values);
      for (const [name, value] of wanted) {
        checkName(name, workspaceId);
        if (value !== null) checkValue(name, value);
        if (value === null && !of(workspaceId).has(name)) {
          throw new KeepwellError('SECRET_NOT_FOUND', { message: `There is no secret ${name}.` });
        }
      }
      return {
        set: wanted.flatMap(([name, value]) =>
          value === null || isSame(of(workspaceId).get(name), value)
            ? []
            : [vault.seal({ workspaceId, name }, value, at)],
        ),
        forget: wanted.flatMap(([name, value]) => (value === null ? [{ workspaceId, name }] : [])),
      };
    },
    apply({ set, forget }) {
      for (const row of set) put(row);
      for (const { workspaceId, name } of forget) of(workspaceId).delete(name);
    },
    forgetWorkspace: (workspaceId) => void places.delete(workspaceId),
  };
};

const checkName = (name: string, workspaceId: string | null): void => {
  if (workspaceId === null && SOURCE_TOKEN.test(name)) return;
  if (NAME.test(name) && !OURS.test(name)) return;
  throw new KeepwellError('SECRET_NAME_INVALID', {
    message: OURS.test(name) ? `${name} is set by Keepwell itself.` : 'That is not a name for a secret.',
    details: { name: name.slice(0, 200) },
  });
};

/** Says nothing of the value itself. */
const checkValue = (name: string, value: string): void => {
  const problem = value.includes('\0')
    ? 'holds a NUL character'
    : new TextEncoder().encode(value).length > MOST_BYTES
      ? `has more than ${MOST_BYTES} bytes`
      : null;
  if (problem === null) return;
  throw new KeepwellError('BAD_REQUEST', { message: `The secret ${name} ${problem}.` });
};
