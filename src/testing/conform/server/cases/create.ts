import { type Case, expectThat } from '../../case.ts';
import { field, type Http, listAt, told } from '../http.ts';
import { expectField, expectStatus } from '../played.ts';
import type { ServerWorld } from '../world.ts';

const TOO_LARGE = 80 * 1024;

const named = async (http: Http, token: string, name: string): Promise<number> => {
  const found = [];
  for (let cursor = ''; ; ) {
    const { body } = await http('GET', `/workspaces?limit=200${cursor}`, { token });
    found.push(...listAt(body, 'items').filter((each) => each.name === name));
    if (typeof body.next_cursor !== 'string') return found.length;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
};

/** How workspaces come into being. */
export const createCases: Case<ServerWorld>[] = [
  {
    id: 'create/answers-201',
    title: 'A create is answered 201 with an id, a status and the token of its agent',
    async run({ open }) {
      const { created } = await open();
      for (const name of ['id', 'status', 'auth_token']) {
        expectThat(typeof created.body[name] === 'string', `${name} in the answer`, created.body[name]);
      }
    },
  },
  {
    id: 'create/in-one-transaction',
    title: 'What was declared with the create is there in the very answer',
    async run({ open, http, adminToken, plugin }) {
      const agent = await open({ plugins: [await plugin()], role: 'librarian' });
      expectField(agent.created.body, 'plugins.declared', 1);
      expectField(await agent.view(), 'role', 'librarian');
      const declared = await http('GET', `/workspaces/${agent.id}/plugins/declared`, { token: adminToken });
      expectThat(listAt(declared.body, 'plugins').length === 1, 'one declared plugin', told(declared));
    },
  },
  {
    id: 'create/all-or-nothing',
    title: 'A create with a plugin source that is none leaves nothing behind',
    async run({ http, adminToken, freshName, take }) {
      const name = freshName();
      const body = { name, external: true, plugins: ['nonsense://nowhere/at all'] };
      const reply = await http('POST', '/workspaces', { token: adminToken, body });
      if (typeof reply.body.id === 'string') take(reply.body.id);
      expectStatus(reply, 'the create', [400, 422]);
      expectThat((await named(http, adminToken, name)) === 0, 'no workspace of that name', 'a workspace');
    },
  },
  {
    id: 'create/needs-a-name',
    title: 'A create without a name is answered 400',
    async run({ http, adminToken, take }) {
      const reply = await http('POST', '/workspaces', { token: adminToken, body: { external: true } });
      if (typeof reply.body.id === 'string') take(reply.body.id);
      expectStatus(reply, 'the create', [400, 422]);
    },
  },
  {
    id: 'create/same-name-refused',
    title: 'A name that is taken is answered 409',
    async run({ open, http, adminToken, take }) {
      const { name } = await open();
      const reply = await http('POST', '/workspaces', { token: adminToken, body: { name, external: true } });
      if (typeof reply.body.id === 'string') take(reply.body.id);
      expectStatus(reply, 'the create', [409]);
    },
  },
  {
    id: 'create/idempotency-key-repeats',
    title: 'The same create with the same Idempotency-Key gives the same workspace',
    async run({ http, adminToken, freshName, take }) {
      const [name, key] = [freshName(), freshName()];
      const create = () =>
        http('POST', '/workspaces', {
          token: adminToken,
          body: { name, external: true },
          headers: { 'idempotency-key': key },
        });
      const replies = [await create(), await create()];
      for (const { body } of replies) if (typeof body.id === 'string') take(body.id);
      for (const reply of replies) expectStatus(reply, 'each create', [200, 201]);
      const [first, second] = replies.map(({ body }) => body.id);
      expectThat(first === second, `the id ${String(first)} again`, second);
      expectThat((await named(http, adminToken, name)) === 1, 'one workspace of that name', 'another number');
    },
  },
  {
    id: 'create/idempotency-key-for-another-refused',
    title: 'Another create with an Idempotency-Key that was used is refused',
    async run({ http, adminToken, freshName, take }) {
      const key = freshName();
      const create = (name: string) =>
        http('POST', '/workspaces', {
          token: adminToken,
          body: { name, external: true },
          headers: { 'idempotency-key': key },
        });
      const replies = [await create(freshName()), await create(freshName())];
      for (const { body } of replies) if (typeof body.id === 'string') take(body.id);
      const [, second] = replies;
      expectThat(
        second?.status === 422 || second?.status === 409,
        'the second to be answered 422 or 409',
        second && told(second),
      );
    },
  },
  {
    id: 'create/malformed-json-refused',
    title: 'A body that is no JSON is answered 400',
    async run({ http, adminToken }) {
      expectStatus(
        await http('POST', '/workspaces', { token: adminToken, raw: '{"name":' }),
        'the create',
        [400],
      );
    },
  },
  {
    id: 'create/oversized-refused',
    title: 'A body of more than 64 KiB is answered 413',
    async run({ http, adminToken, freshName, take }) {
      const body = { name: freshName(), external: true, env: { FILL: 'x'.repeat(TOO_LARGE) } };
      const reply = await http('POST', '/workspaces', { token: adminToken, body });
      if (typeof reply.body.id === 'string') take(reply.body.id);
      expectStatus(reply, 'the create', [413]);
    },
  },
  {
    id: 'create/shown-in-the-list',
    title: 'The list shows every workspace, page by page',
    async run({ open, http, adminToken }) {
      const [first, second] = [await open(), await open()];
      for (const { name } of [first, second]) {
        expectThat((await named(http, adminToken, name)) === 1, `${name} once in the list`, 'another number');
      }
      const page = await http('GET', '/workspaces?limit=1', { token: adminToken });
      expectThat(listAt(page.body, 'items').length === 1, 'one item with limit=1', told(page));
      expectThat(typeof field(page.body, 'next_cursor') === 'string', 'next_cursor for the rest', told(page));
    },
  },
];
