import type { Case, Result } from './case.ts';
import { type RunOptions, runCases } from './run-cases.ts';
import { keepCompany } from './server/company.ts';
import { serverCases } from './server/server-cases.ts';
import { openServerWorld, type ServerTarget, type ServerWorld } from './server/world.ts';

export { serverCases };

/**
 * Drives a server, of whatever make, as its agents and operators would, and says what it does otherwise than it has to.
 *
 * Creates workspaces whose names begin with `conform-`, several at a time, and removes each with its data once its case
 * is over. As many more beat all the while, so that those who fall silent are not all there are. Never rejects for what the server does.
 */
export const conformServer = async (
  cases: readonly Case<ServerWorld>[],
  target: ServerTarget,
  options: RunOptions,
): Promise<Result[]> => {
  const company = await keepCompany(target, options.parallel, options.signal);
  try {
    return await runCases(cases, (_, signal) => openServerWorld(target, signal), options);
  } finally {
    await company.leave();
  }
};
