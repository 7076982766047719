import type { Edge } from '../explore.ts';
import type { Layout } from '../lay-out.ts';

/** A shortest way to every state where a path may end. */
export const shortestWays = ({ spots, isEnd, wayTo }: Layout): Edge[][] =>
  spots
    .filter(isEnd)
    .map(wayTo)
    .filter((way) => way.length > 0);
