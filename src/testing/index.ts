/** For tests of state machines: `keepwell/testing`. */
export { type Walk, type WalkStart, walk } from '../../machines/walk.ts';
