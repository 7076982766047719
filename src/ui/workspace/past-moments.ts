import { request, workspacePath } from '../session/request.ts';
import type { Moment } from '../wire.ts';

const KEPT = 300;

/** Moments that are over do not change, so each is asked for once. */
export const createPastMoments = (name: string) => {
  const known = new Map<number, Moment>();
  return {
    get: (seq: number): Moment | undefined => known.get(seq),
    /** @throws {RequestError} */
    async load(seq: number, signal: AbortSignal): Promise<Moment> {
      const found = known.get(seq);
      if (found !== undefined) return found;
      const moment = await request<Moment>(workspacePath(name, `/machine?at=${seq}`), { signal });
      known.set(seq, moment);
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
      return moment;
    },
  };
};
