import type { Arrow } from './arrange-edges.ts';

/** Which arrows lead on, away from where the machine begins: these are drawn downwards where there is a choice. */
export const arrowsThatLeadOn = (arrows: readonly Arrow[]): Set<Arrow> => {
  const startOf = new Map(
    arrows.filter(({ isStart }) => isStart).map((arrow) => [arrow.source, arrow.target]),
  );
  const bySource = Map.groupBy(
    arrows.filter(({ isStart }) => !isStart),
    ({ source }) => source,
  );
  const steps = new Map<string, number>();
  const queue: string[] = [];
  const reach = (id: string, step: number): void => {
    if (steps.has(id)) return;
    steps.set(id, step);
    queue.push(id);
    const within = startOf.get(id);
    if (within !== undefined) reach(within, step);
  };
  for (const id of startOf.has('') ? [startOf.get('') as string] : startOf.values()) reach(id, 0);
  for (const id of queue) {
    for (const { target } of bySource.get(id) ?? []) reach(target, (steps.get(id) ?? 0) + 1);
  }
  const stepOf = (id: string) => steps.get(id) ?? Number.POSITIVE_INFINITY;
  return new Set(arrows.filter(({ source, target, isStart }) => isStart || stepOf(target) > stepOf(source)));
};
