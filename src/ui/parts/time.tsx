import { now } from '../live/clock.ts';
import { formatCountdown, formatMoment, formatSpan } from './format.ts';

/** How long ago a moment was; ticks. */
export const Ago = ({ at, suffix = '' }: { at: string; suffix?: string }) => (
  <time dateTime={at} title={formatMoment(at)}>
    {formatSpan(now.value - Date.parse(at))}
    {suffix}
  </time>
);

/** What is left until a moment; ticks. `from` is the moment that is looked at, when that is not now. */
export const Countdown = ({ at, from = null }: { at: string; from?: string | null }) => (
  <time dateTime={at} title={formatMoment(at)}>
    {formatCountdown(Date.parse(at) - (from === null ? now.value : Date.parse(from)))}
  </time>
);
