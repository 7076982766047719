/** The simulator where there is nothing of Node. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_KINDS, simulate } from '../../src/testing/simulate/index.ts';
import { REPO } from '../system/program.ts';
import { isSkipped, openBrowser } from './browser.ts';

const OPTIONS = { seed: 11, workspaces: 3, hours: 1, faults: FAULT_KINDS };

describe.skipIf(isSkipped)('the simulator in a browser', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-simulator-'));
  let script = '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/simulator.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script type="module" src="/simulator.js"></script>');
  });
  beforeAll(async () => {
    const entry = join(folder, 'entry.js');
    const simulator = join(REPO, 'src', 'testing', 'simulate', 'index.ts');
    writeFileSync(
      entry,
      `import { simulate } from ${JSON.stringify(simulator)};\nglobalThis.simulate = simulate;\n`,
    );
    await build({
      root: REPO,
      configFile: false,
      logLevel: 'warn',
      build: {
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        lib: { entry, formats: ['es'], fileName: () => 'simulator.js' },
      },
    });
    script = readFileSync(join(folder, 'simulator.js'), 'utf8');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }, 60_000);
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('needs nothing of Node, and lives the very life there that it lives here', async () => {
    expect(script).not.toMatch(/from\s*["']node:|require\(["']node:|__vite-browser-external/);
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction(() => 'simulate' in globalThis);
      const there = await page.evaluate(
        (options) => (globalThis as unknown as { simulate: typeof simulate }).simulate(options),
        OPTIONS,
      );
      expect(complaints).toEqual([]);
      expect(there.broken).toEqual([]);
      expect(JSON.stringify(there)).toBe(JSON.stringify(await simulate(OPTIONS)));
    } finally {
      await browser.close();
    }
  });
});
