import { HOST_NAME } from './container-options.ts';

/** Where a container reaches the supervisor that listens at `url`: as is said, or by the name of the machine. */
export const urlInside = (url: string, said: string | null): string =>
  said ?? `http://${HOST_NAME}:${new URL(url).port || 80}`;
