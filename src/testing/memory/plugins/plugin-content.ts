import type { RestartPreference } from '../../../../machines/workspace/spec.ts';
import { sha256 } from '../sha256.ts';

/** The bytes of a plugin, `path: text`, and what its manifest says. Never changed. */
export type PluginContent = {
  files: Readonly<Record<string, string>>;
  treeHash: string;
  /** Without `SKILL.md` files. */
  coreHash: string;
  manifestHash: string | null;
  runtimes: string[];
  restart: RestartPreference;
};

/** What a plugin is made of, hashed once: equal files have equal hashes, and the manifest is one of the files. */
export const pluginContent = (
  files: Readonly<Record<string, string>>,
  { runtimes = [], restart = 'auto' }: { runtimes?: string[]; restart?: RestartPreference } = {},
): PluginContent => {
  const manifest = files['plugin.yaml'];
  return {
    files,
    treeHash: hashOf(files, () => true),
    coreHash: hashOf(files, (path) => !/(^|\/)SKILL\.md$/.test(path)),
    manifestHash: manifest === undefined ? null : sha256(manifest),
    runtimes,
    restart,
  };
};

const hashOf = (files: Readonly<Record<string, string>>, counts: (path: string) => boolean): string => {
  const paths = Object.keys(files).filter(counts).toSorted();
  return sha256(JSON.stringify(paths.map((path) => [path, files[path]])));
};
