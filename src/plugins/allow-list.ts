import { KeepwellError } from '../errors.ts';

/**
 * Refuses a source in normal form that no pattern allows. No patterns allow nothing.
 *
 * A pattern is such a text with `*` for anything, also for slashes. One without `#` means every reference.
 *
 * @throws {KeepwellError} `PLUGIN_NOT_ALLOWED`
 */
export const checkAllowed = (source: string, patterns: readonly string[]): void => {
  if (patterns.some((pattern) => matches(source, pattern))) return;
  throw new KeepwellError('PLUGIN_NOT_ALLOWED', {
    message: `Plugins from ${withoutRef(source)} are not on the allow-list.`,
    details: { allowed: patterns },
  });
};

/**
 * Reads a pattern that a person wrote, and refuses one that could never match a source, or means more than it shows.
 *
 * @throws {KeepwellError} `PLUGIN_SOURCE_INVALID`, `PLUGIN_SOURCE_CREDENTIALS`
 */
export const parseAllowPattern = (text: string): string => {
  const pattern = text.trim();
  if (pattern === '*') return pattern;
  if (pattern.length > LONGEST) throw senseless(`is longer than ${LONGEST} characters`);
  if (/[\s\p{C}]/u.test(pattern)) throw senseless('contains spaces', 'Write a space as %20.');
  const [, scheme, authority] = /^([^:/]+):\/\/([^/#]*)/.exec(pattern) ?? [];
  if (scheme === undefined || authority === undefined || !SCHEMES.has(scheme)) {
    throw senseless('names no kind of source', `Begin with ${[...SCHEMES].join('://, ')}://.`);
  }
  if (scheme === 'git+ssh' ? /:.*@/.test(authority) : authority.includes('@'))
    throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
  if (/^(git\+)?(https?|ssh)$/.test(scheme) && /[^*]\*$/.test(authority)) {
    throw senseless('would match other hosts that begin alike', 'Put a slash before the asterisk.');
  }
  if (/^(git\+|https?$)/.test(scheme) && /[A-Z]/.test(authority)) {
    throw senseless('writes a host in capitals', 'Hosts are compared in small letters.');
  }
  return pattern;
};

const LONGEST = 1_000;
const SCHEMES = new Set([
  'local',
  'github',
  'gitea',
  'git+https',
  'git+http',
  'git+ssh',
  'git+file',
  'https',
  'http',
]);

const senseless = (why: string, hint?: string) =>
  new KeepwellError('PLUGIN_SOURCE_INVALID', {
    message: `The pattern ${why}.`,
    hint: hint ?? 'Write it like github://acme/*.',
  });

const withoutRef = (text: string): string => text.replace(/#.*$/s, '');

const matches = (source: string, pattern: string): boolean => {
  const [address = '', reference] = splitOnce(source);
  const [wanted = '', wantedReference] = splitOnce(pattern);
  if (wantedReference !== undefined && !fits(reference ?? '', wantedReference)) return false;
  return fits(address, wanted);
};

/** The reference is what follows the first `#`, whatever is in it. */
const splitOnce = (text: string): string[] => {
  const at = text.indexOf('#');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

/** Looks for the literal parts one after the other: no pattern makes it slow. */
const fits = (text: string, pattern: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
};
