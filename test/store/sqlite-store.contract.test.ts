import { copyFileSync, existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OpenedStore, openStore } from '../../src/store/open-store.ts';
import { describeAuditContract } from './audit-contract.ts';
import { describeBeatsContract } from './beats-contract.ts';
import { describeStoreContract, type StoreWorld } from './contract.ts';
import { describeOutboxContract } from './outbox-contract.ts';
import { aFile, handTimers, NOON } from './support.ts';

const createWorld = (): StoreWorld => {
  let file = aFile();
  let now = NOON;
  let current: OpenedStore;
  const timers = handTimers();
  const faults: unknown[] = [];
  return {
    faults,
    open: (caps = {}) => {
      const onFault = (fault: unknown) => void faults.push(fault);
      current = openStore({ file, now: () => now, schedule: timers.schedule, onFault, ...caps });
      return current;
    },
    /** What is in the files at this moment is what a power cut leaves; the store itself goes on over the old ones. */
    cutPower() {
      const left = aFile();
      for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, left + end);
      file = left;
    },
    fillDisk: () => current.limitPages(1),
    freeDisk: () => current.limitPages(100_000),
    async passTime() {
      timers.pass();
      await nextTurn();
    },
    setTime: (at) => {
      now = at;
    },
  };
};

describeStoreContract('SQLite', createWorld);
describeBeatsContract('SQLite', createWorld);
describeOutboxContract('SQLite', createWorld);
describeAuditContract('SQLite', createWorld);
