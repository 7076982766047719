import { parsePluginName } from '../name.ts';
import { invalidSource, type SourceForm } from './source-form.ts';

/** A folder of the registry. */
export type LocalSource = { kind: 'local'; name: string };

const SCHEME = 'local://';

/** `local://name`; a bare `name` means the same. */
export const localForm: SourceForm<LocalSource> = {
  claims: (text) => text.startsWith(SCHEME) || !/[/\\:#]/.test(text),
  parse: (text) => {
    const name = text.startsWith(SCHEME) ? text.slice(SCHEME.length) : text;
    if (name === '') throw invalidSource('it is empty');
    return { kind: 'local', name: parsePluginName(name) };
  },
  print: ({ name }) => `${SCHEME}${name}`,
  nameOf: ({ name }) => name,
};
