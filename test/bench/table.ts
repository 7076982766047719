/** Prints a table: names on the left, numbers on the right. */
export const printTable = (title: string, head: string[], rows: string[][]): void => {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  console.log(`\n${title}\n\n${line(head)}\n${rule}\n${rows.map(line).join('\n')}`);
};

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const whole = (value: number): string => WHOLE.format(value);
export const tenths = (value: number): string => value.toFixed(1);
export const ratio = (value: number): string => `${value.toFixed(2)} ×`;
