/**
 * How `keepwell agent` ends when it is not the command's own end that it passes on.
 *
 * A command that exits gives its exit code; one that a signal ended gives 128 + the signal's number.
 */
export const AGENT_EXIT = {
  /** 409 `STALE_INCARNATION`: a newer incarnation is in charge; the command was stopped. */
  replaced: 120,
  /** 410: the workspace was removed; the command was stopped. */
  removed: 121,
  /** 404 `WORKSPACE_NOT_FOUND`: the server knows no such workspace; the command was stopped. */
  unknown: 122,
  /** The command exists but cannot be started. */
  notExecutable: 126,
  /** There is no such command. */
  notFound: 127,
} as const;

/** Why the server wants nothing more of this agent. */
export type Dismissal = 'replaced' | 'removed' | 'unknown';
