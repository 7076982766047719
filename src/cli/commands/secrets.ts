import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { workspacePath } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';

type Listed = { items: { name: string; updated_at: string }[] };
type Scope = { workspace?: string };

export const secretsCommand = (program: Command): Command => {
  const secrets = program.command('secrets').summary('see which secrets there are, and set them');
  secrets
    .command('ls')
    .summary('names of the secrets; values are never shown')
    .argument('[workspace]', 'name or id (default: those that every workspace gets)')
    .action(action((session, { args: [workspace] }) => list(session, workspace)));
  secrets
    .command('set')
    .summary('set a secret; who runs with it is restarted once')
    .argument('<name...>', 'NAME, whose value is then asked for or read from standard input, or NAME=value')
    .option('--workspace <workspace>', 'for this workspace alone')
    .option('--file <path>', 'take the value of the one name from a file')
    .addHelpText('after', '\nNAME=value stays in the history of your shell; NAME alone does not.')
    .action(action((session, { args, options }) => set(session, args, options)));
  secrets
    .command('rm')
    .summary('take a secret away')
    .argument('<name...>', 'names')
    .option('--workspace <workspace>', 'of this workspace alone')
    .action(
      action((session, { args, options }) => {
        const values = Object.fromEntries(args.map((name) => [name, null]));
        return change(session, options, values, `${args.join(', ')} removed`);
      }),
    );
  secrets
    .command('rotate-key')
    .summary('seal every secret with a new key')
    .action(
      action(async ({ client, out }) => {
        const answer = await client.send<{ sealed: number }>('POST', '/secrets/rotate-key');
        out.document(answer);
        out.line(`${answer.sealed} sealed with a new key`);
      }),
    );
  return secrets;
};

const pathOf = ({ workspace }: Scope): string =>
  workspace === undefined ? '/secrets' : workspacePath(workspace, 'secrets');

const list = async ({ client, out }: Session, workspace: string | undefined): Promise<void> => {
  const listed = await client.get<Listed>(pathOf(workspace === undefined ? {} : { workspace }));
  out.document(listed);
  if (listed.items.length === 0) return out.line('There are none; `keepwell secrets set` sets one.');
  const now = Date.now();
  out.table(
    [{ title: 'NAME' }, { title: 'CHANGED', flexible: true }],
    listed.items.map(({ name, updated_at: at }) => [name, humanMoment(at, now)]),
  );
};

const set = async (
  session: Session,
  given: string[],
  { file, ...scope }: Scope & { file?: string },
): Promise<void> => {
  const values: Record<string, string> = {};
  const open = given.filter((word) => !word.includes('='));
  if (open.length > 1 || (open.length === 0 && file !== undefined)) {
    throw usageError('Only one value can be read at a time.', 'Give one NAME, or NAME=value for each.');
  }
  for (const word of given) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    values[name] = at < 0 ? await readValue(name, file, session.interrupted) : word.slice(at + 1);
  }
  await change(session, scope, values, `${Object.keys(values).join(', ')} set`);
};

const change = async (
  { client, out }: Session,
  scope: Scope,
  values: Record<string, string | null>,
  done: string,
): Promise<void> => {
  out.document(await client.send('PUT', pathOf(scope), { body: { values } }));
  out.line(done);
};

const readValue = async (name: string, file: string | undefined, signal: AbortSignal): Promise<string> => {
  const raw =
    file === undefined
      ? process.stdin.isTTY
        ? await askUnseen(`${name}: `, signal)
        : await text(process.stdin)
      : readFile(file);
  const value = raw.replace(/\r?\n$/, '');
  if (value !== '') return value;
  throw new CliError(`There is no value for ${name}.`, { code: 'BAD_REQUEST', exitCode: EXIT.usage });
};

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(
      `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`,
      'Name a file with one value in it.',
    );
  }
};

/** What is typed is shown to nobody. */
const askUnseen = async (question: string, signal: AbortSignal): Promise<string> => {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('', { signal });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
};
