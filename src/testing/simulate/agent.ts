import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { Beat, BeatReply } from '../../supervisor/api.ts';
import type { SeededDice } from './dice.ts';
import type { Timeline } from './timeline.ts';

/** How an agent is now; the usual is healthy. */
export type Mood = 'healthy' | 'silent' | 'wedged' | 'flapping';

/** An agent that the simulator plays. `incarnation` is null for one that runs elsewhere. */
export type Agent = {
  readonly id: string;
  readonly incarnation: number | null;
  /** It is gone; nothing of it is ever sent again, unless it is undead. */
  end(): void;
  readonly isOver: boolean;
  /** It beats on until then, whatever becomes of it. */
  hauntUntil(at: EpochMs): void;
  hear(reply: BeatReply): void;
};

type Options = {
  id: string;
  incarnation: number | null;
  timeline: Timeline;
  dice: SeededDice;
  intervalMs: DurationMs;
  moodOf: (id: string) => Mood;
  register: (agent: Agent) => void;
  send: (agent: Agent, beat: Beat) => void;
  /** Another set of plugins waits for an agent that runs elsewhere. */
  onPlugins: (agent: Agent) => void;
  /** An agent that runs elsewhere was told that a restart is due. */
  onRestart: (agent: Agent) => void;
};

const QUIET_SHARE = 0.01;
const QUIET_MS: DurationMs = 5 * 60_000;
const HEALTHY: Beat = {
  errorRate: 0,
  sampleError: null,
  activeTasks: 0,
  currentTask: null,
  uptimeSeconds: 0,
  wedged: false,
  managesStatus: false,
  quietForMs: 0,
  idleTimeoutMs: null,
};

/** Begins an agent: some seconds later it shows itself, and beats from then on as often as it is told to. */
export const startAgent = (options: Options): Agent => {
  const { id, incarnation, timeline, dice, moodOf, register, send, onPlugins, onRestart } = options;
  const startedAt = timeline.now();
  let { intervalMs } = options;
  let over = false;
  let hauntedUntil: EpochMs = 0;
  let pullsAt: EpochMs = 0;
  let count = 0;

  const isGone = () => over && timeline.now() >= hauntedUntil;

  const beat = (): void => {
    if (isGone()) return;
    count += 1;
    const mood = moodOf(id);
    let waitMs = intervalMs * (0.9 + dice.roll() * 0.2);
    if (mood !== 'silent') {
      const uptimeSeconds = Math.round((timeline.now() - startedAt) / 1000);
      const quiet = dice.roll() < QUIET_SHARE;
      if (quiet) waitMs = QUIET_MS * (0.1 + dice.roll() * 0.8);
      send(this_, {
        ...HEALTHY,
        uptimeSeconds,
        wedged: mood === 'wedged',
        errorRate: mood === 'flapping' ? (FLAPS[count % FLAPS.length] ?? 0) : 0,
        quietForMs: quiet ? QUIET_MS : 0,
      });
    }
    timeline.after(waitMs, beat);
  };

  const this_: Agent = {
    id,
    incarnation,
    get isOver() {
      return isGone();
    },
    end() {
      over = true;
    },
    hauntUntil(at) {
      hauntedUntil = Math.max(hauntedUntil, at);
    },
    hear(reply) {
      intervalMs = reply.intervalSeconds * 1000;
      if (incarnation !== null || isGone()) return;
      if (reply.restartPending) onRestart(this_);
      if (!reply.pluginsPending || timeline.now() < pullsAt) return;
      pullsAt = timeline.now() + 20_000;
      timeline.after(500 + dice.roll() * 4_000, () => {
        if (!isGone()) onPlugins(this_);
      });
    },
  };

  timeline.after(500 + dice.roll() * 7_000, () => {
    if (isGone()) return;
    if (moodOf(id) !== 'silent' && (incarnation === null || dice.chance(0.5))) register(this_);
    timeline.after(dice.roll() * 1_000, beat);
  });
  return this_;
};

const FLAPS = [0.9, 0.3, 0, 0.6, 0.05, 1];
