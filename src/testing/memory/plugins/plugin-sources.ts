import { type PluginContent, pluginContent } from './plugin-content.ts';

type Revisions = { latest: string; contents: Map<string, PluginContent> };

export type PluginSources = ReturnType<typeof createPluginSources>;

/**
 * The places that plugins come from, as they are offered now. `local://…` has no revisions: its content is simply
 * there. Anything else keeps every revision that it ever offered.
 */
export const createPluginSources = ({
  otherwise = () => null,
}: {
  /** What a source offers that nobody offered here. Default: it is not there. */
  otherwise?: (source: string) => PluginContent | null;
} = {}) => {
  const offered = new Map<string, Revisions>();
  const gone = new Set<string>();

  const revisionsOf = (source: string): Revisions | null => {
    if (gone.has(source)) return null;
    const known = offered.get(source);
    if (known !== undefined) return known;
    const content = otherwise(source);
    return content === null ? null : add(source, content);
  };
  const add = (source: string, content: PluginContent): Revisions => {
    const revisions = offered.get(source) ?? { latest: '', contents: new Map() };
    // A commit is named by what is in it.
    revisions.latest = content.treeHash.slice(0, 40);
    revisions.contents.set(revisions.latest, content);
    offered.set(source, revisions);
    return revisions;
  };

  return {
    /** From now on, this is what a source stands for. */
    offer(source: string, files: Readonly<Record<string, string>> | PluginContent): PluginContent {
      const content = isContent(files) ? files : pluginContent(files);
      gone.delete(source);
      add(source, content);
      return content;
    },
    /** The source is not there any more; what was fetched of it stays fetched. */
    withdraw: (source: string): void => void gone.add(source),
    /** Null where nothing is. */
    latest(source: string): { revision: string | null; content: PluginContent } | null {
      const revisions = revisionsOf(source);
      if (revisions === null) return null;
      const content = revisions.contents.get(revisions.latest) as PluginContent;
      return { revision: isLocal(source) ? null : revisions.latest, content };
    },
    at: (source: string, revision: string): PluginContent | null =>
      revisionsOf(source)?.contents.get(revision) ?? null,
  };
};

export const isLocal = (source: string): boolean => source.startsWith('local://');

const isContent = (value: object): value is PluginContent =>
  'treeHash' in value && 'files' in value && typeof value.files === 'object';
