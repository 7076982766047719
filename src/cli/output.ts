import { styleText } from 'node:util';
import { CliError } from './cli-error.ts';
import { type Column, renderTable } from './table.ts';

type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
export type Style = Parameters<typeof styleText>[0];

export type Output = {
  json: boolean;
  /** Width of the terminal, or null when the output goes elsewhere. */
  width: number | null;
  /** A line for people; nothing with `--json`. */
  line(text?: string): void;
  /** One JSON document on one line when streaming, indented otherwise; nothing without `--json`. */
  document(value: unknown, options?: { streaming: boolean }): void;
  table(columns: readonly Column[], rows: readonly string[][]): void;
  /** Text as it is, for logs. */
  raw(text: string): void;
  /** Something worth saying that is not a result; goes to standard error. */
  notice(text: string): void;
  error(error: CliError): void;
  style(style: Style, text: string): string;
};

/** Results go to standard output, everything else to standard error, so that a pipe gets results alone. */
export const createOutput = (options: { json: boolean; stdout: Stream; stderr: Stream }): Output => {
  const { json, stdout, stderr } = options;
  const write = (text: string) => void stdout.write(text);
  const styled = (stream: Stream) => (style: Style, text: string) => styleText(style, text, { stream });
  const style = styled(stdout);
  const width = stdout.isTTY ? Math.max(40, stdout.columns ?? 80) : null;
  const line = (text = '') => {
    if (!json) write(`${text}\n`);
  };
  return {
    json,
    width,
    style,
    line,
    document: (value, { streaming } = { streaming: false }) => {
      if (json) write(`${JSON.stringify(value, null, streaming ? 0 : 2)}\n`);
    },
    table: (columns, rows) => {
      const [head = '', ...body] = renderTable(columns, rows, width);
      line(style('dim', head));
      for (const each of body) line(each);
    },
    raw: write,
    notice: (text) => {
      if (!json) stderr.write(`${text}\n`);
    },
    error: (error) => void stderr.write(json ? asJson(error) : asText(error, styled(stderr))),
  };
};

const asJson = ({ message, code, hint, details }: CliError): string =>
  `${JSON.stringify({ error: message, code, hint, ...(details === undefined ? {} : { details }) })}\n`;

const asText = ({ message, hint, details }: CliError, style: Output['style']): string => {
  const lines = [`${style(['red', 'bold'], 'error:')} ${printable(message)}`];
  const unsaid = readDetails(details).filter((detail) => !message.includes(detail.message));
  for (const { where, message } of unsaid) lines.push(`  - ${printable(`${where}${message}`)}`);
  // The details were just printed.
  if (hint && !hint.startsWith('See `details`')) lines.push(`${style('cyan', 'hint:')} ${printable(hint)}`);
  return `${lines.join('\n')}\n`;
};

/** Details that say where something is wrong; others are for programs. */
const readDetails = (details: unknown): { where: string; message: string }[] => {
  const list = Array.isArray(details) ? details : [];
  return list.flatMap((detail: unknown) => {
    if (typeof detail !== 'object' || detail === null || !('message' in detail)) return [];
    const { message, key, path, origin } = detail as Record<string, unknown>;
    const where = key ?? path;
    const from = typeof origin === 'string' && origin !== 'default' && origin !== where ? ` (${origin})` : '';
    return [{ where: typeof where === 'string' ? `${where}${from}: ` : '', message: String(message) }];
  });
};

/** What agents and plugins say may hold anything; on a terminal a control character would be obeyed. */
// oxlint-disable-next-line no-control-regex
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
