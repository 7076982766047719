import { type Case, expectThat } from '../../case.ts';
import { told } from '../http.ts';
import { expectStatus } from '../played.ts';
import type { ServerWorld } from '../world.ts';

/** Who may do what, and what a refusal looks like. */
export const accessCases: Case<ServerWorld>[] = [
  {
    id: 'access/alive-and-ready',
    title: 'GET /healthz and GET /readyz answer 200 without a token',
    async run({ http }) {
      expectStatus(await http('GET', '/healthz'), 'GET /healthz', [200]);
      expectStatus(await http('GET', '/readyz'), 'GET /readyz', [200]);
    },
  },
  {
    id: 'access/create-needs-the-admin',
    title: 'Only the admin token creates workspaces',
    async run({ open, http, freshName, take }) {
      const { token } = await open();
      const tries: [string, string | null, number[]][] = [
        ['without a token', null, [401]],
        ['with the token of a workspace', token, [401, 403]],
      ];
      for (const [what, token, statuses] of tries) {
        const reply = await http('POST', '/workspaces', {
          token,
          body: { name: freshName(), external: true },
        });
        if (typeof reply.body.id === 'string') take(reply.body.id);
        expectStatus(reply, `a create ${what}`, statuses);
      }
    },
  },
  {
    id: 'access/reading-needs-a-token',
    title: 'Nothing of a workspace is shown without a token',
    async run({ open, http }) {
      const { id } = await open();
      for (const path of [
        '/workspaces',
        `/workspaces/${id}`,
        `/workspaces/${id}/history`,
        `/workspaces/${id}/why`,
      ]) {
        expectStatus(await http('GET', path), `GET ${path.replace(id, ':id')}`, [401]);
      }
    },
  },
  {
    id: 'access/workspace-sees-itself-alone',
    title: 'The token of a workspace shows that workspace and no other',
    async run({ open, http }) {
      const [one, other] = [await open(), await open()];
      const own = await http('GET', `/workspaces/${one.id}`, { token: one.token });
      expectStatus(own, 'GET of its own view', [200]);
      const foreign = await http('GET', `/workspaces/${other.id}`, { token: one.token });
      expectStatus(foreign, 'GET of another', [401, 403, 404]);
      expectStatus(
        await http('POST', `/workspaces/${other.id}/pause`, { token: one.token }),
        'pausing another',
        [401, 403, 404],
      );
    },
  },
  {
    id: 'access/unknown-workspace-404',
    title: 'What there never was is answered 404',
    async run({ http, adminToken: token, freshName }) {
      const path = `/workspaces/${freshName()}`;
      expectStatus(await http('GET', path, { token }), 'GET /workspaces/:id', [404]);
      expectStatus(await http('POST', `${path}/pause`, { token }), 'POST …/pause', [404]);
      expectStatus(await http('DELETE', path, { token }), 'DELETE', [404]);
      expectStatus(await http('GET', '/no/such/route', { token }), 'GET /no/such/route', [404]);
    },
  },
  {
    id: 'access/errors-say-what-to-do',
    title: 'A refusal has a sentence, a code and a hint',
    async run({ http, adminToken: token, freshName }) {
      const reply = await http('GET', `/workspaces/${freshName()}`, { token });
      for (const name of ['error', 'code', 'hint']) {
        expectThat(typeof reply.body[name] === 'string', `${name} to be a text`, told(reply));
      }
    },
  },
  {
    id: 'access/request-id-echoed',
    title: 'X-Request-Id comes back',
    async run({ http }) {
      const given = `conform-${crypto.randomUUID()}`;
      const { headers } = await http('GET', '/healthz', { headers: { 'x-request-id': given } });
      const echoed = headers.get('x-request-id');
      expectThat(echoed === given, `x-request-id ${given}`, echoed ?? 'none');
    },
  },
  {
    id: 'access/why-explains',
    title: 'GET …/why says what the state means, what moves it next and what an operator can do',
    async run({ open, http, adminToken: token }) {
      const { id } = await open();
      const reply = await http('GET', `/workspaces/${id}/why`, { token });
      expectStatus(reply, 'GET …/why', [200]);
      for (const name of ['text', 'status', 'rule']) {
        expectThat(typeof reply.body[name] === 'string', `${name} to be a text`, reply.body[name]);
      }
      for (const name of ['next', 'operator']) {
        const list = reply.body[name];
        expectThat(Array.isArray(list) && list.length > 0, `${name} to be a list with something in it`, list);
      }
    },
  },
  {
    id: 'access/history-kept',
    title: 'GET …/history tells each change with its number, moment, event and whereto; numbers rise',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      await agent.beat({ error_rate: 0.9 });
      const rows = await agent.history();
      expectThat(rows.length >= 3, 'a row for the create, the first beat and the failing beat', rows);
      for (const row of rows) {
        const isWhole =
          typeof row.seq === 'number' &&
          typeof row.at === 'string' &&
          typeof row.event === 'string' &&
          typeof row.to === 'string';
        expectThat(isWhole, 'seq, at, event and to in every row', row);
      }
      const numbers = rows.map(({ seq }) => Number(seq));
      const rises = numbers.every((seq, index) => index === 0 || seq > (numbers[index - 1] ?? 0));
      expectThat(rises, 'rising numbers', numbers);
    },
  },
];
