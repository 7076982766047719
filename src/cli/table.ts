import { stripVTControlCharacters } from 'node:util';

export type Column = {
  title: string;
  align?: 'right' /** Gives way when the line is too long. */;
  flexible?: boolean;
};

/**
 * Lays cells out in aligned columns. Colour in a cell is allowed and does not count.
 *
 * @param width What a line may have; a flexible column is cut to fit. Null for no limit, as for a pipe.
 */
export const renderTable = (
  columns: readonly Column[],
  rows: readonly string[][],
  width: number | null,
): string[] => {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => visible(line[index]))));
  const total = widths.reduce((sum, each) => sum + each, 0) + 2 * (columns.length - 1);
  const flexible = columns.findIndex((column) => column.flexible);
  if (width !== null && total > width && flexible >= 0) {
    widths[flexible] = Math.max(8, (widths[flexible] ?? 0) - (total - width));
  }
  return lines.map((line) =>
    columns
      .map(({ align }, index) => pad(line[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd(),
  );
};

const visible = (cell = ''): number => stripVTControlCharacters(cell).length;

const pad = (cell: string, width: number, align?: 'right'): string => {
  const missing = width - visible(cell);
  // A cut cell loses its colour rather than its end marker.
  if (missing < 0) return `${stripVTControlCharacters(cell).slice(0, width - 1)}…`;
  return align === 'right' ? ' '.repeat(missing) + cell : cell + ' '.repeat(missing);
};
