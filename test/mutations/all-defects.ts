import type { CaughtDefect } from './defect.ts';
import { OF_ACCESS } from './defects/access.ts';
import { OF_BEATS_AND_LEASES } from './defects/beats-and-leases.ts';
import { OF_COMING_BACK } from './defects/coming-back.ts';
import { OF_EFFECTS } from './defects/effects.ts';
import { OF_PLUGINS } from './defects/plugins.ts';
import { OF_THE_REPLACED_SYSTEM } from './defects/replaced-system.ts';
import { OF_RESTARTS } from './defects/restarts.ts';
import { OF_RESTING } from './defects/resting.ts';
import { OF_THE_STORE } from './defects/store.ts';

/** Every defect that is known by name, those of the system that Keepwell replaces first. */
export const DEFECTS: readonly CaughtDefect[] = [
  ...OF_THE_REPLACED_SYSTEM,
  ...OF_COMING_BACK,
  ...OF_BEATS_AND_LEASES,
  ...OF_RESTARTS,
  ...OF_RESTING,
  ...OF_EFFECTS,
  ...OF_THE_STORE,
  ...OF_PLUGINS,
  ...OF_ACCESS,
];
