import type { Moment } from './wire.ts';

/** A length of time as people say it, in at most two units: `4s`, `3m 20s`, `2h 5m`, `3d`. */
export const humanDuration = (lengthMs: number): string => {
  const seconds = Math.max(0, Math.round(lengthMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const [large, small, unit, subunit] =
    seconds < 3_600
      ? [Math.floor(seconds / 60), seconds % 60, 'm', 's']
      : seconds < 86_400
        ? [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), 'h', 'm']
        : [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600), 'd', 'h'];
  return small === 0 ? `${large}${unit}` : `${large}${unit} ${small}${subunit}`;
};

/** How long ago a moment was, or how soon it is: `4s ago`, `in 3m`; `–` for none. */
export const humanMoment = (moment: Moment | null | undefined, nowMs: number): string => {
  if (!moment) return '–';
  const awayMs = Date.parse(moment) - nowMs;
  if (Number.isNaN(awayMs)) return moment;
  return awayMs > 0 ? `in ${humanDuration(awayMs)}` : `${humanDuration(-awayMs)} ago`;
};

/** The time of day, in the zone of whoever looks: `14:03:09`; with the date when it is not today's. */
export const humanTime = (moment: Moment, nowMs: number): string => {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return moment;
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
};

/** `1 plugin`, `2 plugins`. */
export const count = (amount: number, one: string, many = `${one}s`): string =>
  `${amount} ${amount === 1 ? one : many}`;
