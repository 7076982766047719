import type { Change } from '../describe-change.ts';
import { planEntryToWire } from './plugins.ts';

export const changeToWire = ({ plugins, restartWhy, ...change }: Change) => ({
  ...change,
  plugins: plugins.map(planEntryToWire),
  restart_why: restartWhy,
});
