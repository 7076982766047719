import { humanDuration } from '../humanise.ts';
import { type Output, printable } from '../output.ts';
import { stateStyle, statusWord } from '../state-words.ts';
import { renderTable } from '../table.ts';
import { byUrgency, type Fleet, type FleetRow } from './fleet.ts';

/** What the person looks at: which rows, and which of them. */
export type Look = { selected: number; filter: string; typing: boolean; note: string };

type Screen = { width: number; height: number; style: Output['style']; nowMs: number };

const COLUMNS = [
  { title: '' },
  { title: 'NAME' },
  { title: 'STATUS' },
  { title: 'FOR', align: 'right' as const },
  { title: 'BEAT', align: 'right' as const },
  { title: 'LEASE' },
  { title: 'PLUGINS', align: 'right' as const },
  { title: 'INC', align: 'right' as const },
  { title: 'RST/24H', align: 'right' as const },
  { title: 'NEXT' },
  { title: 'REASON', flexible: true },
];
/** Lines around the rows: counts, head, keys. */
const AROUND = 4;
const BAR = 8;

/** The rows that are looked at, those in trouble first. */
export const shownRows = ({ rows }: Fleet, { filter }: Look): FleetRow[] =>
  [...rows.values()]
    .filter(({ name, status }) => name.includes(filter) || status.includes(filter))
    .toSorted(byUrgency);

/** The lines of the whole screen, exactly as many as it is high. */
export const renderScreen = (fleet: Fleet, look: Look, screen: Screen): string[] => {
  const { width, height, style } = screen;
  const all = shownRows(fleet, look);
  const room = Math.max(1, height - AROUND);
  const selected = Math.min(look.selected, Math.max(0, all.length - 1));
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), all.length - room));
  const cells = all
    .slice(first, first + room)
    .map((row, index) => cellsOf(row, first + index === selected, fleet, screen));
  const [head = '', ...body] = renderTable(COLUMNS, cells, width);
  const lines = [countsOf(fleet, screen), '', style('dim', head), ...body];
  while (lines.length < height - 1) lines.push('');
  return [...lines.slice(0, height - 1), footer(look, all.length, fleet, screen)];
};

const cellsOf = (
  row: FleetRow,
  isSelected: boolean,
  { aheadMs }: Fleet,
  { nowMs, style }: Screen,
): string[] => {
  const now = nowMs + aheadMs;
  const word = statusWord(row);
  const { declared, installed, failed, held } = row.plugins;
  const wrong = failed + held;
  const since = (moment: string | null) => (moment === null ? '–' : humanDuration(now - Date.parse(moment)));
  return [
    isSelected ? style('cyan', '▸') : ' ',
    isSelected ? style('bold', row.name) : row.name,
    style(stateStyle(word), `${MARKS[row.status] ?? '·'} ${word}`),
    since(row.since),
    since(row.last_heartbeat_at),
    leaseBar(row, now),
    `${installed}/${declared}${wrong > 0 ? style('yellow', ` !${wrong}`) : ''}`,
    String(row.incarnation),
    String(row.restarts_24h),
    row.deadline === null ? '' : `${row.deadline.name} ${humanDuration(Date.parse(row.deadline.at) - now)}`,
    printable(row.reason ?? ''),
  ];
};

/** Not by colour alone. */
const MARKS: Record<string, string> = {
  online: '●',
  degraded: '◐',
  offline: '○',
  failed: '✗',
  provisioning: '◌',
  awaiting_agent: '?',
  paused: '‖',
  hibernating: '☾',
  hibernated: '☾',
};

/** How much of the lease is left. */
const leaseBar = (row: FleetRow, now: number): string => {
  if (row.lease_expires_at === null || row.last_heartbeat_at === null) return ' '.repeat(BAR);
  const end = Date.parse(row.lease_expires_at);
  const left = (end - now) / Math.max(1, end - Date.parse(row.last_heartbeat_at));
  const full = Math.round(BAR * Math.min(1, Math.max(0, left)));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
};

const countsOf = ({ rows, lostAt, aheadMs }: Fleet, { style, nowMs }: Screen): string => {
  const counts = new Map<string, number>();
  for (const { status } of rows.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([status, amount]) =>
      style(stateStyle(status.replaceAll('_', ' ')), `${amount} ${status.replaceAll('_', ' ')}`),
    );
  const lost =
    lostAt === null
      ? ''
      : style(['red', 'bold'], `  connection lost ${humanDuration(nowMs - lostAt)} ago, trying again`);
  return `${style('bold', 'keepwell')}  ${parts.join(style('dim', ' · ')) || 'no workspaces'}${lost}  ${style('dim', new Date(nowMs + aheadMs).toTimeString().slice(0, 8))}`;
};

const footer = (
  { filter, typing, note }: Look,
  shown: number,
  { rows }: Fleet,
  { style }: Screen,
): string => {
  if (typing) return `filter: ${filter}▏ ${style('dim', '(Enter keeps it, Esc clears it)')}`;
  const filtered = filter === '' ? '' : style('cyan', `filter ${filter}: ${shown} of ${rows.size}  `);
  const keys = '↑↓ select  / filter  w why  l logs  r restart  t retry  q quit';
  return `${filtered}${note === '' ? style('dim', keys) : note}`;
};
