const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something lasts, as exact as a person needs it: `12 s`, `3 min`, `2 h 5 min`, `4 d`. */
export const formatSpan = (ms: number): string => {
  const length = Math.max(0, ms);
  if (length < 90 * SECOND) return `${Math.round(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < 10 * HOUR) {
    const minutes = Math.floor((length % HOUR) / MINUTE);
    return `${Math.floor(length / HOUR)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} d`;
};

/** What is left until a moment: whole seconds up to two minutes, `now` once it has come. */
export const formatCountdown = (ms: number): string => {
  if (ms <= 0) return 'now';
  if (ms < 120 * SECOND) return `${Math.ceil(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return formatSpan(ms);
};

/** A time of day by the clock of whoever looks: `03:12:40`. */
export const formatClock = (moment: string | number): string => {
  const date = new Date(moment);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
};

/** A day by the calendar of whoever looks: `2026-03-01`. */
export const formatDay = (moment: string | number): string => {
  const date = new Date(moment);
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
};

/** The whole of a moment, for a title. */
export const formatMoment = (moment: string | number): string =>
  `${formatDay(moment)} ${formatClock(moment)}`;

/** `4.1 MB`, in thousands. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
};

/** `10,000`. */
export const formatCount = (count: number): string => count.toLocaleString('en');

/** `1.1 ms`, `340 ms`, `2.1 s`. */
export const formatMs = (ms: number): string => {
  if (ms >= SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : Math.round(ms * 10) / 10} ms`;
};

/** The first of a hash or a commit that people compare by eye. */
export const shortHash = (hash: string): string => hash.replace(/^sha256[:-]/, '').slice(0, 10);

/** `awaiting_agent` and `awaitingAgent` as a person writes them. */
export const asWords = (word: string): string =>
  word
    .replaceAll(/[_-]/g, ' ')
    .replaceAll(
      /([a-z\d])([A-Z])/g,
      (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
    );

const twoDigits = (part: number): string => String(part).padStart(2, '0');
