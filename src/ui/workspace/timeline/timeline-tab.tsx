import { tellProblem } from '../../parts/toasts.tsx';
import { useWorkspace } from '../store-context.ts';
import { groupRows } from './group-rows.ts';
import { TimelineRow } from './timeline-row.tsx';

/** What happened, newest first; a click on a row goes there in time. */
export const TimelineTab = () => {
  const { journal, at, name } = useWorkspace();
  const rows = journal.rows.value;
  const newest = rows.at(-1)?.seq;
  const shownSeq = at.value ?? newest;
  if (rows.length === 0) return <p class="quiet">{journal.isBusy.value ? 'Reading…' : 'Nothing yet.'}</p>;
  return (
    <div class="timeline" data-testid="timeline">
      {groupRows(rows).map(({ day, bursts }) => (
        <section key={day} aria-label={day}>
          <h3>{day}</h3>
          {bursts.map((burst) => (
            <ol key={burst[0]?.seq} class="burst">
              {burst.map((row) => (
                <TimelineRow
                  key={row.seq}
                  row={row}
                  name={name}
                  isShown={row.seq === shownSeq}
                  isLater={at.value !== null && row.seq > at.value}
                />
              ))}
            </ol>
          ))}
        </section>
      ))}
      {journal.cursor.value !== null && (
        <button
          type="button"
          class="button"
          disabled={journal.isBusy.value}
          onClick={() => void journal.readEarlier().catch(tellProblem)}
        >
          {journal.isBusy.value ? 'Reading…' : 'Show earlier'}
        </button>
      )}
    </div>
  );
};
