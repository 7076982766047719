/** The variable, and the secret, in which the token for a git host is looked for; a port is part of the host. */
export const gitTokenName = (host: string): string =>
  `${GIT_TOKEN_PREFIX}${host.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

export const GIT_TOKEN_PREFIX = 'KEEPWELL_GIT_TOKEN__';
