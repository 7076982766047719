import { KeepwellError } from '../../errors.ts';
import type { TreeEntry } from '../tree/tree-entry.ts';
import type { Git } from './run-git.ts';

/** One entry of a commit's tree. `path` is relative to the subpath that was asked for. */
export type CommitEntry = {
  path: string;
  kind: TreeEntry['kind'];
  executable: boolean;
  oid: string;
  size: number;
};

/**
 * Lists a folder of a commit that the mirror holds; `subpath` is empty for its top.
 * @throws {KeepwellError} `PLUGIN_NOT_FOUND` when there is no such folder in the commit
 */
export const listCommit = async (
  git: Git,
  mirror: string,
  commit: string,
  subpath: string,
  signal: AbortSignal,
): Promise<CommitEntry[]> => {
  const ask = (...args: string[]) => git.run([`--git-dir=${mirror}`, ...args], signal);
  const found = await ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`);
  if (found.status !== 0) throw new Error('the mirror holds no such tree');
  const top = found.stdout.toString().trim();
  const tree = subpath === '' ? top : await folderIn(ask, top, subpath);
  const listing = await ask('ls-tree', '-r', '-l', '-z', '--full-tree', tree);
  if (listing.status !== 0) throw new Error(listing.stderr);
  return listing.stdout.toString().split('\0').slice(0, -1).map(parseLine);
};

type Ask = (...args: string[]) => ReturnType<Git['run']>;

const folderIn = async (ask: Ask, top: string, subpath: string): Promise<string> => {
  const found = await ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${top}:${subpath}`);
  const oid = found.stdout.toString().trim();
  const type = found.status === 0 ? await ask('cat-file', '-t', oid) : null;
  if (type?.stdout.toString().trim() === 'tree') return oid;
  throw new KeepwellError('PLUGIN_NOT_FOUND', {
    message: `The repository has no folder ${JSON.stringify(subpath)}.`,
  });
};

/** `<mode> SP <type> SP <oid> SP+ <size, or a dash> TAB <path>` */
const parseLine = (line: string): CommitEntry => {
  const tab = line.indexOf('\t');
  const [mode = '', , oid = '', size = ''] = line.slice(0, tab).split(/ +/);
  return {
    path: line.slice(tab + 1),
    kind: kindOf(mode),
    executable: mode === '100755',
    oid,
    size: Number(size) || 0,
  };
};

const kindOf = (mode: string): TreeEntry['kind'] => {
  if (mode.startsWith('100')) return 'file';
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'submodule' : 'other';
};
