import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { useKeys } from '../parts/use-keys.ts';
import { isNarrow } from '../parts/use-media.ts';
import type { FleetRow } from '../wire.ts';
import { COLUMNS, FleetRowView } from './fleet-row.tsx';
import { scrollToShow, windowOf } from './virtual-window.ts';

const ROW_HEIGHT = { wide: 40, narrow: 92 };
const HEAD_HEIGHT = { wide: 34, narrow: 0 };

/** The rows that are in sight of however many there are, and the keys that walk through them. */
export const FleetGrid = ({
  rows,
  onSearch,
  onClear,
}: {
  rows: FleetRow[];
  onSearch: () => void;
  onClear: () => void;
}) => {
  const scroller = useRef<HTMLDivElement>(null);
  const scrollTop = useSignal(0);
  const height = useSignal(0);
  const selectedId = useSignal<string | null>(null);
  const size = isNarrow.value ? 'narrow' : 'wide';
  const rowHeight = ROW_HEIGHT[size];
  const headHeight = HEAD_HEIGHT[size];

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    height.value = element.clientHeight;
    return () => observer.disconnect();
  }, []);

  // A shorter list leaves the browser scrolled elsewhere without telling.
  useEffect(() => {
    scrollTop.value = scroller.current?.scrollTop ?? 0;
  }, [rows.length]);

  const sight = {
    scrollTop: scrollTop.value,
    height: Math.max(0, height.value - headHeight),
    rowHeight,
    count: rows.length,
  };
  const { first, end } = windowOf(sight);
  const selected = selectedId.value === null ? -1 : rows.findIndex(({ id }) => id === selectedId.value);

  const select = (index: number): void => {
    const row = rows[Math.min(Math.max(0, index), rows.length - 1)];
    if (row === undefined || scroller.current === null) return;
    selectedId.value = row.id;
    scroller.current.scrollTop = scrollToShow(rows.indexOf(row), {
      ...sight,
      scrollTop: scroller.current.scrollTop,
    });
    scroller.current.focus({ preventScroll: true });
  };
  const open = (event: KeyboardEvent): void => {
    // A link or a button that has the focus is what Enter is meant for.
    if (event.target instanceof HTMLElement && event.target.closest('a, button') !== null) {
      event.target.click();
      return;
    }
    const row = rows[selected];
    if (row !== undefined) go(workspaceHash(row.name));
  };
  const page = Math.max(1, Math.floor(sight.height / rowHeight) - 1);
  const clear = (): void => {
    selectedId.value = null;
    onClear();
  };
  useKeys({
    '/': onSearch,
    j: () => select(selected + 1),
    k: () => select(selected - 1),
    ArrowDown: () => select(selected + 1),
    ArrowUp: () => select(selected - 1),
    PageDown: () => select(selected + page),
    PageUp: () => select(selected - page),
    Home: () => select(0),
    End: () => select(rows.length - 1),
    Enter: open,
    Escape: clear,
  });

  const isInSight = selected >= first && selected < end;
  return (
    <div
      ref={scroller}
      class="grid"
      role="grid"
      aria-label="Workspaces"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={isInSight ? `row-${selectedId.value}` : undefined}
      tabIndex={0}
      data-testid="fleet-grid"
      onScroll={(event) => {
        scrollTop.value = event.currentTarget.scrollTop;
      }}
    >
      <div role="row" class="grid-head" aria-rowindex={1}>
        {COLUMNS.map(({ key, title, hint }) => (
          <span key={key} role="columnheader" class={`cell cell-${key}`} title={hint}>
            {title}
          </span>
        ))}
      </div>
      <div role="rowgroup" class="grid-body" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, end).map((row, index) => (
          <FleetRowView
            key={row.id}
            row={row}
            index={first + index}
            top={(first + index) * rowHeight}
            isSelected={row.id === selectedId.value}
          />
        ))}
      </div>
      {rows.length === 0 && <p class="grid-none">No workspace is like that.</p>}
    </div>
  );
};
