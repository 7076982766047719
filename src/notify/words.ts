import type { Notice, NoticeKind } from './notice.ts';

const HAPPENED: Record<NoticeKind, string> = {
  offline: 'is offline',
  failed: 'failed',
  degraded: 'is degraded',
  recovered: 'recovered',
  plugins_held: 'has plugins held',
  supervisor_hold: 'holds its judgement',
  test: 'says hello',
};

const MOST_LINES = 20;

/** `demo is offline`. */
export const titleOf = ({ kind, name }: Notice): string => `${name ?? 'Keepwell'} ${HAPPENED[kind]}`;

/** What one message says of all its notices: a title, and lines for people. */
export const wordsOf = (notices: readonly Notice[]): { title: string; lines: string[] } => {
  const [only] = notices;
  if (only !== undefined && notices.length === 1) {
    return { title: titleOf(only), lines: [only.text, only.hint ?? ''].filter((line) => line !== '') };
  }
  const counts = Object.entries(Object.groupBy(notices, ({ kind }) => kind));
  const summed = counts.map(([kind, some]) => `${some.length} ${kind.replaceAll('_', ' ')}`);
  const lines = notices.slice(0, MOST_LINES).map((notice) => `${titleOf(notice)}: ${notice.text}`);
  const rest = notices.length - lines.length;
  return {
    title: `${notices.length} notices: ${summed.join(', ')}`,
    lines: rest === 0 ? lines : [...lines, `… and ${rest} more.`],
  };
};
