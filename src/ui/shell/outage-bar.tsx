import { now } from '../live/clock.ts';
import { outage } from '../live/connection.ts';
import { formatClock, formatSpan } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';

/** Says since when nothing is heard, and that what is shown is as of then. */
export const OutageBar = () => {
  const gone = outage.value;
  return (
    <div role="status" data-testid="outage">
      {gone !== null && (
        <div class="bar bar-warn">
          <Icon name="triangle" />
          <p>
            <strong>Not connected since {formatClock(gone.since)}.</strong> What you see is as of then. It is
            caught up when Keepwell answers again.
            <RetryIn at={gone.retryAt} />
          </p>
          <button type="button" class="button button-small" onClick={gone.retry}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
};

/** Hidden from whoever listens: it changes every second. */
const RetryIn = ({ at }: { at: number | null }) => {
  // Subscribes to the tick; the moment itself is by our own clock.
  if (at === null || now.value === 0) return null;
  return <span aria-hidden="true"> Next try in {formatSpan(at - Date.now())}.</span>;
};
