import { useEffect, useRef } from 'preact/hooks';
import { serverNow } from '../live/clock.ts';
import { Ago } from './time.tsx';
import { prefersCalm } from './use-media.ts';

type Props = {
  lastAt: string | null;
  leaseAt: string | null;
  /** How long after a beat the next is due; null when that is not known. */
  intervalSeconds: number | null;
  /** Whether silence is of no interest now, as while nothing is meant to run. */
  isIdle?: boolean;
};

/**
 * The last beat, running towards the end of its lease. The mark is where the next beat is due.
 *
 * One animation per beat, which the browser carries out by itself: nothing is computed per frame.
 */
export const BeatBar = ({ lastAt, leaseAt, intervalSeconds, isIdle = false }: Props) => {
  const cover = useRef<HTMLSpanElement>(null);
  const begin = lastAt === null ? Number.NaN : Date.parse(lastAt);
  const end = leaseAt === null ? Number.NaN : Date.parse(leaseAt);
  const lengthMs = end - begin;
  const isRunning = !isIdle && lengthMs > 0;

  useEffect(() => {
    if (!isRunning || cover.current === null) return undefined;
    const animation = cover.current.animate([{ transform: 'scaleX(1)' }, { transform: 'scaleX(0)' }], {
      duration: lengthMs,
      fill: 'both',
      easing: prefersCalm() ? `steps(${Math.max(1, Math.round(lengthMs / 1_000))})` : 'linear',
    });
    animation.currentTime = Math.min(lengthMs, Math.max(0, serverNow() - begin));
    return () => animation.cancel();
  }, [begin, end, isRunning]);

  if (lastAt === null) return <span class="quiet">no beat yet</span>;
  return (
    <span class="beat" data-running={isRunning}>
      {isRunning && (
        <span class="beat-track" aria-hidden="true">
          <span class="beat-cover" ref={cover} />
          {intervalSeconds !== null && (
            <span
              class="beat-due"
              style={{ left: `${Math.min(100, (intervalSeconds * 100_000) / lengthMs)}%` }}
            />
          )}
        </span>
      )}
      <span class="beat-ago">
        <Ago at={lastAt} suffix=" ago" />
      </span>
    </span>
  );
};
