/** Where the value of a setting can come from, and everything that can be wrong about that. */
import { parse as parseYaml } from 'yaml';
import { closest } from './closest.ts';
import { GIT_TOKEN_PREFIX } from './git-token-name.ts';
import { ALL_SETTINGS, type Setting } from './settings.ts';

/** Where a value came from, e.g. `--port`, `KEEPWELL_PORT`, `keepwell.yaml`, `default`. */
export type Origin = string;

export type ConfigProblem = { key: string; origin: Origin; message: string };

/** Flags by setting name, e.g. `{ beat_interval: '10s', admin_token_file: '/run/secret' }`. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;
/** Returns what is in a file, or null when there is none. */
export type ReadFile = (path: string) => string | null;

export type Sources = { flags: Flags; env: Environment; readFile: ReadFile };
type WithFile = Sources & { file: Record<string, unknown> };

/** The strongest thing that was said of one setting, or its default. A value that cannot be read is a problem. */
export const readSetting = (
  key: string,
  setting: Setting<unknown>,
  sources: WithFile,
  problems: ConfigProblem[],
): { value: unknown; origin: Origin } => {
  for (const { raw, origin } of candidates(key, setting, sources, problems)) {
    if (raw === undefined || raw === null || raw === '') continue;
    try {
      return { value: setting.kind.parse(raw), origin };
    } catch (error) {
      const shown = setting.secret ? 'the value' : JSON.stringify(raw);
      problems.push({ key, origin, message: `${shown} is not ${(error as Error).message}` });
      return { value: setting.fallback, origin: 'default' };
    }
  }
  return { value: setting.fallback, origin: 'default' };
};

/** What was said of one setting, strongest first. */
const candidates = (
  key: string,
  setting: Setting<unknown>,
  { flags, env, file, readFile }: WithFile,
  problems: ConfigProblem[],
): { raw: unknown; origin: Origin }[] => {
  const sources = [
    { from: flags, name: key, origin: flagName },
    { from: env, name: variable(key), origin: (name: string) => name },
    ...(setting.notInFile ? [] : [{ from: file, name: key, origin: () => 'keepwell.yaml' }]),
  ];
  return sources.flatMap(({ from, name, origin }) => {
    const direct = { raw: from[name], origin: origin(name) };
    if (!setting.secret) return [direct];
    const fileName = name === key ? `${key}_file` : `${name}_FILE`;
    const path = from[fileName];
    if (typeof path !== 'string' || path === '') return [direct];
    if (direct.raw) problems.push({ key, origin: origin(fileName), message: `${key} is given twice` });
    const content = quietly(() => readFile(path)?.trim());
    if (!content) problems.push({ key, origin: origin(fileName), message: `${path} has nothing to read` });
    return [direct, { raw: content, origin: `${origin(fileName)} ${path}` }];
  });
};

/** `KEEPWELL_GIT_TOKEN__<HOST>` by its name, or what is in the file that `KEEPWELL_GIT_TOKEN__<HOST>_FILE` names. */
export const readGitTokens = (
  env: Environment,
  readFile: ReadFile,
  problems: ConfigProblem[],
): Record<string, string> => {
  const tokens = new Map<string, string>();
  for (const [origin, raw] of Object.entries(env)) {
    if (!isGitToken(origin) || !raw) continue;
    const key = origin.replace(/_FILE$/, '');
    const tell = (message: string) => problems.push({ key, origin, message });
    const token = key === origin ? raw.trim() : quietly(() => readFile(raw)?.trim());
    if (tokens.has(key)) tell(`${key} is given twice`);
    if (!token) tell(key === origin ? 'is empty' : `${raw} has nothing to read`);
    else if (/[^\x21-\x7e]/.test(token))
      tell('the value is not a token: it contains spaces or other characters');
    else tokens.set(key, token);
  }
  return Object.fromEntries(tokens);
};

const isGitToken = (name: string): boolean =>
  name.startsWith(GIT_TOKEN_PREFIX) && /^[A-Z0-9_]+$/.test(name.slice(GIT_TOKEN_PREFIX.length));

/** What `keepwell.yaml` says; nothing when there is none. */
export const readConfigFile = (path: string, readFile: ReadFile, problems: ConfigProblem[]) => {
  const origin = 'keepwell.yaml';
  const tell = (key: string, message: string) => problems.push({ key, origin, message });
  let parsed: unknown;
  try {
    parsed = parseYaml(readFile(path) ?? '');
  } catch (error) {
    tell(path, `cannot be read: ${(error as Error).message.split('\n')[0]}`);
    return {};
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    tell(path, 'is not a list of `key: value` lines');
    return {};
  }
  const known = [...ALL_SETTINGS].flatMap(([key, { secret, notInFile }]) =>
    notInFile ? [] : secret ? [key, `${key}_file`] : [key],
  );
  for (const key of Object.keys(parsed)) {
    if (known.includes(key)) continue;
    if (ALL_SETTINGS.has(key)) tell(key, 'cannot be set in the file that it leads to');
    else tell(key, unknown(key, known));
  }
  return parsed as Record<string, unknown>;
};

/** Names that agents are given, so that `keepwell` may be called by one. */
const AGENT_VARIABLES = [
  'KEEPWELL_URL',
  'KEEPWELL_WORKSPACE_ID',
  'KEEPWELL_TOKEN',
  'KEEPWELL_INCARNATION',
  'KEEPWELL_PLUGINS_DIR',
  'KEEPWELL_INSTANCE',
];

/** Flags and variables that nobody knows, with the nearest known name. */
export const unknownNames = (flags: Flags, env: Environment): ConfigProblem[] => {
  const keys = [...ALL_SETTINGS].flatMap(([key, { secret }]) => (secret ? [key, `${key}_file`] : [key]));
  const variables = keys.map(variable);
  const strayFlags = Object.keys(flags).filter((key) => flags[key] !== undefined && !keys.includes(key));
  const strayVariables = Object.keys(env).filter(
    (name) =>
      name.startsWith('KEEPWELL_') &&
      !name.startsWith('KEEPWELL_AGENT_') &&
      !isGitToken(name) &&
      !AGENT_VARIABLES.includes(name) &&
      !variables.includes(name),
  );
  return [
    ...strayFlags.map((key) => ({ key, origin: flagName(key), message: unknown(key, keys) })),
    ...strayVariables.map((name) => ({ key: name, origin: name, message: unknown(name, variables) })),
  ];
};

const unknown = (name: string, known: readonly string[]): string => {
  const near = closest(name, known);
  return near === null ? 'is not a known setting' : `is not a known setting; did you mean ${near}?`;
};

const variable = (key: string): string => `KEEPWELL_${key.toUpperCase()}`;
const flagName = (key: string): string => `--${key.replaceAll('_', '-')}`;

/** What `read` gives, or nothing where it throws. */
export const quietly = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
