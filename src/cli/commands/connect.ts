import { type Command, Option } from 'commander';
import { workspacePath } from '../client.ts';
import { action, type Session } from '../session.ts';

const LANGUAGES = ['curl', 'node', 'python'] as const;
type Language = (typeof LANGUAGES)[number];
type Connection = { url: string; env: Record<string, string>; snippets: Record<Language, string> };

export const connectCommand = (program: Command): Command =>
  program
    .command('connect')
    .summary('show how the agent of an external workspace beats')
    .argument('<workspace>', 'name or id')
    .addOption(
      new Option('--as <language>', 'print a whole agent to paste, and nothing else').choices(LANGUAGES),
    )
    .addHelpText(
      'after',
      `
\`keepwell connect box --as python | ssh box KEEPWELL_TOKEN=… python3\` is an agent on another box.
Where agents reach this supervisor by another address than you do, set \`public_url\`.`,
    )
    .action(
      action((session, { args: [key = ''], options }) => connect(session, key, options.as as Language)),
    );

const connect = async ({ client, out }: Session, key: string, language?: Language): Promise<void> => {
  const connection = await client.get<Connection>(workspacePath(key, 'connection'));
  out.document(connection);
  if (language !== undefined) return out.line(connection.snippets[language].trimEnd());
  out.line(`What the agent of ${key} needs, beside its token in KEEPWELL_TOKEN:`);
  for (const [variable, value] of Object.entries(connection.env)) out.line(`  ${variable}=${value}`);
  out.line();
  out.line(
    'With those, `keepwell agent --plugins-dir <folder> -- <command>` runs it and fetches its plugins.',
  );
  out.line(`An agent without Keepwell, to paste: \`keepwell connect ${key} --as ${LANGUAGES.join('|')}\`.`);
};
