import { KeepwellError } from '../../errors.ts';
import { invalidSource, type SourceForm } from './source-form.ts';

/** A tar.gz or zip file, which is what its hash says. */
export type ArchiveSource = {
  kind: 'archive';
  /** Without hash, in normal form. */
  url: string;
  /** Of the file's bytes, 64 lower-case hex digits. */
  sha256: string;
};

/** `https://host/x.tgz#sha256=<64 hex digits>`; also .tar.gz and .zip. */
export const archiveForm: SourceForm<ArchiveSource> = {
  claims: (text) => /^https?:\/\//i.test(text),
  parse: (text) => {
    const at = text.indexOf('#');
    const url = URL.parse(at < 0 ? text : text.slice(0, at));
    if (url === null) throw invalidSource('its address is not valid');
    if (url.username || url.password) throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
    if (url.search || text.slice(0, at < 0 ? undefined : at).includes('?')) {
      throw invalidSource('it has a query', 'Queries often hold tokens: put the file where none is needed.');
    }
    if (!/\.(tgz|tar\.gz|zip)$/i.test(url.pathname)) {
      throw invalidSource(
        'it is no archive',
        'Name a .tgz, .tar.gz or .zip file, or a repository with git+https://…#ref.',
      );
    }
    return { kind: 'archive', url: url.href, sha256: parsePin(at < 0 ? '' : text.slice(at + 1)) };
  },
  print: ({ url, sha256 }) => `${url}#sha256=${sha256}`,
  nameOf: ({ url }) =>
    // As it is written: whatever would need decoding is no name.
    (new URL(url).pathname.split('/').at(-1) ?? '').toLowerCase().replace(/\.(tgz|tar\.gz|zip)$/, ''),
};

const parsePin = (pin: string): string => {
  const hint = 'Add #sha256=<64 hex digits>, the hash of the file (`sha256sum file`).';
  if (pin === '') throw new KeepwellError('PLUGIN_UNPINNED', { hint });
  const [, digits] = /^sha256=([0-9a-f]{64})$/i.exec(pin) ?? [];
  if (digits !== undefined) return digits.toLowerCase();
  throw invalidSource('of hashes, only sha256 in hex is understood', hint);
};
