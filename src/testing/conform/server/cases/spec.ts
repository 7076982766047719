import { type Case, expectThat } from '../../case.ts';
import { eventually, expectField, expectStatus } from '../played.ts';
import type { ServerWorld } from '../world.ts';

/** Changes of what is wanted. */
export const specCases: Case<ServerWorld>[] = [
  {
    id: 'spec/change-raises-the-generation',
    title: 'A change raises the generation, which replies to beats tell',
    async run({ open }) {
      const agent = await open();
      const before = Number((await agent.view()).generation);
      expectStatus(await agent.patch({ role: 'changed' }), 'PATCH', [200]);
      const view = await agent.view();
      expectField(view, 'role', 'changed');
      expectThat(Number(view.generation) > before, `a generation above ${before}`, view.generation);
      expectField((await agent.beat()).body, 'generation', view.generation);
    },
  },
  {
    id: 'spec/no-change-raises-nothing',
    title: 'A patch that changes nothing raises no generation',
    async run({ open }) {
      const agent = await open({ role: 'same' });
      const { generation } = await agent.view();
      expectStatus(await agent.patch({ role: 'same' }), 'PATCH', [200]);
      expectField(await agent.view(), 'generation', generation);
    },
  },
  {
    id: 'spec/if-match-current-accepted',
    title: 'If-Match with the generation in force lets a change through',
    async run({ open }) {
      const agent = await open();
      const { generation } = await agent.view();
      const reply = await agent.patch({ role: 'matched' }, { 'if-match': `"${String(generation)}"` });
      expectStatus(reply, 'PATCH', [200]);
      expectField(await agent.view(), 'role', 'matched');
    },
  },
  {
    id: 'spec/if-match-other-refused',
    title: 'If-Match with another generation is refused and changes nothing',
    async run({ open }) {
      const agent = await open({ role: 'untouched' });
      const { generation } = await agent.view();
      const reply = await agent.patch({ role: 'lost' }, { 'if-match': `"${Number(generation) + 7}"` });
      expectStatus(reply, 'PATCH', [412, 409]);
      expectField(await agent.view(), 'role', 'untouched');
    },
  },
  {
    id: 'spec/null-removes',
    title: 'A patch is a merge patch: null removes, what is not named stays',
    async run({ open }) {
      const agent = await open({ role: 'both', url: 'http://agent.example' });
      expectStatus(await agent.patch({ role: null }), 'PATCH', [200]);
      const view = await agent.view();
      expectField(view, 'role', null);
      expectField(view, 'url', 'http://agent.example');
    },
  },
  {
    id: 'spec/unknown-key-refused',
    title: 'A patch of something that there is not is answered 400',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.patch({ rolle: 'misspelt' }), 'PATCH', [400, 422]);
    },
  },
  {
    id: 'spec/observed-generation-follows',
    title: 'Once a change is dealt with, observed_generation says so',
    async run({ open, patienceMs }) {
      const agent = await open();
      await agent.goesOnline();
      await agent.patch({ role: 'observed' });
      await eventually(patienceMs, 'observed_generation to reach generation', async () => {
        await agent.beat();
        const { generation, observed_generation: observed } = await agent.view();
        return {
          met: observed === generation,
          value: null,
          seen: `${String(observed)} of ${String(generation)}`,
        };
      });
    },
  },
];
