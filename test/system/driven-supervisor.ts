/**
 * The real supervisor as a process of its own, whose time and hands belong to whoever started it.
 *
 * `node driven-supervisor.ts <now>`; everything else comes from the environment, as for `keepwell up`. Calls come over
 * IPC as `{ call, name, given }` and are answered with `{ call, result }` or `{ call, error }`.
 */
import pino from 'pino';
import { loadConfig } from '../../src/config.ts';
import { assemble } from '../../src/main.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';
import type { Door } from './drive.ts';
import { type Boundary, createScriptedHands } from './scripted-hands.ts';

const createCalls = (begin: number) => {
  const clock = createMemoryClock({ start: begin });
  const hands = createScriptedHands();
  const config = loadConfig();
  const keepwell = assemble(config, { clock, log: pino({ level: 'silent' }), around: hands.around });
  return {
    start: () => keepwell.start(),
    now: () => clock.now(),
    advance: (ms: number) => clock.advance(ms),
    introduce: hands.introduce,
    report: hands.reportOf,
    isWaiting: (id: string, door: Door) => hands.of(id)[door].isWaiting(),
    async release(id: string, door: Door, outcome: string) {
      await hands.of(id)[door].waitedAt();
      hands.of(id)[door].release(outcome);
    },
    setNewer: hands.setNewer,
    setDiskFull(id: string, isDiskFull: boolean) {
      hands.of(id).isDiskFull = isDiskFull;
    },
    unstaged: (id: string) => hands.of(id).unstaged,
    /** Lets everything be done for real from now on. */
    free(id: string) {
      const { instances, plugins, held } = hands.of(id);
      for (const gate of [instances, plugins]) gate.open();
      held.open({ toAll: true });
    },
    /** Lets the reconcile that waits work for real up to a boundary, and resolves when it is held there. */
    async holdAt(id: string, boundary: Boundary) {
      const hand = hands.of(id);
      hand.holdAt = boundary;
      await hand.plugins.waitedAt();
      hand.plugins.open();
      await hand.held.waitedAt();
    },
  };
};

export type Calls = ReturnType<typeof createCalls>;

if (import.meta.main) {
  const calls = createCalls(Number(process.argv[2])) as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >;
  process.on('message', ({ call, name, given }: { call: number; name: string; given: unknown[] }) => {
    const answer = async () => {
      try {
        process.send?.({ call, result: await calls[name]?.(...given) });
      } catch (error) {
        process.send?.({ call, error: (error as Error).message });
      }
    };
    void answer();
  });
  // Whoever started it is gone, or has killed it already.
  process.on('disconnect', () => process.exit(1));
}
