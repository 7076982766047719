import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerInspectInfo } from 'dockerode';
import type { DurationMs } from '../../../machines/time.ts';
import type { Patience } from '../patience.ts';
import type { Engine } from './engine.ts';

const LOOK_MS: DurationMs = 50;
const KILL_MS: DurationMs = 10_000;

/**
 * Asks a container to end with the signal its image names, and kills it when patience is over. Resolves when it does
 * not run any more.
 *
 * @throws When the engine cannot be asked, or does not get it killed: then it may be running still.
 */
export const stopContainer = async (
  engine: Pick<Engine, 'inspect' | 'signal' | 'ended'>,
  id: string,
  patience: Patience,
): Promise<void> => {
  const found = await engine.inspect(id);
  if (found === null) return;
  using waiting = abortedAtEnd();
  const ended = engine.ended(id, waiting.signal).then(() => true);
  // It is looked at below, and may fail before it is.
  ended.catch(() => {});
  if (!patience.isOver()) await engine.signal(id, stopSignalOf(found));
  while (!patience.isOver()) {
    const look = pause(Math.min(LOOK_MS, patience.leftMs()), false);
    if (await Promise.race([ended, look])) return;
  }
  await engine.signal(id, 'SIGKILL');
  const isGone = await Promise.race([ended, pause(KILL_MS, false, { ref: false })]);
  if (!isGone) throw new Error(`The container ${id.slice(0, 12)} does not end, although it was killed.`);
};

/** The types of the client do not know it. */
const stopSignalOf = ({ Config }: ContainerInspectInfo): string =>
  (Config as { StopSignal?: string }).StopSignal || 'SIGTERM';

const abortedAtEnd = () => {
  const controller = new AbortController();
  return { signal: controller.signal, [Symbol.dispose]: () => controller.abort() };
};
