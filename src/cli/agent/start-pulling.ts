import type { AgentOptions } from './agent-options.ts';
import { createPluginClient } from './plugin-client.ts';
import { openPluginFolder } from './plugin-folder.ts';
import { createPullLoop, type PullLoop } from './pull-loop.ts';
import { pullPlugins } from './pull-plugins.ts';
import type { Requester } from './requester.ts';

type PullingOptions = AgentOptions & {
  request: Requester;
  restart: () => Promise<void>;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  roll: () => number;
  log: (line: string) => void;
};

/** Begins to keep `pluginsDir` as the server wants it; ends with `signal`. What goes wrong costs the plugins alone. */
export const startPulling = (options: PullingOptions, signal: AbortSignal): Pick<PullLoop, 'hear'> => {
  const { request, workspaceId, incarnation, pluginsDir = '', log } = options;
  const client = createPluginClient(request, { workspaceId, incarnation });
  const folder = openPluginFolder(pluginsDir);
  const loop = createPullLoop({
    pull: (last, until) => pullPlugins(client, folder, last, until),
    restart: (options.restartForPlugins ?? true) ? options.restart : null,
    sleep: options.sleep,
    roll: options.roll,
    log,
    everyMs: options.pluginsEveryMs ?? 120_000,
    minBackoffMs: options.pluginsMinBackoffMs ?? 1_000,
    maxBackoffMs: options.pluginsMaxBackoffMs ?? 300_000,
  });
  loop.run(signal).catch((error: unknown) => {
    log(`fetching plugins ended: ${error instanceof Error ? error.message : 'unknown error'}`);
  });
  return loop;
};
