import { asWords } from './format.ts';

/** Colour families; each is a custom property `--tone-…` in the style. */
export type Tone = 'good' | 'warn' | 'off' | 'bad' | 'busy' | 'wait' | 'rest';

export type StatusIcon =
  | 'check'
  | 'triangle'
  | 'broken'
  | 'cross'
  | 'turning'
  | 'hourglass'
  | 'pause'
  | 'moon-half'
  | 'moon'
  | 'gone'
  | 'dot';

/** `urgency`: how soon a person should look, 0 first. */
export type StatusLook = { word: string; tone: Tone; icon: StatusIcon; urgency: number };

const LOOKS: Record<string, Omit<StatusLook, 'word'>> = {
  failed: { tone: 'bad', icon: 'cross', urgency: 0 },
  offline: { tone: 'off', icon: 'broken', urgency: 1 },
  degraded: { tone: 'warn', icon: 'triangle', urgency: 2 },
  awaiting_agent: { tone: 'wait', icon: 'hourglass', urgency: 3 },
  provisioning: { tone: 'busy', icon: 'turning', urgency: 4 },
  online: { tone: 'good', icon: 'check', urgency: 6 },
  hibernating: { tone: 'rest', icon: 'moon-half', urgency: 7 },
  paused: { tone: 'rest', icon: 'pause', urgency: 8 },
  hibernated: { tone: 'rest', icon: 'moon', urgency: 9 },
  removed: { tone: 'rest', icon: 'gone', urgency: 10 },
};

const NEUTRAL = { tone: 'rest', icon: 'dot', urgency: 5 } as const;

/** How a public status looks; one that nobody has heard of looks neutral. */
export const lookOf = (status: string): StatusLook => ({
  word: asWords(status),
  ...((Object.hasOwn(LOOKS, status) ? LOOKS[status] : undefined) ?? NEUTRAL),
});
