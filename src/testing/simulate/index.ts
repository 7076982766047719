/** Lives through the life of a fleet in memory: `simulate`, and the stories of what it found. Nothing of Node is in it. */
export { FAULT_KINDS, type FaultKind } from './action.ts';
export { INVARIANTS } from './invariants/index.ts';
export { type Simulation, type SimulationOptions, simulate } from './simulate.ts';
export { retell, type Story, tellStory } from './story.ts';
export { tellAction, tellMoment } from './tell-action.ts';
