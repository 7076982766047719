import type { StatusIcon } from './status-look.ts';

/** Every drawing is a stroke in a box of 16. */
const PATHS = {
  check: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.2 8.2l2 2 3.6-4',
  triangle: 'M8 2.2 14.3 13.5H1.7ZM8 6.5v3.2M8 11.5v.2',
  broken: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M3.7 12.3l8.6-8.6',
  cross: 'M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3ZM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  turning: 'M13.8 8A5.8 5.8 0 1 1 11.5 3.4M11.7.9v2.7H9',
  hourglass: 'M4 1.8h8M4 14.2h8M5 1.8v2.4L11 11.8v2.4M11 1.8v2.4L5 11.8v2.4',
  pause: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M6.3 5.5v5M9.7 5.5v5',
  'moon-half': 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8V14.2',
  moon: 'M13.5 9.7A6 6 0 1 1 6.3 2.5 4.8 4.8 0 0 0 13.5 9.7Z',
  gone: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5 8h6',
  dot: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 7.5v1',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5 14 14',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  target: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M8 1v3M8 12v3M1 8h3M12 8h3',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  auto: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 1.8v12.4M8 5h5M8 8h6M8 11h5',
  first: 'M4 3v10M12.5 3 6.5 8l6 5Z',
  back: 'M10.5 3 4.5 8l6 5',
  forward: 'M5.5 3l6 5-6 5',
  play: 'M4.5 2.5v11L13 8Z',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  clock: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.5V8l2.5 1.7',
  arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
  more: 'M4 6l4 4 4-4',
} satisfies Record<StatusIcon, string> & Record<string, string>;

export type IconName = keyof typeof PATHS;

/** A drawing beside words that say the same: hidden from whoever listens. */
export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
