import type { Case } from '../case.ts';
import type { AgentWorld } from './agent-world.ts';
import { beatCases } from './cases/beats.ts';
import { pullingCases } from './cases/pulling.ts';
import { troubleCases } from './cases/trouble.ts';

/** All that is asked of an agent. */
export const agentCases: readonly Case<AgentWorld>[] = [...beatCases, ...troubleCases, ...pullingCases];
