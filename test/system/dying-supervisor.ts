/**
 * The real supervisor, but for one thing: it kills itself with SIGKILL when it reaches a boundary.
 *
 * `node dying-supervisor.ts <boundary>`; the boundary is a key of BOUNDARIES. Everything else comes from the
 * environment, as for `keepwell up`.
 */
import { kill, pid } from 'node:process';
import { loadConfig } from '../../src/config.ts';
import { assemble, type Wrappers } from '../../src/main.ts';
import { openLog } from '../../src/startup/log.ts';
import { systemClock } from '../../src/supervisor/clock.ts';
import type { Change, Store } from '../../src/supervisor/ports.ts';

const die = (): never => {
  kill(pid, 'SIGKILL');
  // The signal is on its way: nothing may run until it arrives.
  for (;;);
};

/** Dies before or after calling the real method. */
const around = <T extends object>(real: T, method: keyof T, when: 'before' | 'after'): T => ({
  ...real,
  async [method](...args: unknown[]) {
    if (when === 'before') die();
    await (real[method] as (...given: unknown[]) => Promise<unknown>)(...args);
    return die();
  },
});

const atCommit = (real: Store, isIt: (change: Change) => boolean, when: 'before' | 'after'): Store => ({
  ...real,
  async commit(change) {
    if (when === 'before' && isIt(change)) die();
    await real.commit(change);
    if (when === 'after' && isIt(change)) die();
  },
});

const leads =
  (event: string, to: string) =>
  (change: Change): boolean =>
    change.journal?.some((row) => row.event === event && row.to === to) ?? false;

const online = leads('heartbeat.received', 'wanted.online.reconciling');
const restarting = leads('reconcile.settled', 'wanted.restarting');
const stopped = leads('stop.settled', 'wanted.provisioning');

export const BOUNDARIES: Record<string, Partial<Wrappers>> = {
  'before the first beat is committed': { store: (real) => atCommit(real, online, 'before') },
  'after the first beat is committed': { store: (real) => atCommit(real, online, 'after') },
  'before the process is started': { runtime: (real) => around(real, 'start', 'before') },
  'after the process is started': { runtime: (real) => around(real, 'start', 'after') },
  'between fetch and stage': { sets: (real) => around(real, 'stage', 'before') },
  'between stage and switch': { sets: (real) => around(real, 'activate', 'before') },
  'between switch and record': { sets: (real) => around(real, 'activate', 'after') },
  'before the restart is committed': { store: (real) => atCommit(real, restarting, 'before') },
  'between install and restart': { store: (real) => atCommit(real, restarting, 'after') },
  'before the process is stopped': { runtime: (real) => around(real, 'stop', 'before') },
  'after the process is stopped': { runtime: (real) => around(real, 'stop', 'after') },
  'before the next incarnation is committed': { store: (real) => atCommit(real, stopped, 'before') },
  'after the next incarnation is committed': { store: (real) => atCommit(real, stopped, 'after') },
};

if (import.meta.main) {
  const config = loadConfig();
  const wrappers = BOUNDARIES[process.argv[2] ?? ''];
  if (wrappers === undefined) throw new Error('which boundary?');
  await assemble(config, { clock: systemClock, log: openLog(config.logLevel), around: wrappers }).start();
}
