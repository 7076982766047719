/** What runs of a workspace, read from /proc by the mark that every process of an instance inherits. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type Living = { pid: number; incarnation: number };

/**
 * Processes of a workspace that are alive at one moment.
 *
 * The list of processes is taken first and each is looked into afterwards, so whoever is found was there all the
 * time in between: two found together were alive together.
 */
export const livingInstances = (workspaceId: string): Living[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const incarnation = incarnationOf(pid, workspaceId);
      return incarnation === null ? [] : [{ pid: Number(pid), incarnation }];
    });

const incarnationOf = (pid: string, workspaceId: string): number | null => {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const mark = environment.find((line) => line.startsWith('KEEPWELL_INSTANCE='));
    const [, id, incarnation] = mark?.split('/') ?? [];
    return id === workspaceId ? Number(incarnation) : null;
  } catch {
    // Gone, or not ours to look into.
    return null;
  }
};

/** Looks again and again until it is stopped, and says which incarnations it saw alive, and which together. */
export const watchInstances = (workspaceId: string) => {
  const seen = new Set<number>();
  const together: number[][] = [];
  const watch = { ended: false };
  const done = (async () => {
    while (!watch.ended) {
      const alive = [...new Set(livingInstances(workspaceId).map(({ incarnation }) => incarnation))];
      for (const incarnation of alive) seen.add(incarnation);
      if (alive.length > 1) together.push(alive);
      await sleep(5);
    }
  })();
  return async () => {
    watch.ended = true;
    await done;
    return { seen: [...seen].toSorted((a, b) => a - b), together };
  };
};
