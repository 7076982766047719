/** Whom notices go to, as people write it in `keepwell.yaml`. */
import { parse as parseYaml } from 'yaml';

export const NOTICE_KINDS = [
  'offline',
  'failed',
  'degraded',
  'recovered',
  'plugins_held',
  'supervisor_hold',
] as const;
const TARGET_KINDS = ['webhook', 'slack', 'discord', 'ntfy'] as const;
const FIELDS = ['name', 'kind', 'url', 'secret', 'on'];

/** `url` and `secret` let whoever has them write there, so neither is ever shown. */
export type NotifyTarget = {
  name: string;
  kind: (typeof TARGET_KINDS)[number];
  url: string;
  /** Signs what is sent to a `webhook`; the access token of an `ntfy` topic; null for none. */
  secret: string | null;
  on: (typeof NOTICE_KINDS)[number][];
};

/** A degraded agent is told only to those who ask for it: many are, for a minute. */
const USUALLY: NotifyTarget['on'] = ['offline', 'failed', 'recovered', 'plugins_held', 'supervisor_hold'];
const LEAST_SECRET = 16;

/**
 * Reads the list, or a text in YAML or JSON that is one.
 * @throws {Error} that ends a sentence "the value is not …", and repeats no value that may be secret.
 */
export const parseNotifyTargets = (raw: unknown): NotifyTarget[] => {
  const list = typeof raw === 'string' ? parseText(raw) : raw;
  if (!Array.isArray(list)) throw new Error('a list of targets with name, kind and url');
  const targets = list.map(parseTarget);
  const twice = targets.find(({ name }, place) => targets.findIndex((one) => one.name === name) !== place);
  if (twice !== undefined) throw new Error(`a list without two targets called ${twice.name}`);
  return targets;
};

const parseText = (raw: string): unknown => {
  try {
    return parseYaml(raw);
  } catch {
    throw new Error('a list in YAML or JSON');
  }
};

const parseTarget = (raw: unknown, place: number): NotifyTarget => {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new Error(`a list of targets: number ${place + 1} is none`);
  }
  const { name, kind, url, secret = null, on = USUALLY } = raw as Record<string, unknown>;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    throw new Error(`a list of targets: number ${place + 1} needs a name of a-z, 0-9 and -`);
  }
  const refuse = (what: string): never => {
    throw new Error(`a list of targets: ${name} ${what}`);
  };
  const stray = Object.keys(raw).find((field) => !FIELDS.includes(field));
  if (stray !== undefined) refuse(`has a field ${stray}, which means nothing`);
  const known =
    TARGET_KINDS.find((word) => word === kind) ?? refuse(`needs a kind: ${TARGET_KINDS.join(', ')}`);
  if (!isWebAddress(url))
    refuse('needs a url that begins with http:// or https:// and holds no user or password');
  if (secret !== null && (typeof secret !== 'string' || secret.trim() === ''))
    refuse('has a secret that is no text');
  if (known === 'webhook' && (typeof secret !== 'string' || secret.length < LEAST_SECRET)) {
    refuse(`needs a secret of at least ${LEAST_SECRET} characters to sign with`);
  }
  if ((known === 'slack' || known === 'discord') && secret !== null) {
    refuse(`has a secret, but the secret of ${known} is its url`);
  }
  if (!Array.isArray(on) || on.length === 0 || !on.every((word) => NOTICE_KINDS.includes(word))) {
    refuse(`needs under \`on\` some of ${NOTICE_KINDS.join(', ')}`);
  }
  return {
    name,
    kind: known,
    url: url as string,
    secret: secret as string | null,
    on: on as NotifyTarget['on'],
  };
};

const isWebAddress = (url: unknown): boolean => {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return /^https?:$/.test(protocol) && username === '' && password === '';
};
