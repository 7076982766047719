import { type DurationMs, MINUTE } from '../machines/time.ts';
import type { WorkspaceSpec } from '../machines/workspace/spec.ts';
import { formatDuration, parseDuration } from './durations.ts';

/** After how long without work an agent is hibernated; `agent`: when it says so itself, in its beats. */
export type IdleAfter = DurationMs | 'agent';

/** Nothing stands for never. */
export type Hibernating = { idleAfter?: IdleAfter };

/** A pause between two tasks is no idleness. */
const SHORTEST_MS: DurationMs = MINUTE;

/** Reads `30m` or `agent`. Null when it is neither, or less than a minute. */
export const readIdleAfter = (text: string): IdleAfter | null => {
  if (text === 'agent') return 'agent';
  try {
    const lengthMs = parseDuration(text);
    return lengthMs < SHORTEST_MS ? null : lengthMs;
  } catch {
    return null;
  }
};

export const idleAfterText = (after: IdleAfter): string =>
  after === 'agent' ? 'agent' : formatDuration(after);

/** When who of a spec is hibernated; null for never. What runs elsewhere cannot be stopped from here. */
export const idleAfterOf = ({ runtime, idleAfter }: WorkspaceSpec & Hibernating): IdleAfter | null =>
  runtime === 'external' ? null : (idleAfter ?? null);
