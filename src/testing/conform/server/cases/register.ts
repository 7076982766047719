import { type Case, expectThat } from '../../case.ts';
import { field, listAt } from '../http.ts';
import { expectField, expectStatus } from '../played.ts';
import type { ServerWorld } from '../world.ts';

/** How an agent introduces itself. */
export const registerCases: Case<ServerWorld>[] = [
  {
    id: 'register/brings-online',
    title: 'A register makes a workspace online, as a beat does',
    async run({ open }) {
      const agent = await open();
      const reply = await agent.register();
      expectStatus(reply, 'the register', [200]);
      expectField(reply.body, 'status', 'registered');
      expectField(await agent.view(), 'status', 'online');
    },
  },
  {
    id: 'register/card-shown',
    title: 'What an agent says of itself is shown, and replaced by update-card',
    async run({ open, http }) {
      const agent = await open();
      await agent.register({ url: 'http://agent.example:9000', agent_card: { name: 'first' } });
      const view = await agent.view();
      expectField(view, 'url', 'http://agent.example:9000');
      expectField(view, 'agent_card.name', 'first');
      const body = { workspace_id: agent.id, agent_card: { name: 'second' } };
      const updated = await http('POST', '/registry/update-card', { token: agent.token, body });
      expectStatus(updated, 'update-card', [200]);
      expectField(updated.body, 'status', 'updated');
      expectField(await agent.view(), 'agent_card.name', 'second');
    },
  },
  {
    id: 'register/unknown-field-ignored',
    title: 'A field that nobody knows is ignored',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.register({ shoe_size: 43 }), 'the register', [200]);
    },
  },
  {
    id: 'register/repeats-are-harmless',
    title: 'Registering again changes no status',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      for (let times = 0; times < 3; times += 1) expectStatus(await agent.register(), 'the register', [200]);
      expectField(await agent.view(), 'status', 'online');
    },
  },
  {
    id: 'register/wrong-types-refused',
    title: 'A card that is no object is answered 400 and changes nothing',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.register({ agent_card: 'no card' }), 'the register', [400]);
      const { status } = await agent.view();
      expectThat(status !== 'online', 'a workspace of which nobody was heard', `status ${String(status)}`);
    },
  },
  {
    id: 'register/no-token-refused',
    title: 'A workspace that has a token is not registered without it (401)',
    async run({ open }) {
      const agent = await open();
      const reply = await agent.register({}, null);
      expectStatus(reply, 'the register', [401]);
      expectThat(reply.body.auth_token === undefined, 'no token to be handed out', 'auth_token in the reply');
      const { status } = await agent.view();
      expectThat(status !== 'online', 'a workspace of which nobody was heard', `status ${String(status)}`);
    },
  },
  {
    id: 'register/creates-nothing',
    title: 'Registering an unknown id is answered 404 and creates nothing',
    async run({ http, adminToken, freshName }) {
      const id = freshName();
      const body = { id, agent_card: { name: 'nobody' } };
      const reply = await http('POST', '/registry/register', { token: adminToken, body });
      expectStatus(reply, 'the register', [404]);
      const view = await http('GET', `/workspaces/${id}`, { token: adminToken });
      expectStatus(view, 'GET /workspaces/:id', [404]);
    },
  },
  {
    id: 'register/update-card-needs-a-token',
    title: 'update-card without a token is answered 401 and changes nothing',
    async run({ open, http }) {
      const agent = await open();
      await agent.register({ agent_card: { name: 'mine' } });
      const body = { workspace_id: agent.id, agent_card: { name: 'not mine' } };
      expectStatus(await http('POST', '/registry/update-card', { body }), 'update-card', [401]);
      expectField(await agent.view(), 'agent_card.name', 'mine');
    },
  },
  {
    id: 'register/token-shown-once',
    title: 'A token is shown when the workspace is created, and never again',
    async run({ open, http, adminToken }) {
      const agent = await open();
      expectThat(
        agent.token.length >= 16,
        'auth_token in the answer to the create',
        agent.created.body.auth_token,
      );
      await agent.register();
      const seen = JSON.stringify([
        await agent.view(),
        await agent.history(),
        listAt((await http('GET', '/workspaces?limit=200', { token: adminToken })).body, 'items').filter(
          (each) => field(each, 'id') === agent.id,
        ),
      ]);
      expectThat(!seen.includes(agent.token), 'no token in view, list and history', 'the token');
    },
  },
];
