import { styleText } from 'node:util';
import pino, { type Logger } from 'pino';

/** JSON lines for programs; short lines where a person is watching. Both on standard error. */
export const openLog = (level: string): Logger => {
  const options = { level, base: null, redact: ['*.token', '*.authorization', 'req.headers.authorization'] };
  const destination = pino.destination({ fd: 2, sync: true });
  if (!process.stderr.isTTY) return pino(options, destination);
  return pino(options, { write: (line: string) => void destination.write(`${shorten(line)}\n`) });
};

const COLOUR_OF = { 40: 'yellow', 50: 'red', 60: 'red' } as const;

const shorten = (line: string): string => {
  const { time, level, msg, err, ...details } = JSON.parse(line) as Record<string, unknown>;
  const clock = styleText('dim', new Date(Number(time)).toTimeString().slice(0, 8));
  if (msg === 'transition') return `${clock}  ${moved(details)}`;
  const rest = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const failure = err === undefined ? [] : [String((err as { message?: unknown }).message)];
  const text = [String(msg), ...failure, styleText('dim', rest.join(' '))].join('  ');
  const colour = COLOUR_OF[level as keyof typeof COLOUR_OF];
  return `${clock}  ${colour === undefined ? text : styleText(colour, text)}`;
};

/** `demo  provisioning → online.reconciling`, and why, if there is a reason. */
const moved = ({ name, from, to, reason }: { [fact: string]: unknown; reason?: string }): string => {
  const [before, after] = [from, to].map((state) => String(state).replace(/^wanted\./, ''));
  const why = reason === undefined ? [] : [styleText('dim', reason)];
  return [String(name), `${before} → ${after}`, ...why].join('  ');
};
