import { readdir } from 'node:fs/promises';
import { readPolicy } from '../../http/wire/read-policy.ts';
import { type DeclarationInput, parseDeclaration } from '../../plugins/declaration.ts';
import { openTemplates } from '../../startup/templates/open-templates.ts';
import { type Check, fine, problem, warning } from '../check.ts';
import { unreadable } from '../unreadable.ts';

export const templates: Check = {
  id: 'templates',
  async look({ folders, config }) {
    const why = await unreadable(() => readdir(folders.templates));
    if (why !== null)
      return [problem(`${folders.templates} cannot be read: ${why}.`, 'Give the folder back to its owner.')];
    const all = await openTemplates(folders.templates, {
      parseDeclaration: (input) => parseDeclaration(input as DeclarationInput),
      readPolicy: (policy) => readPolicy(policy, config.policy),
    }).list();
    const wrong = all.filter((one) => one.problem !== null);
    if (wrong.length === 0)
      return all.length === 0 ? [] : [fine(`Every template can be used (${all.length}).`)];
    return wrong.map((one) =>
      warning(one.problem as string, 'Mend it; no workspace can be made of it until then.'),
    );
  },
};
