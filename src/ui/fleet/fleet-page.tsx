import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { EmptyFleet } from './empty-fleet.tsx';
import { FleetGrid } from './fleet-grid.tsx';
import { followFleet, isLoaded, revision, rows } from './fleet-store.ts';
import { countStatuses, type Order, selectRows } from './select-rows.ts';
import { StatusChips } from './status-chips.tsx';

const ORDERS: Order[] = ['urgency', 'name'];

/** Every workspace on one page: what it does, why, and what comes next. */
export const FleetPage = () => {
  useEffect(() => {
    const stream = followFleet();
    return () => stream.close();
  }, []);
  const search = useSignal('');
  const statuses = useSignal<ReadonlySet<string>>(new Set());
  const order = useSignal<Order>('urgency');
  const searchField = useRef<HTMLInputElement>(null);

  const counts = useComputed(() => (revision.value >= 0 ? countStatuses(rows.values()) : []));
  const shown = useComputed(() =>
    revision.value < 0
      ? []
      : selectRows(rows.values(), { statuses: statuses.value, search: search.value, order: order.value }),
  );

  if (!isLoaded.value) return <p class="loading">Loading the fleet…</p>;
  const total = counts.value.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return <EmptyFleet />;

  return (
    <section class="fleet" aria-labelledby="fleet-title">
      <div class="fleet-head">
        <h1 id="fleet-title" class="visually-hidden">
          Fleet
        </h1>
        <StatusChips counts={counts.value} total={total} chosen={statuses} />
        <div class="fleet-tools">
          <label class="search">
            <Icon name="search" />
            <span class="visually-hidden">Search workspaces</span>
            <input
              ref={searchField}
              type="search"
              placeholder="Search name, role, reason"
              value={search.value}
              onInput={(event) => {
                search.value = event.currentTarget.value;
              }}
            />
            <kbd class="wide-only" aria-hidden="true">
              /
            </kbd>
          </label>
          <div class="segments" role="group" aria-label="Sort by">
            {ORDERS.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={order.value === each}
                onClick={() => {
                  order.value = each;
                }}
              >
                {each === 'urgency' ? 'Urgency' : 'Name'}
              </button>
            ))}
          </div>
          <span class="quiet fleet-count" role="status" data-testid="shown-count">
            {shown.value.length === total
              ? `${formatCount(total)} ${total === 1 ? 'workspace' : 'workspaces'}`
              : `${formatCount(shown.value.length)} of ${formatCount(total)}`}
          </span>
        </div>
      </div>
      <FleetGrid
        rows={shown.value}
        onSearch={() => searchField.current?.focus()}
        onClear={() => {
          search.value = '';
          statuses.value = new Set();
          searchField.current?.blur();
        }}
      />
    </section>
  );
};
