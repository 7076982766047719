import { emitKeypressEvents } from 'node:readline';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { type Client, workspacePath } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { followStream } from '../follow-stream.ts';
import type { Output } from '../output.ts';
import { action } from '../session.ts';
import { type Fleet, NO_FLEET, withNews } from '../top/fleet.ts';
import { type Look, renderScreen, shownRows } from '../top/screen.ts';
import { wrapHanging } from '../wrap-hanging.ts';

type Key = { name?: string; sequence?: string; ctrl?: boolean };

const FRAME_MS = 500;
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_REST = '\u001b[J';

export const topCommand = (program: Command): Command =>
  program
    .command('top')
    .summary('watch all workspaces, live')
    .action(
      action(async ({ client, out, interrupted }) => {
        if (out.json)
          throw usageError('`top` shows a screen.', '`keepwell events -f --json` is for programs.');
        if (!process.stdout.isTTY || !process.stdin.isTTY) {
          throw usageError('`top` needs a terminal.', '`keepwell ls` prints the workspaces once.');
        }
        await watchFleet(client, out, interrupted);
        return EXIT.ok;
      }),
    );

/** Draws the fleet until `q` or Ctrl-C. The terminal is given back as it was, whatever happens. */
const watchFleet = async (client: Client, out: Output, interrupted: AbortSignal): Promise<void> => {
  const { stdin, stdout } = process;
  const quit = new AbortController();
  let fleet: Fleet = NO_FLEET;
  let look: Look = { selected: 0, filter: '', typing: false, note: '' };
  let overlay: string[] | null = null;

  const draw = (): void => {
    const screen = { width: stdout.columns, height: stdout.rows, style: out.style, nowMs: Date.now() };
    const lines = overlay ?? renderScreen(fleet, look, screen);
    stdout.write(
      HOME +
        lines
          .slice(0, stdout.rows)
          .map((line) => line + CLEAR_LINE)
          .join('\r\n') +
        CLEAR_REST,
    );
  };

  const selected = () => shownRows(fleet, look)[look.selected];
  const tell = (note: string): void => {
    look = { ...look, note };
    draw();
  };

  const show = async (title: string, read: () => Promise<string>): Promise<void> => {
    const text = await read().catch((error: unknown) => (error as Error).message);
    const lines = text.split('\n').flatMap((line) => wrapHanging(line, 0, stdout.columns - 2));
    overlay = [
      out.style('bold', title),
      '',
      ...lines.slice(-(stdout.rows - 4)),
      '',
      out.style('dim', 'any key goes back'),
    ];
    draw();
  };

  const act = async (name: string, verb: string): Promise<void> => {
    tell(`${verb} ${name} …`);
    try {
      await client.send('POST', workspacePath(name, verb));
      tell(`${verb} ${name}: accepted`);
    } catch (error) {
      tell(out.style('red', (error as Error).message));
    }
  };

  const move = (by: number): void => {
    const last = Math.max(0, shownRows(fleet, look).length - 1);
    look = { ...look, note: '', selected: Math.min(last, Math.max(0, look.selected + by)) };
  };

  const type = ({ name, sequence = '' }: Key): void => {
    if (name === 'return') look = { ...look, typing: false };
    else if (name === 'escape') look = { ...look, typing: false, filter: '' };
    else if (name === 'backspace') look = { ...look, filter: look.filter.slice(0, -1) };
    else if (/^[\w.-]$/.test(sequence)) look = { ...look, selected: 0, filter: look.filter + sequence };
  };

  const press = (key: Key): void => {
    const row = selected();
    const { name = key.sequence ?? '' } = key;
    if (key.ctrl && name === 'c') return quit.abort();
    if (overlay !== null) overlay = null;
    else if (look.typing) type(key);
    else if (name === 'q') return quit.abort();
    else if (name === 'up' || name === 'k') move(-1);
    else if (name === 'down' || name === 'j') move(1);
    else if (name === 'pageup') move(-10);
    else if (name === 'pagedown') move(10);
    else if (name === '/') look = { ...look, typing: true, note: '' };
    else if (name === 'escape') look = { ...look, filter: '', note: '' };
    else if (row !== undefined && (name === 'w' || name === 'return'))
      void show(
        row.name,
        async () => (await client.get<{ text: string }>(workspacePath(row.name, 'why'))).text,
      );
    else if (row !== undefined && name === 'l')
      void show(`${row.name}: log`, () => readLog(client, row.name, stdout.rows));
    else if (row !== undefined && name === 'r') void act(row.name, 'restart');
    else if (row !== undefined && name === 't') void act(row.name, 'retry');
    draw();
  };

  const onKey = (_text: string | undefined, key: Key) => press(key);
  emitKeypressEvents(stdin);
  stdin.setRawMode(true).resume().on('keypress', onKey);
  stdout.write(ENTER);
  stdout.on('resize', draw);
  const frames = setInterval(draw, FRAME_MS);
  let position: string | null = null;
  try {
    const signal = AbortSignal.any([quit.signal, interrupted]);
    for await (const each of followStream(client, '/fleet', {
      position: () => position,
      signal,
      patient: false,
    })) {
      if (each.kind === 'lost') fleet = { ...fleet, lostAt: Date.now() };
      if (each.kind === 'message' && each.data !== '') {
        position = each.id;
        fleet = withNews(fleet, each.event, JSON.parse(each.data), Date.now());
      }
      draw();
    }
  } finally {
    clearInterval(frames);
    stdout.off('resize', draw);
    stdin.off('keypress', onKey).setRawMode(false).pause();
    stdout.write(LEAVE);
  }
};

const readLog = async (client: Client, name: string, lines: number): Promise<string> => {
  const path = workspacePath(name, 'logs');
  const response = await client.open(path, { query: { tail: lines }, signal: AbortSignal.timeout(5_000) });
  return (await response.text()).trimEnd();
};
