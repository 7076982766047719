import { agentCases } from './agent/agent-cases.ts';
import { type AgentTarget, type AgentWorld, openAgentWorld } from './agent/agent-world.ts';
import type { Case, Result } from './case.ts';
import { type RunOptions, runCases } from './run-cases.ts';

export { agentCases };

/**
 * Plays the server to an agent, of whatever make, and says what it does otherwise than it has to.
 *
 * Each case starts the agent anew, with a server and folders of its own, and ends it with all that it started. Never
 * rejects for what the agent does.
 */
export const conformAgent = (
  cases: readonly Case<AgentWorld>[],
  target: AgentTarget,
  options: RunOptions,
): Promise<Result[]> => runCases(cases, (_, signal) => openAgentWorld(target, signal), options);
