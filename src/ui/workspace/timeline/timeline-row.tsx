import { formatClock, formatMoment } from '../../parts/format.ts';
import { workspaceHash } from '../../parts/route.ts';
import type { JournalRow } from '../../wire.ts';
import { shortState } from '../transition-words.ts';

type Props = { row: JournalRow; name: string; isShown: boolean; isLater: boolean };

/** One transition, as from, event and to; or one note. */
export const TimelineRow = ({ row, name, isShown, isLater }: Props) => {
  const moves = row.kind === 'transition' && row.from !== row.to;
  return (
    <li
      class="timeline-row"
      data-kind={row.kind}
      data-shown={isShown}
      data-later={isLater}
      data-testid="timeline-row"
      data-seq={row.seq}
    >
      <a
        href={workspaceHash(name, row.seq)}
        aria-current={isShown ? 'true' : undefined}
        title={`${formatMoment(row.at)}, number ${row.seq}`}
      >
        <time dateTime={row.at}>{formatClock(row.at)}</time>
        <span class="timeline-dot" aria-hidden="true" />
        <span class="timeline-what">
          <span class="timeline-event">{row.event}</span>
          {moves && (
            <span class="timeline-move">
              {row.from !== null && <>{shortState(row.from)} </>}
              <span aria-hidden="true">→ </span>
              <span class="visually-hidden">to </span>
              <b>{shortState(row.to)}</b>
            </span>
          )}
          {row.reason !== null && <span class="timeline-reason">{row.reason.message}</span>}
        </span>
      </a>
    </li>
  );
};
