/** How every command but `agent` ends. Listed in `--help`. */
export const EXIT = {
  ok: 0,
  /** Refused by the supervisor, or what was waited for failed. */
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  timedOut: 5,
  interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes:
  0 done   1 failed or refused   2 wrong usage   3 not found
  4 supervisor not reached   5 timed out waiting   130 interrupted`;
