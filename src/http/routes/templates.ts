import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { describeTemplate } from '../describe-template.ts';
import { TemplatesWire, TemplateWire } from '../schemas/templates.ts';
import { planEntryToWire } from '../wire/plugins.ts';

/** What a workspace can be made from. */
export const templatesRoute = (app: HttpApp, context: HttpContext): void => {
  app.get(
    '/templates',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the templates',
        tags: ['catalogue'],
        response: { 200: TemplatesWire },
      },
    },
    async () => {
      const items = (await context.listTemplates?.()) ?? [];
      return { items: items.map((item) => ({ ...item, problem: item.problem ?? null })), next_cursor: null };
    },
  );

  app.get(
    '/templates/:name',
    {
      config: { auth: 'reader', errors: ['TEMPLATE_NOT_FOUND', 'TEMPLATE_INVALID'] },
      schema: {
        summary: 'Says what a new workspace would get from a template',
        tags: ['catalogue'],
        params: Type.Object({ name: Type.String() }),
        querystring: Type.Object(
          { refresh: Type.Optional(Type.Boolean({ description: 'follows every reference of its plugins' })) },
          { additionalProperties: false },
        ),
        response: { 200: TemplateWire },
      },
    },
    async (request) => {
      const { name } = request.params;
      const detail = await describeTemplate(context, name, { refresh: request.query.refresh ?? false });
      return { ...detail, name, plugins: detail.plugins.map(planEntryToWire) };
    },
  );
};
