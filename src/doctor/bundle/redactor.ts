/** What replaces whatever must not leave the machine. */
const GONE = '‹redacted›';

/** Shorter ones stand for nothing, and would be found in every other word. */
const LEAST = 4;

/** What looks like a secret, whoever wrote it; the first group, if there is one, stays. */
const PATTERNS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // Ours, and those of hosts and services that are known by how they begin.
  /\bkw[a-z]_[\w-]{8,}/g,
  /\b(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk-|sk_live_|AKIA|AIza|npm_|whsec_|tk_)[\w./+=-]{8,}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /((?:bearer|basic|token)\s+)[\w.~+/=-]{8,}/gi,
  // `user:password@` and the query of an address, and addresses that let whoever has them write.
  /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'@]+@/gi,
  /(\bhttps?:\/\/[^\s?#"']+\?)[^\s"'<>]+/gi,
  /(\bhttps:\/\/(?:hooks\.slack\.com|discord(?:app)?\.com\/api\/webhooks)\/)[^\s"'<>]+/gi,
  /(["']?[\w.-]*(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|private[_-]?key|authorization|credential)[\w.-]*["']?\s*[:=]\s*)(?!\s)(?:"[^"]*"|'[^']*'|[^\s,;&}\]]+)/gi,
];

export type Redactor = {
  text(text: string): string;
  /** Every text in it, and every name of a field. */
  value(value: unknown): unknown;
};

/**
 * Takes out of texts what is known to be secret, in each form in which it may be written, and what looks like it.
 *
 * @param secrets what is known. Ones of fewer than 4 characters are not looked for.
 */
export const createRedactor = (secrets: Iterable<string>): Redactor => {
  const forms = [...new Set([...secrets].flatMap(formsOf))]
    .filter((form) => form.length >= LEAST)
    // A secret that holds another one goes as a whole.
    .toSorted((a, b) => b.length - a.length);
  const known = forms.length === 0 ? null : new RegExp(forms.map(literally).join('|'), 'g');

  const text = (given: string): string => {
    const withoutKnown = known === null ? given : given.replaceAll(known, GONE);
    return PATTERNS.reduce(
      (so, pattern) => so.replaceAll(pattern, (_, kept) => (typeof kept === 'string' ? kept : '') + GONE),
      withoutKnown,
    );
  };
  const value = (given: unknown): unknown => {
    if (typeof given === 'string') return text(given);
    if (Array.isArray(given)) return given.map(value);
    if (typeof given !== 'object' || given === null) return given;
    return Object.fromEntries(Object.entries(given).map(([name, one]) => [text(name), value(one)]));
  };
  return { text, value };
};

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

const formsOf = (secret: string): string[] => {
  const whole = [secret, secret.trim()];
  const lines = secret.split('\n').map((line) => line.trim());
  return [...whole, ...lines]
    .filter((one) => one.length >= LEAST)
    .flatMap((one) => [
      one,
      encodeURIComponent(one),
      JSON.stringify(one).slice(1, -1),
      Buffer.from(one).toString('base64'),
      Buffer.from(one).toString('base64url'),
      Buffer.from(one).toString('hex'),
    ]);
};
