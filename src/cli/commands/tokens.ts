import { type Command, Option } from 'commander';
import { workspacePath } from '../client.ts';
import { humanMoment } from '../humanise.ts';
import { action, type Session } from '../session.ts';
import { type Created, tellConnection } from '../tell-connection.ts';

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
  tokens
    .command('rotate')
    .summary('make a new token for the agent of an external workspace')
    .argument('<workspace>', 'name or id')
    .option('--overlap <duration>', 'how long the old token is good yet', '10m')
    .addOption(new Option('--now', 'the old token is good for nothing at once').conflicts('overlap'))
    .action(
      action((session, { args: [key = ''], options }) =>
        rotate(session, key, options.now === true ? '0s' : (options.overlap as string)),
      ),
    );
  return tokens;
};

type Rotated = Pick<Created, 'name' | 'connection'> & { old_token_until: string | null };

const rotate = async ({ client, out }: Session, key: string, overlap: string): Promise<void> => {
  const path = workspacePath(key, 'token', 'rotate');
  const rotated = await client.send<Rotated>('POST', path, { body: { overlap } });
  out.document(rotated);
  tellConnection(rotated, out);
  const until = rotated.old_token_until;
  if (until === null) return out.line('The old token is good for nothing any more.');
  out.line(`The old token is good until ${until} (${humanMoment(until, Date.now())}).`);
  out.line(`\`keepwell get ${rotated.name}\` says whether it is used yet.`);
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
