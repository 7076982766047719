import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHealthWindow } from '../../../src/cli/agent/health-window.ts';
import { probeCommand } from '../../../src/cli/agent/probe-command.ts';
import { runProbeLoop } from '../../../src/cli/agent/probe-loop.ts';
import { probeUrl } from '../../../src/cli/agent/probe-url.ts';

const never = new AbortController().signal;

describe('the health window', () => {
  it('counts as healthy before the first probe', () => {
    expect(createHealthWindow().read()).toEqual({ errorRate: 0, sampleError: '' });
  });

  it('gives the share of failures and the last one', () => {
    const window = createHealthWindow();
    for (const failure of [null, 'first', null, 'second']) window.record(failure);
    expect(window.read()).toEqual({ errorRate: 0.5, sampleError: 'second' });
  });

  it('forgets what is more than ten probes ago', () => {
    const window = createHealthWindow();
    for (let probe = 0; probe < 5; probe += 1) window.record('down');
    for (let probe = 0; probe < 8; probe += 1) window.record(null);
    expect(window.read()).toEqual({ errorRate: 0.2, sampleError: 'down' });
    window.record(null);
    window.record(null);
    expect(window.read()).toEqual({ errorRate: 0, sampleError: '' });
  });
});

describe('probing', () => {
  /** Plays probes ten seconds apart on a clock that only the loop moves. */
  const play = async (failures: (string | null)[], options: { graceMs: number; restsAt?: number[] }) => {
    const over = new AbortController();
    const window = createHealthWindow();
    const rates: number[] = [];
    let now = 0;
    let probed = 0;
    let rounds = 0;
    await runProbeLoop(
      {
        probe: async () => failures[probed++] ?? null,
        window,
        everyMs: 10_000,
        graceMs: options.graceMs,
        isResting: () => options.restsAt?.includes(rounds) ?? false,
        clock: () => now,
        sleep: async (ms) => {
          now += ms;
          rounds += 1;
          rates.push(window.read().errorRate);
          if (rounds >= failures.length) over.abort();
        },
      },
      over.signal,
    );
    return { rates, probed };
  };

  it('does not hold the start against an agent', async () => {
    expect((await play(['no', 'no', null, null], { graceMs: 30_000 })).rates).toEqual([0, 0, 0, 0]);
  });

  it('does hold it against an agent that never comes up', async () => {
    expect((await play(['no', 'no', 'no', 'no'], { graceMs: 20_000 })).rates).toEqual([0, 0, 1, 1]);
  });

  it('counts failures after the first success, even within the grace', async () => {
    expect((await play([null, 'no'], { graceMs: 60_000 })).rates).toEqual([0, 0.5]);
  });

  it('pauses while the workspace rests', async () => {
    expect((await play([null, null, null], { graceMs: 0, restsAt: [1, 2] })).probed).toBe(1);
  });
});

describe('a health command', () => {
  it('is well when it exits 0', async () => {
    expect(await probeCommand('exit 0', never)).toBeNull();
  });

  it('is well when it exits 0 but leaves something in the background', async () => {
    const startedAt = performance.now();
    expect(await probeCommand('sleep 60 & exit 0', never)).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('says how it ended and the end of its output, on one line', async () => {
    expect(await probeCommand('echo queue is; echo full >&2; exit 3', never)).toBe(
      'health check exited with 3: queue is full',
    );
  });

  it('is not well when it takes more than 5 s', { timeout: 20_000 }, async () => {
    expect(await probeCommand('sleep 60', never)).toBe('health check took more than 5 s');
  });

  it('is ended when probing is over', async () => {
    const over = new AbortController();
    const probe = probeCommand('sleep 60', over.signal);
    over.abort();
    expect(await probe).toBe('health check was stopped');
  });
});

describe('a health address', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  const serve = async (status: number | 'never'): Promise<string> => {
    const server = createServer((_, response) => {
      if (status !== 'never') response.writeHead(status, { location: '/' }).end('body');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  };

  it('is well when it answers 2xx', async () => {
    expect(await probeUrl(await serve(204), fetch, never)).toBeNull();
  });

  it('is not well when it answers anything else, a redirect included', async () => {
    expect(await probeUrl(await serve(503), fetch, never)).toBe('health check answered 503');
    expect(await probeUrl(await serve(302), fetch, never)).toBe('health check answered 302');
  });

  it('is not well when nobody listens', async () => {
    expect(await probeUrl('http://127.0.0.1:1/health', fetch, never)).toMatch(/^health check failed: /);
  });

  it('is not well when it does not answer within 2 s', { timeout: 20_000 }, async () => {
    expect(await probeUrl(await serve('never'), fetch, never)).toBe(
      'health check failed: no answer within 2 s',
    );
  });
});
