import type { Command } from 'commander';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';

type Token = { id: string; name: string; role: string; created_at: string };

export const tokensCommand = (program: Command): Command => {
  const tokens = program.command('tokens').summary('let people look who may change nothing');
  tokens
    .command('ls')
    .summary('viewer tokens that are good')
    .action(action((session) => list(session)));
  tokens
    .command('create')
    .summary('create a viewer token; it is shown this once')
    .argument('<name>', 'for whom')
    .action(action((session, { args: [name = ''] }) => create(session, name)));
  tokens
    .command('revoke')
    .summary('end a viewer token, and every session that began with it')
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
    [{ title: 'ID' }, { title: 'NAME' }, { title: 'CREATED', flexible: true }],
    listed.items.map(({ id, name, created_at: at }) => [id, name, humanMoment(at, now)]),
  );
};

const create = async ({ client, out }: Session, name: string): Promise<void> => {
  const created = await client.send<Token & { token: string }>('POST', '/tokens', { body: { name } });
  out.document(created);
  out.line(`With this token ${name} may look, and change nothing (it is shown this once):`);
  out.line(`  ${created.token}`);
  out.line(`\`keepwell tokens revoke ${created.id}\` ends it.`);
};
