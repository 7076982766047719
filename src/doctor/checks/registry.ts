import { readdir } from 'node:fs/promises';
import { listRegistry } from '../../plugins/list-registry.ts';
import { type Check, fine, problem, warning } from '../check.ts';
import { unreadable } from '../unreadable.ts';

export const registry: Check = {
  id: 'registry',
  async look({ folders: { registry } }) {
    const why = await unreadable(() => readdir(registry));
    if (why !== null)
      return [problem(`${registry} cannot be read: ${why}.`, 'Give the folder back to its owner.')];
    const all = await listRegistry(registry);
    const wrong = all.filter((one) => one.problem !== null);
    if (wrong.length === 0)
      return all.length === 0 ? [] : [fine(`Every local plugin can be used (${all.length}).`)];
    return wrong.map(({ name, problem: said }) =>
      warning(`The local plugin ${name} cannot be installed: ${said}`, 'Mend its plugin.yaml.'),
    );
  },
};
