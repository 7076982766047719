import type { ContainerInfo } from 'dockerode';

/** Whether there are processes in it, or may be: one that is paused goes on when somebody lets it. */
export const isRunning = ({ State }: Pick<ContainerInfo, 'State'>): boolean =>
  !['created', 'exited', 'dead'].includes(State);
