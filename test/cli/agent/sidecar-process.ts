/** A process that is nothing but the sidecar: its options come as JSON in the first argument. */
import type { AgentOptions } from '../../../src/cli/agent/agent-options.ts';
import { runAgent } from '../../../src/cli/agent/run-agent.ts';

const { exitCode } = await runAgent(JSON.parse(process.argv[2] ?? '{}') as AgentOptions);
// As a command line does: whatever is still running then is left alone.
process.exit(exitCode);
