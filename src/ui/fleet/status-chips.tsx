import type { Signal } from '@preact/signals';
import { formatCount } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { lookOf } from '../parts/status-look.ts';

/** Counts by status; a click shows only those. */
export const StatusChips = ({
  counts,
  total,
  chosen,
}: {
  counts: [status: string, count: number][];
  total: number;
  chosen: Signal<ReadonlySet<string>>;
}) => {
  const toggle = (status: string): void => {
    const next = new Set(chosen.value);
    if (!next.delete(status)) next.add(status);
    chosen.value = next;
  };
  // One that was chosen stays to be taken away again, also when nothing has that status any more.
  const gone = [...chosen.value].filter((status) => !counts.some(([each]) => each === status));
  const all: [string, number][] = [...counts, ...gone.map((status): [string, number] => [status, 0])];
  return (
    <div class="chips" role="group" aria-label="Filter by status" data-testid="status-chips">
      <button
        type="button"
        class="chip"
        aria-pressed={chosen.value.size === 0}
        onClick={() => {
          chosen.value = new Set();
        }}
      >
        <span>all</span> <b>{formatCount(total)}</b>
      </button>
      {all.map(([status, count]) => {
        const { word, tone, icon } = lookOf(status);
        return (
          <button
            key={status}
            type="button"
            class="chip"
            data-tone={tone}
            aria-pressed={chosen.value.has(status)}
            onClick={() => toggle(status)}
          >
            <Icon name={icon} size={14} />
            <span>{word}</span> <b>{formatCount(count)}</b>
          </button>
        );
      })}
    </div>
  );
};
