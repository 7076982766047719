import { type Command, Option } from 'commander';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';

type Token = { id: string; name: string; role: string; created_at: string };

export const tokensCommand = (program: Command): Command => {
  const tokens = program
    .command('tokens')
    .summary('let people look who may change nothing, and relays hand on beats');
  tokens
    .command('ls')
    .summary('tokens of viewers and relays that are good')
    .action(action((session) => list(session)));
  tokens
    .command('create')
    .summary('create a token; it is shown this once')
    .argument('<name>', 'for whom')
    .addOption(
      new Option('--role <role>', 'viewer: may look; relay: may hand on the beats of many agents')
        .choices(['viewer', 'relay'])
        .default('viewer'),
    )
    .action(
      action((session, { args: [name = ''], options }) => create(session, name, options.role as string)),
    );
  tokens
    .command('revoke')
    .summary('end a token, and every session that began with it')
    .argument('<id>', 'as `keepwell tokens ls` shows it')
    .action(
      action(async ({ client, out }, { args: [id = ''] }) => {
        await client.send('DELETE', `/tokens/${encodeURIComponent(id)}`);
        out.document({ id, revoked: true });
        out.line(`${id} revoked`);
      }),
    );
  return tokens;
};

const list = async ({ client, out }: Session): Promise<void> => {
  const listed = await client.get<{ items: Token[] }>('/tokens');
  out.document(listed);
  if (listed.items.length === 0) return out.line('There are none; `keepwell tokens create` creates one.');
  const now = Date.now();
  out.table(
    [{ title: 'ID' }, { title: 'NAME' }, { title: 'ROLE' }, { title: 'CREATED', flexible: true }],
    listed.items.map(({ id, name, role, created_at: at }) => [id, name, role, humanMoment(at, now)]),
  );
};

const create = async ({ client, out }: Session, name: string, role: string): Promise<void> => {
  const created = await client.send<Token & { token: string }>('POST', '/tokens', { body: { name, role } });
  out.document(created);
  const use = role === 'relay' ? 'hand on beats, and do nothing else' : 'look, and change nothing';
  out.line(`With this token ${name} may ${use} (it is shown this once):`);
  out.line(`  ${created.token}`);
  out.line(`\`keepwell tokens revoke ${created.id}\` ends it.`);
};
