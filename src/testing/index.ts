/** For tests of state machines: `keepwell/testing`. */
export { type Walk, type WalkStart, walk } from '../../machines/walk.ts';
export { coverage } from './paths/coverage.ts';
export { createFollow, type WrittenCases, type WrittenStep } from './paths/follow.ts';
export { generatePaths } from './paths/generate-paths.ts';
export { machineSystem } from './paths/machine-system.ts';
export { randomWalks, type Walked, type WalkOptions } from './paths/random-walks.ts';
export { PathFailure, runPath } from './paths/run-path.ts';
export type * from './paths/types.ts';
