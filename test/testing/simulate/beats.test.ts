import { describe, expect, it } from 'vitest';
import { checkBeat } from '../../../src/testing/simulate/invariants/beats.ts';
import { NOW, seen } from './sound-world.ts';

const HEALTHY = {
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
const TOLD = {
  status: 'online' as const,
  generation: 1,
  intervalSeconds: 30,
  leaseExpiresAt: NOW + 180_000,
  restartPending: false,
  pluginGeneration: 1,
  pluginsPending: false,
};

describe('a beat that was taken', () => {
  const check = (changed: Partial<Parameters<typeof checkBeat>[0]> = {}) => {
    const state = changed.seen?.state ?? 'wanted.online.converged';
    const one = seen({ state, ...changed.seen });
    return checkBeat({
      incarnation: 1,
      known: 1,
      beat: HEALTHY,
      told: TOLD,
      from: state,
      wall: NOW,
      ...changed,
      seen: one,
    });
  };

  it('is right when it renewed the lease of an agent that is well', () => {
    expect(check()).toBeNull();
  });

  it('is wrong when it moved nothing that it should have moved', () => {
    expect(check({ beat: { ...HEALTHY, wedged: true } })).toMatch(/is wedged, and is still called online/);
    expect(check({ beat: { ...HEALTHY, errorRate: 0.9 } })).toMatch(/fails, and is still called online/);
    for (const state of ['wanted.provisioning', 'wanted.awaitingAgent', 'wanted.offline', 'wanted.failed']) {
      expect(check({ seen: seen({ state }) })).toMatch(/is still/);
    }
    expect(check({ seen: seen({ state: 'wanted.degraded' }) })).toMatch(/has recovered/);
  });

  it('is wrong when it comes from the past, or from beyond the end', () => {
    expect(check({ known: 2 })).toMatch(/beat of incarnation 1 was taken/);
    expect(check({ seen: seen({ removed: true }) })).toMatch(/removed/);
  });

  it('is wrong when it left the lease shorter than a lease is', () => {
    expect(check({ told: { ...TOLD, leaseExpiresAt: NOW + 100_000 } })).toMatch(/renewed to 100 s only/);
    expect(check({ beat: { ...HEALTHY, quietForMs: 300_000 } })).toMatch(/renewed to 180 s only/);
  });
});
