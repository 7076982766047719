import type { Case } from '../case.ts';
import type { AgentWorld } from './agent-world.ts';
import { beatCases } from './cases/beats.ts';
import { pullingCases } from './cases/pulling.ts';
import { troubleCases } from './cases/trouble.ts';

/** All that is asked of an agent. What takes longest comes first, so that a run ends sooner. */
export const agentCases: readonly Case<AgentWorld>[] = [...troubleCases, ...pullingCases, ...beatCases];
