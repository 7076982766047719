import { BeatBar } from '../parts/beat-bar.tsx';
import { DeadlineText } from '../parts/deadline-text.tsx';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { lookOf } from '../parts/status-look.ts';
import { Ago } from '../parts/time.tsx';
import type { FleetRow } from '../wire.ts';
import { beats, intervalSeconds } from './fleet-store.ts';

export const COLUMNS = [
  { key: 'status', title: 'Status', hint: 'What the workspace does' },
  { key: 'name', title: 'Workspace', hint: 'Its name' },
  { key: 'since', title: 'Since', hint: 'How long it has had this status' },
  {
    key: 'beat',
    title: 'Last beat',
    hint: 'Runs towards the end of the lease; the mark is where the next is due',
  },
  { key: 'plugins', title: 'Plugins', hint: 'Installed of declared' },
  { key: 'incarnation', title: 'Boot', hint: 'Its incarnation: how often it was started' },
  { key: 'restarts', title: 'Restarts', hint: 'In the last 24 hours' },
  { key: 'next', title: 'Next', hint: 'The deadline that is armed' },
  { key: 'reason', title: 'Why', hint: 'The reason of its status' },
] as const;

type Props = { row: FleetRow; index: number; top: number; isSelected: boolean };

/** One workspace in one line. */
export const FleetRowView = ({ row, index, top, isSelected }: Props) => {
  const { tone } = lookOf(row.status);
  return (
    // The keyboard opens rows through the grid, which has the focus.
    <div
      id={`row-${row.id}`}
      role="row"
      class="row"
      data-tone={tone}
      data-testid="fleet-row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a') !== null) return;
        go(workspaceHash(row.name));
      }}
    >
      <span role="gridcell" class="cell cell-status">
        <StatusBadge status={row.status} />
      </span>
      <span role="gridcell" class="cell cell-name">
        <a href={workspaceHash(row.name)} tabIndex={-1}>
          {row.name}
        </a>
        {row.role !== null && <span class="quiet wide-only"> {row.role}</span>}
      </span>
      <span role="gridcell" class="cell cell-since">
        <Ago at={row.since} />
      </span>
      <span role="gridcell" class="cell cell-beat">
        <RowBeat row={row} isIdle={tone === 'rest'} />
      </span>
      <span role="gridcell" class="cell cell-plugins">
        <PluginCount {...row.plugins} />
      </span>
      <span role="gridcell" class="cell cell-incarnation">
        {row.incarnation}
      </span>
      <span role="gridcell" class="cell cell-restarts" data-some={row.restarts_24h > 0}>
        {row.restarts_24h}
      </span>
      <span role="gridcell" class="cell cell-next">
        {row.deadline !== null && <DeadlineText name={row.deadline.name} at={row.deadline.at} />}
      </span>
      <span role="gridcell" class="cell cell-reason" title={row.reason ?? undefined}>
        {row.reason}
      </span>
    </div>
  );
};

/** Drawn anew when a beat comes in, alone. */
const RowBeat = ({ row, isIdle }: { row: FleetRow; isIdle: boolean }) => {
  if (beats.value < 0) return null;
  return (
    <BeatBar
      lastAt={row.last_heartbeat_at}
      leaseAt={row.lease_expires_at}
      intervalSeconds={intervalSeconds.value}
      isIdle={isIdle}
    />
  );
};

const PluginCount = ({ declared, installed, failed, held }: FleetRow['plugins']) => (
  <>
    <span>
      {installed}
      <span class="quiet">/{declared}</span>
    </span>
    {failed > 0 && (
      <span class="mark" data-tone="bad">
        {failed} failed
      </span>
    )}
    {held > 0 && (
      <span class="mark" data-tone="warn">
        {held} held
      </span>
    )}
  </>
);
