import type { Case, Result } from './case.ts';
import { type RunOptions, runCases } from './run-cases.ts';
import { serverCases } from './server/server-cases.ts';
import { openServerWorld, type ServerTarget, type ServerWorld } from './server/world.ts';

export { serverCases };

/**
 * Drives a server, of whatever make, as its agents and operators would, and says what it does otherwise than it has to.
 *
 * Creates workspaces whose names begin with `conform-`, several at a time, and removes each with its data once its case
 * is over. Never rejects for what the server does.
 */
export const conformServer = (
  cases: readonly Case<ServerWorld>[],
  target: ServerTarget,
  options: RunOptions,
): Promise<Result[]> => runCases(cases, (_, signal) => openServerWorld(target, signal), options);
