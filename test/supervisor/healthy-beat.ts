import type { Beat } from '../../src/supervisor/api.ts';

/** What an agent says that has nothing to say. */
export const HEALTHY_BEAT: Beat = {
  errorRate: 0,
  sampleError: null,
  activeTasks: 0,
  currentTask: null,
  uptimeSeconds: 1,
  wedged: false,
  managesStatus: false,
  quietForMs: 0,
  idleTimeoutMs: null,
};
