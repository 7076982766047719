import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { PluginDeclaration } from '../../../machines/workspace/spec.ts';
import type { PluginSources } from '../memory/memory-plugins.ts';
import type { PluginContent } from '../memory/plugins/plugin-content.ts';
import type { Wish } from './action.ts';
import { PLUGINS } from './plan.ts';
import type { Timeline } from './timeline.ts';

/** Who offers the plugins, and knows which of them make agents crash. */
export const createPublisher = (sources: PluginSources, timeline: Timeline) => {
  const versions = new Map<string, { code: number; words: number }>();
  const bad = new Set<string>();
  const withdrawnUntil = new Map<string, EpochMs>();

  const offer = (plugin: string): PluginContent => {
    const { code, words } = versions.get(plugin) ?? { code: 1, words: 1 };
    return sources.offer(sourceOf(plugin), {
      'plugin.yaml': `name: ${plugin}\n`,
      'tool.py': `code ${code} of ${plugin}\n`,
      'SKILL.md': `words ${words}\n`,
    });
  };
  for (const plugin of PLUGINS) offer(plugin);

  return {
    sources,
    declarations: (wishes: readonly Wish[]): PluginDeclaration[] =>
      wishes.map((wish) => ({ ...wish, source: sourceOf(wish.name) })),
    publish(plugin: string, { isBad, onlyWords }: { isBad: boolean; onlyWords: boolean }): void {
      const before = versions.get(plugin) ?? { code: 1, words: 1 };
      versions.set(plugin, {
        code: before.code + (onlyWords ? 0 : 1),
        words: before.words + (onlyWords ? 1 : 0),
      });
      const isGone = (withdrawnUntil.get(plugin) ?? 0) > timeline.now();
      const { treeHash } = offer(plugin);
      if (isBad && !onlyWords) bad.add(treeHash);
      if (isGone) sources.withdraw(sourceOf(plugin));
    },
    withdraw(plugin: string, forMs: DurationMs): void {
      const until = Math.max(withdrawnUntil.get(plugin) ?? 0, timeline.now() + forMs);
      withdrawnUntil.set(plugin, until);
      sources.withdraw(sourceOf(plugin));
      timeline.at(until, () => {
        if (withdrawnUntil.get(plugin) === until) offer(plugin);
      });
    },
    /** What a source stands for now. */
    latestOf: (source: string): string | null => sources.latest(source)?.content.treeHash ?? null,
    makesCrash: (treeHash: string): boolean => bad.has(treeHash),
    /** Everything is there, and nothing makes anybody crash any more. */
    calm(): void {
      bad.clear();
      withdrawnUntil.clear();
      for (const plugin of PLUGINS) offer(plugin);
    },
  };
};

export type Publisher = ReturnType<typeof createPublisher>;

/** Half of the plugins are in the registry, half have revisions. */
const sourceOf = (plugin: string): string =>
  PLUGINS.indexOf(plugin) % 2 === 0 ? `local://${plugin}` : `github://example/${plugin}#main`;
