import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { usageError } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { type Created, tellConnection } from '../tell-connection.ts';
import { waitUntilSettled } from '../wait.ts';
import { gather, type WaitOptions, withWait } from './wait-options.ts';

type Options = WaitOptions & {
  template?: string;
  role?: string;
  tier?: number;
  external?: true;
  sidecar?: true;
  image?: string;
  plugin?: string[];
  env?: Record<string, string>;
  require?: string[];
  agentRuntime?: string;
  allowPlugin?: string[];
  idleAfter?: string;
};

export const createCommand = (program: Command): Command =>
  withWait(
    program
      .command('create')
      .summary('create a workspace and start it')
      .usage('[options] <name> [-- command...]')
      .argument('<name>', 'a–z, 0–9 and dashes')
      .argument('[command...]', 'program and arguments, after --')
      .option('--template <name>', 'begin with a template of <data>/templates')
      .option('--role <text>', 'what it is for')
      .option('--tier <1-3>', 'trust, 1 is least', readTier)
      .option('--image <name>', 'run it in a container of this image')
      .option('--external', 'its agent runs elsewhere; nothing is started')
      .option('--plugin <source>', 'declare a plugin; may be repeated', gather)
      .option('--env <K=V>', 'set a variable; may be repeated', readVariable)
      .option('--require <NAME>', 'a variable or secret it cannot start without; may be repeated', gather)
      .option('--agent-runtime <name>', 'what the agent is built on; plugins may say which they suit')
      .option('--allow-plugin <pattern>', 'sources that its plugins may come from; may be repeated', gather)
      .option('--idle-after <duration>', 'hibernate it after so long without work, or `agent`: as it asks')
      .option('--sidecar', 'run the command under `keepwell agent`, which beats for it'),
  ).action(action(create));

const create = async (session: Session, given: { args: string[]; options: Record<string, unknown> }) => {
  const { client, out } = session;
  const [name = '', ...command] = given.args;
  const { wait, timeout, plugin, env, require, agentRuntime, allowPlugin, idleAfter, ...rest } =
    given.options as Options;
  if (rest.external && command.length > 0) {
    throw usageError(
      'An external workspace has no command.',
      'Leave out --external to have the command run here, or leave out the command.',
    );
  }
  const created = await client.send<Created>('POST', '/workspaces', {
    headers: { 'idempotency-key': randomUUID() },
    body: {
      name,
      ...rest,
      ...(rest.image === undefined ? {} : { runtime: 'docker' }),
      ...(plugin === undefined ? {} : { plugins: plugin }),
      ...(env === undefined ? {} : { env }),
      ...(require === undefined ? {} : { required_env: require }),
      ...(agentRuntime === undefined ? {} : { agent_runtime: agentRuntime }),
      ...(allowPlugin === undefined ? {} : { allow_plugins: allowPlugin }),
      ...(idleAfter === undefined ? {} : { idle_after: idleAfter }),
      ...(command.length === 0 ? {} : { command }),
    },
  });
  out.document(created, { streaming: wait === true });
  tellConnection(created, out);
  if (wait) await waitUntilSettled({ client, out, view: created, after: 0, withinMs: timeout });
  else out.line(`${out.style('bold', name)} created; \`keepwell why ${name}\` says how far it is`);
};

const readTier = (text: string): number => {
  if (/^[123]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be 1, 2 or 3.');
};

const readVariable = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write it as NAME=value.');
  return { ...before, [name]: value };
};
