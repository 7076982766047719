import { formatClock, formatDay } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { Ago } from '../parts/time.tsx';
import { CopyAsTest } from './copy-as-test.tsx';
import { useWorkspace } from './store-context.ts';

/** Says plainly that what is shown is over, and leads back. */
export const PastBanner = () => {
  const { at, shown, name } = useWorkspace();
  if (at.value === null) return null;
  const moment = shown.value;
  return (
    <div class="bar bar-past" data-testid="past-banner">
      <Icon name="clock" />
      <p>
        {moment === null ? (
          'Reading that moment…'
        ) : (
          <>
            You see <strong>{formatClock(moment.at)}</strong>{' '}
            <span class="quiet">{formatDay(moment.at)}</span>, <Ago at={moment.at} suffix=" ago" />
            {moment.event !== null && (
              <>
                {' '}
                after <code>{moment.event}</code>
              </>
            )}
            {!moment.exact && <span class="quiet"> (as the journal tells it)</span>}
          </>
        )}
      </p>
      <CopyAsTest at={at.value} />
      <button
        type="button"
        class="button button-small button-primary"
        onClick={() => go(workspaceHash(name), { replace: true })}
      >
        Back to now
      </button>
    </div>
  );
};
