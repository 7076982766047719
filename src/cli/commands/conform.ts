import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { inheritedEnvironment } from '../../config.ts';
import { parseDuration } from '../../durations.ts';
import type { Result } from '../../testing/conform/case.ts';
import { countResults, resultLines, summaryLine } from '../../testing/conform/report.ts';
import type { RunOptions } from '../../testing/conform/run-cases.ts';
import { selectCases } from '../../testing/conform/select-cases.ts';
import { CliError, usageError } from '../cli-error.ts';
import { createClient } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { action, type Session } from '../session.ts';
import { gather, readCount } from './wait-options.ts';

type Options = {
  server?: string | true;
  agent?: true;
  adminToken?: string;
  adminTokenFile?: string;
  plugin?: string;
  process: boolean;
  pullsPlugins?: true;
  list?: true;
  only?: string[];
  skip?: string[];
  parallel: number;
  patience: string;
};

/** Some cases wait several times. */
const CASE_TAKES_PATIENCE = 6;

export const conformCommand = (program: Command): Command =>
  program
    .command('conform')
    .summary('see whether a server, or an agent, does what the wire format asks of it')
    .usage('--server [url] [options] | --agent [options] -- <command...>')
    .argument('[command...]', 'with --agent: the agent, after --')
    .option('--server [url]', 'drive this server as agents and operators would (default: --url)')
    .option('--agent', 'start an agent and play the server to it')
    .option('--admin-token <token>', 'of the server (default: --token, or as for every command)')
    .option('--admin-token-file <path>', 'where that token is')
    .option('--plugin <source>', 'a plugin that the server can install (default: its first of GET /plugins)')
    .option('--no-process', 'do not have the server run processes: a shell that sleeps')
    .option('--pulls-plugins', 'the agent fetches its plugins by itself: see how')
    .option('--only <ids>', 'run these cases only: ids, topics, or patterns with *; may be repeated', gather)
    .option('--skip <ids>', 'leave these out; may be repeated', gather)
    .option('--parallel <number>', 'cases at a time', readCount, 8)
    .option('--patience <duration>', 'how long to wait for what has to happen by itself', '10s')
    .option('--list', 'print the cases and run none')
    .addHelpText(
      'after',
      `
Nothing of Keepwell need be on the other side. A server is left without what was created there:
workspaces named conform-…, each removed with its data. An agent is started once or twice for each
case, with the environment that Keepwell gives, and has to end by SIGTERM.

Exits 0 when every case passed or does not apply, 1 when one failed.`,
    )
    .action(action(conform));

const conform = async (
  session: Session,
  given: { args: string[]; options: Record<string, unknown> },
): Promise<number> => {
  const options = given.options as Options;
  checkUsage(options, given.args);
  return options.agent ? runAgentCases(session, options, given.args) : runServerCases(session, options);
};

// The cases are imported when they are run: the generated ones take a moment, and no other command needs any.
const runServerCases = async (session: Session, options: Options): Promise<number> => {
  const { conformServer, serverCases } = await import('../../testing/conform/conform-server.ts');
  const chosen = choose(serverCases, options);
  if (options.list) return list(session, chosen);
  const url = (typeof options.server === 'string' ? options.server : session.config.url).replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw usageError(`"${url}" is no address of a server.`, 'Write it like http://127.0.0.1:7420.');
  }
  const token = readToken(options) ?? session.config.token;
  // Whether it is there, and the token good, is no case: without them there is nothing to see.
  await createClient(() => ({ url, token }), session.interrupted).get('/workspaces', { limit: 1 });
  const patienceMs = parseDuration(options.patience);
  const target = {
    url,
    adminToken: token ?? '',
    patienceMs,
    plugin: options.plugin ?? null,
    ownsProcesses: options.process,
  };
  return tell(session, url, (run) => conformServer(chosen, target, run), options);
};

