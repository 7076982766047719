import { parsePluginName } from './name.ts';
import { type GitSource, gitForm } from './sources/git-form.ts';
import { type LocalSource, localForm } from './sources/local-form.ts';
import { invalidSource, type SourceForm } from './sources/source-form.ts';

/** Where a plugin comes from. */
export type Source = LocalSource | GitSource;

const LONGEST = 1_000;

/**
 * Reads a source in any of its forms.
 * @throws {KeepwellError} `PLUGIN_SOURCE_INVALID`, `PLUGIN_NAME_INVALID`, `PLUGIN_UNPINNED`,
 *   `PLUGIN_SOURCE_CREDENTIALS`
 */
export const parseSource = (text: string): Source => {
  if (text.length > LONGEST) throw invalidSource(`it is longer than ${LONGEST} characters`);
  if (localForm.claims(text)) return localForm.parse(text);
  if (gitForm.claims(text)) return gitForm.parse(text);
  if (/^(github|gitea|https?):\/\//i.test(text)) throw invalidSource('this kind is not supported yet');
  throw invalidSource('no kind of source is written like this');
};

/** The normal form: equal texts mean equal sources. `parseSource` gives the same source back. */
export const printSource = (source: Source): string => formOf(source).print(source);

/**
 * The name of a plugin from this source if the declaration gives none: the last part of its path, without `.git`.
 * @throws {KeepwellError} `PLUGIN_NAME_INVALID` when that part cannot be a plugin's name
 */
export const nameOfSource = (source: Source): string => parsePluginName(formOf(source).nameOf(source));

const FORMS = { local: localForm, git: gitForm };

const formOf = (source: Source) => FORMS[source.kind] as SourceForm<Source>;
