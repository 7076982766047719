import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { agentEnvironment, relayedEnvironment } from '../../config.ts';
import { parseDuration } from '../../durations.ts';
import { usageError } from '../cli-error.ts';
import { action, type Session } from '../session.ts';

type Options = {
  healthUrl?: string;
  healthCommand?: string;
  workspace?: string;
  tokenFile?: string;
  pluginsDir?: string;
  pluginsEvery?: string;
  restart: boolean;
  relay?: string;
};

export const agentCommand = (program: Command): Command =>
  program
    .command('agent')
    .summary('run a command and beat for it as long as it runs')
    .usage('[options] -- <command...>')
    .argument('[command...]', 'program and arguments, after --')
    .option('--workspace <id>', 'whose agent this is (default: KEEPWELL_WORKSPACE_ID)')
    .option('--token-file <path>', 'where its token is; a new one is written there')
    .option('--health-url <url>', 'healthy while this answers 2xx')
    .option('--health-command <command>', 'healthy while this shell command exits 0')
    .option('--plugins-dir <path>', 'where its plugins are put (default: KEEPWELL_PLUGINS_DIR)')
    .option('--plugins-every <duration>', 'how often they are looked at', '2m')
    .option('--relay <file>', 'run the agents of a YAML file, and beat for all in one request')
    .option('--no-restart', 'leave the command running when its plugins change')
    .addHelpText(
      'after',
      `
With --relay the token is that of a relay (\`keepwell tokens create edge --role relay\`), and the file says
  agents:
    - { workspace: <id>, command: [python3, -u, worker.py] }
    - { workspace: <id>, command: [./scout], plugins_dir: plugins, token_file: scout-token }
Each may have \`env\`, and \`health_url\` or \`health_command\`. A command that ends is started again.

The agent of an external workspace fetches its declared plugins by itself, verifies and reports
them, and starts the command again when a change asks for it.

Ends with the command's exit code, 128 + the signal that ended it, or
  120 replaced by a newer incarnation   121 workspace removed   122 no such workspace
  126 command not executable   127 no such command`,
    )
    .action(action(run, { ownSignals: true }));

const run = async (
  session: Session,
  given: { args: string[]; options: Record<string, unknown> },
): Promise<number> => {
  const { relay: relayFile } = given.options as Options;
  if (relayFile !== undefined) return relay(session, given, relayFile);
  const { healthUrl, healthCommand, workspace, tokenFile: fileFlag, ...plugins } = given.options as Options;
  const self = agentEnvironment();
  const workspaceId = workspace ?? self.workspaceId;
  const tokenFile = fileFlag ?? self.tokenFile;
  const token = session.options.token ?? self.token;
  const pluginsDir = plugins.pluginsDir ?? self.pluginsDir;
  if (given.args.length === 0) {
    throw usageError(
      'There is no command to run.',
      'Write it last: keepwell agent [options] -- <command...>',
    );
  }
  if (!workspaceId) {
    throw usageError('It is not said whose agent this is.', 'Give --workspace or KEEPWELL_WORKSPACE_ID.');
  }
  const { runAgent } = await import('../agent/run-agent.ts');
  // Without a token the server may hand one out, once, if it is configured so.
  const register = !token && !(tokenFile && existsSync(tokenFile));
  try {
    const { exitCode } = await runAgent({
      url: session.options.url ?? self.url ?? session.config.url,
      workspaceId,
      command: given.args,
      token: token ?? undefined,
      tokenFile: tokenFile ?? undefined,
      incarnation: self.incarnation ?? undefined,
      healthUrl,
      healthCommand,
      pluginsDir: pluginsDir === null ? undefined : resolve(pluginsDir),
      pluginsEveryMs: parseDuration(plugins.pluginsEvery ?? '2m'),
      restartForPlugins: plugins.restart,
      ...(register ? { register: {} } : {}),
    });
    return exitCode;
  } catch (error) {
    if (error instanceof TypeError) throw usageError(error.message, '`keepwell agent --help` shows how.');
    throw error;
  }
};

const relay = async (
  session: Session,
  { args, options }: { args: string[]; options: Record<string, unknown> },
  file: string,
): Promise<number> => {
  if (args.length > 0) {
    throw usageError('A relay runs what its file says.', 'Write the command into the file, under `agents`.');
  }
  const { readRelayFile } = await import('../agent/read-relay-file.ts');
  const { runRelay } = await import('../agent/run-relay.ts');
  const written = readRelayFile(file);
  const self = agentEnvironment();
  const { tokenFile, pluginsEvery } = options as Options;
  const url = session.options.url ?? written.url ?? self.url ?? session.config.url;
  return runRelay({
    url,
    token: session.options.token ?? self.token ?? undefined,
    tokenFile: tokenFile ?? written.token_file,
    pluginsEveryMs: parseDuration(pluginsEvery ?? '2m'),
    log: (line) => process.stderr.write(`keepwell agent: ${line}\n`),
    agents: written.agents.map((agent) => ({
      workspaceId: agent.workspace,
      command: agent.command,
      tokenFile: agent.token_file,
      pluginsDir: agent.plugins_dir,
      healthUrl: agent.health_url,
      healthCommand: agent.health_command,
      env: relayedEnvironment({
        KEEPWELL_URL: url,
        KEEPWELL_WORKSPACE_ID: agent.workspace,
        ...(agent.plugins_dir === undefined ? {} : { KEEPWELL_PLUGINS_DIR: agent.plugins_dir }),
        ...agent.env,
      }),
    })),
  });
};
