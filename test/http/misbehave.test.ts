import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeepwellError } from '../../src/errors.ts';
import type { TemplateDefaults } from '../../src/http/options.ts';
import { openServer, type TestServer } from './support.ts';

const TEMPLATES: Record<string, TemplateDefaults> = {
  demo: { command: ['node', 'agent.mjs'], misbehaves: ['silent', 'crash'] },
  plain: { command: ['node', 'agent.mjs'] },
};

let server: TestServer;
let told: [id: string, how: string | null][];
let templates: Record<string, TemplateDefaults>;
beforeEach(async () => {
  told = [];
  templates = { ...TEMPLATES };
  server = await openServer({
    loadTemplate: async (name) => {
      const found = templates[name];
      if (found === undefined) throw new KeepwellError('TEMPLATE_NOT_FOUND');
      return found;
    },
    misbehave: async (id, how) => void told.push([id, how]),
  });
});
afterEach(() => server.close());

const create = async (body: object) => (await server.send('POST', '/workspaces', { body })).body.id as string;
const tell = (key: string, how: unknown) =>
  server.send('POST', `/workspaces/${key}/misbehave`, { body: { how } });

describe('telling an agent to misbehave', () => {
  it('reaches it with a word of its template, and with null to make it behave again', async () => {
    const id = await create({ name: 'demo', template: 'demo' });
    for (const how of ['silent', 'crash', null]) {
      const { status, body } = await tell('demo', how);
      expect([status, body.id, body.name]).toEqual([200, id, 'demo']);
    }
    expect(told).toEqual([
      [id, 'silent'],
      [id, 'crash'],
      [id, null],
    ]);
  });

  it('is refused with the words there are, for another word', async () => {
    await create({ name: 'demo', template: 'demo' });
    const { status, body } = await tell('demo', 'slow');
    expect([status, body.code, body.details]).toEqual([
      409,
      'CANNOT_MISBEHAVE',
      { template: 'demo', words: ['silent', 'crash'] },
    ]);
    expect(told).toEqual([]);
  });

  it('is refused where no template lists a word, or it is gone, or the agent is elsewhere', async () => {
    await create({ name: 'plain', template: 'plain' });
    await create({ name: 'own', command: ['run'] });
    await create({ name: 'far', template: 'demo', external: true, command: [] });
    await create({ name: 'late', template: 'demo' });
    delete templates.demo;
    for (const name of ['plain', 'own', 'far', 'late']) {
      for (const how of ['silent', null]) {
        const { status, body } = await tell(name, how);
        expect([name, how, status, body.code]).toEqual([name, how, 409, 'CANNOT_MISBEHAVE']);
      }
    }
    expect(told).toEqual([]);
  });

  it.each([[undefined], [1], ['x'.repeat(33)], [['silent']]])('is wrong input with %j', async (how) => {
    await create({ name: 'demo', template: 'demo' });
    expect((await tell('demo', how)).status).toBe(400);
    expect(told).toEqual([]);
  });

  it('does not make the words part of what a workspace is', async () => {
    await create({ name: 'demo', template: 'demo' });
    const { body } = await server.send('GET', '/workspaces/demo');
    expect(JSON.stringify(body)).not.toContain('misbehaves');
    expect((await server.send('GET', '/templates/demo')).status).toBe(200);
  });
});
