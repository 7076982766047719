import { outage } from '../live/connection.ts';

/** Tells at a glance whether what is shown is now. */
export const LiveLight = () => {
  const isLive = outage.value === null;
  return (
    <span class="live-light" data-live={isLive} data-testid="live">
      <span class="live-dot" aria-hidden="true" />
      {isLive ? 'Live' : 'Not live'}
    </span>
  );
};
