/**
 * The variable, and the secret, in which the token for a git host is looked for; a port is part of the host.
 *
 * `git.my-team.com:3000` is `…GIT_MY__TEAM_COM_3000`: a dot and a colon become `_`, a hyphen `__`. No two hosts share a
 * name: one with anything else in it, or with a hyphen at the edge of a part, is written in hexadecimal behind a third `_`.
 */
export const gitTokenName = (host: string): string => {
  const name = host.toUpperCase();
  return PLAIN.test(name)
    ? `${GIT_TOKEN_PREFIX}${name.replaceAll('-', '__').replaceAll(/[.:]/g, '_')}`
    : `${GIT_TOKEN_PREFIX}_${Buffer.from(name).toString('hex').toUpperCase()}`;
};

export const GIT_TOKEN_PREFIX = 'KEEPWELL_GIT_TOKEN__';

/** A part of a name: letters and digits, hyphens only between them. */
const PART = '[A-Z0-9]+(?:-+[A-Z0-9]+)*';
/** An address, or a name whose last part is not digits alone, for a port must not be taken for a part. */
const PLAIN = new RegExp(`^(?:\\d+(?:\\.\\d+){3}|(?:${PART}\\.)*(?!\\d+(?::|$))${PART})(?::\\d+)?$`);
