import { Type } from 'typebox';
import type { SecretView } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { iso } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { SecretsBody, SecretsWire } from '../schemas/secrets.ts';

const ERRORS = ['SECRET_NAME_INVALID', 'SECRET_NOT_FOUND', 'STORE_UNWRITABLE'] as const;
const NamedParams = Type.Object({ name: Type.String() });

/** Secrets go in, and only their names come out. */
export const secretRoutes = (app: HttpApp, { supervisor }: HttpContext): void => {
  const list = (key: string | null) => ({ items: supervisor.secrets(key).map(secretToWire) });

  app.get(
    '/secrets',
    {
      config: { auth: 'admin' },
      schema: {
        summary: 'Lists the secrets of all workspaces',
        tags: ['secrets'],
        response: { 200: SecretsWire },
      },
    },
    () => list(null),
  );

  app.put(
    '/secrets',
    {
      config: { auth: 'admin', errors: [...ERRORS] },
      schema: {
        summary: 'Sets secrets that every workspace gets',
        description: 'All or none. Every agent whose environment changes by it is restarted once.',
        tags: ['secrets'],
        body: SecretsBody,
        response: { 200: SecretsWire },
      },
    },
    async (request) => {
      await supervisor.changeSecrets(null, request.body.values);
      return list(null);
    },
  );

  app.delete(
    '/secrets/:name',
    {
      config: { auth: 'admin', errors: [...ERRORS] },
      schema: {
        summary: 'Takes a secret away from every workspace',
        tags: ['secrets'],
        params: NamedParams,
        response: { 200: SecretsWire },
      },
    },
    async (request) => {
      await supervisor.changeSecrets(null, { [request.params.name]: null });
      return list(null);
    },
  );

  app.post(
    '/secrets/rotate-key',
    {
      config: { auth: 'admin', errors: ['SECRET_KEY_LOST', 'CONFIG_INVALID', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Seals every secret with a new key',
        tags: ['secrets'],
        response: { 200: Type.Object({ sealed: Type.Integer() }) },
      },
    },
    async () => ({ sealed: await supervisor.rotateSecretKey() }),
  );

  app.get(
    '/workspaces/:id/secrets',
    {
      config: { auth: 'admin' },
      schema: {
        summary: 'Lists the secrets of one workspace',
        tags: ['secrets'],
        params: WorkspaceParams,
        response: { 200: SecretsWire },
      },
    },
    (request) => list(request.params.id),
  );

  app.put(
    '/workspaces/:id/secrets',
    {
      config: { auth: 'admin', errors: [...ERRORS] },
      schema: {
        summary: 'Sets secrets of one workspace',
        description: 'All or none. A value that is the same changes nothing.',
        tags: ['secrets'],
        params: WorkspaceParams,
        body: SecretsBody,
        response: { 200: SecretsWire },
      },
    },
    async (request) => {
      await supervisor.changeSecrets(request.params.id, request.body.values);
      return list(request.params.id);
    },
  );

  app.delete(
    '/workspaces/:id/secrets/:name',
    {
      config: { auth: 'admin', errors: [...ERRORS] },
      schema: {
        summary: 'Takes a secret of one workspace away',
        tags: ['secrets'],
        params: Type.Object({ ...WorkspaceParams.properties, ...NamedParams.properties }),
        response: { 200: SecretsWire },
      },
    },
    async (request) => {
      const { id, name } = request.params;
      await supervisor.changeSecrets(id, { [name]: null });
      return list(id);
    },
  );
};

const secretToWire = ({ name, updatedAt }: SecretView) => ({ name, updated_at: iso(updatedAt) });
