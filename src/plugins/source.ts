import { parsePluginName } from './name.ts';
import { type ArchiveSource, archiveForm } from './sources/archive-form.ts';
import { type ForgeSource, forgeForm } from './sources/forge-form.ts';
import { type GitSource, gitForm } from './sources/git-form.ts';
import { type LocalSource, localForm } from './sources/local-form.ts';
import { invalidSource, type SourceForm } from './sources/source-form.ts';

/** Where a plugin comes from. */
export type Source = LocalSource | GitSource | ForgeSource | ArchiveSource;

const LONGEST = 1_000;

/**
 * Reads a source in any of its forms.
 * @throws {KeepwellError} `PLUGIN_SOURCE_INVALID`, `PLUGIN_NAME_INVALID`, `PLUGIN_UNPINNED`,
 *   `PLUGIN_SOURCE_CREDENTIALS`
 */
export const parseSource = (text: string): Source => {
  if (text.length > LONGEST) throw invalidSource(`it is longer than ${LONGEST} characters`);
  const form = Object.values(FORMS).find(({ claims }) => claims(text));
  if (form !== undefined) return form.parse(text);
  throw invalidSource('no kind of source is written like this');
};

/** The normal form: equal texts mean equal sources. `parseSource` gives the same source back. */
export const printSource = (source: Source): string => formOf(source).print(source);

/**
 * The name of a plugin from this source if the declaration gives none: the last part of its path, without `.git`.
 * @throws {KeepwellError} `PLUGIN_NAME_INVALID` when that part cannot be a plugin's name
 */
export const nameOfSource = (source: Source): string => parsePluginName(formOf(source).nameOf(source));

const FORMS = {
  local: localForm,
  git: gitForm,
  github: forgeForm('github'),
  gitea: forgeForm('gitea'),
  archive: archiveForm,
};

const formOf = (source: Source) => FORMS[source.kind] as SourceForm<Source>;