const runAgentCases = async (session: Session, options: Options, command: string[]): Promise<number> => {
  const { agentCases, conformAgent } = await import('../../testing/conform/conform-agent.ts');
  const chosen = choose(agentCases, options);
  if (options.list) return list(session, chosen);
  const target = {
    command,
    inherited: inheritedEnvironment(null),
    patienceMs: parseDuration(options.patience),
    pullsPlugins: options.pullsPlugins === true,
  };
  return tell(session, command.join(' '), (run) => conformAgent(chosen, target, run), options);
};

const tell = async (
  { out, interrupted }: Session,
  subject: string,
  run: (options: RunOptions) => Promise<Result[]>,
  { parallel, patience }: Options,
): Promise<number> => {
  const startedAt = performance.now();
  const results = await run({
    parallel,
    caseWithinMs: parseDuration(patience) * CASE_TAKES_PATIENCE,
    signal: interrupted,
    onResult: (result) => {
      for (const [index, line] of resultLines(result).entries()) {
        out.line(index === 0 && result.outcome === 'failed' ? out.style('red', line) : line);
      }
    },
  });
  interrupted.throwIfAborted();
  const ms = Math.round(performance.now() - startedAt);
  out.document({ subject, ...countResults(results), ms, cases: results });
  out.line();
  out.line(summaryLine(results, ms));
  return countResults(results).failed > 0 ? EXIT.failed : EXIT.ok;
};

const list = ({ out }: Session, cases: readonly { id: string; title: string }[]): number => {
  out.document(cases.map(({ id, title }) => ({ id, title })));
  out.table(
    [{ title: 'ID' }, { title: 'TITLE', flexible: true }],
    cases.map(({ id, title }) => [id, title]),
  );
  return EXIT.ok;
};

const choose = <Some extends { id: string }>(
  cases: readonly Some[],
  { only = [], skip = [] }: Options,
): Some[] => {
  const { chosen, unmatched } = selectCases(cases, { only, skip });
  const hint = '`keepwell conform --list` with --server or --agent lists the cases.';
  if (unmatched.length > 0) throw usageError(`No case is called ${unmatched.join(', ')}.`, hint);
  if (chosen.length === 0) throw usageError('No case is left to run.', hint);
  return chosen;
};

const checkUsage = ({ server, agent, list, ...given }: Options, command: string[]): void => {
  if ((server === undefined) === (agent === undefined)) {
    throw usageError(
      'It is not said what to look at.',
      'Give either --server <url>, or --agent -- <command…>; `keepwell conform --help` shows more.',
    );
  }
  if (agent && command.length === 0 && !list) {
    throw usageError('There is no agent to start.', 'Write it last: keepwell conform --agent -- <command…>');
  }
  if (!agent && command.length > 0) {
    throw usageError(
      'A server is not started, it is there already.',
      'Leave out the command, or say --agent.',
    );
  }
  const { adminToken, adminTokenFile, plugin, process, pullsPlugins } = given;
  const ofServer = [adminToken, adminTokenFile, plugin].some((each) => each !== undefined) || !process;
  if (agent && ofServer) {
    throw usageError(
      'An agent has no such option.',
      '--admin-token…, --plugin and --no-process are for --server.',
    );
  }
  if (!agent && pullsPlugins)
    throw usageError('A server pulls no plugins.', '--pulls-plugins is for --agent.');
  if (adminToken !== undefined && adminTokenFile !== undefined) {
    throw usageError('There are two admin tokens.', 'Give --admin-token or --admin-token-file, not both.');
  }
};

const readToken = ({ adminToken, adminTokenFile }: Options): string | null => {
  if (adminTokenFile === undefined) return adminToken ?? null;
  try {
    return readFileSync(adminTokenFile, 'utf8').trim();
  } catch (error) {
    throw new CliError(`The token cannot be read from ${adminTokenFile}.`, {
      code: 'TOKEN_FILE_UNREADABLE',
      exitCode: EXIT.usage,
      hint: (error as Error).message,
    });
  }
};
