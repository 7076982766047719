import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDataFolder,
  freePort,
  type Program,
  REPO,
  startProgram,
  stopAgents,
} from '../system/program.ts';
import { axeViolations } from './axe.ts';
import { isSkipped, openBrowser, openPage, picture, signIn, type Watched } from './browser.ts';

const FAST = { KEEPWELL_BEAT_INTERVAL: '500ms', KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true' };
/** The waits of the demo are long enough to be watched; here nobody watches. */
const IMPATIENT = {
  restart_budget: 100,
  restart_backoff: '100ms',
  restart_backoff_max: '500ms',
  plugin_probation: '5s',
};

describe.skipIf(isSkipped)('the page, with the demo', { timeout: 180_000 }, () => {
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  let browser: Browser;
  let watched: Watched;
  let page: Page;
  let port: number;

  beforeAll(async () => {
    data = createDataFolder();
    port = await freePort();
    program = await startProgram({ data: data.path, env: FAST, port });
    browser = await openBrowser();
    watched = await openPage(browser, program.api.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = watched.page;
  });
  afterAll(async () => {
    await browser?.close();
    await program.kill9();
    stopAgents(data.path);
    data.remove();
  });

  const isIn = (leaf: string) => page.locator(`[data-testid=chart-workspace][data-leaf="${leaf}"]`).waitFor();
  const hasStatus = (status: string) =>
    page.locator('.workspace-head [data-testid=status]', { hasText: status }).waitFor({ timeout: 60_000 });
  const breakIt = async (how: string) => {
    await page.getByRole('button', { name: 'Break it' }).click();
    await page.getByRole('menuitem', { name: how }).click();
  };
  const whySays = (what: RegExp) =>
    page.getByTestId('why-text').filter({ hasText: what }).waitFor({ timeout: 60_000 });

  it('refuses a wrong token in words, and lets the right one in', async () => {
    await signIn(page, 'kwa_wrong');
    await page.getByRole('alert').filter({ hasText: 'No such token' }).waitFor();
    await picture(page, 'sign-in');
    expect(await axeViolations(page)).toEqual([]);
    await signIn(page);
    await page.getByTestId('empty-fleet').waitFor();
    expect(await page.getByTestId('role').textContent()).toContain('admin');
    expect(await axeViolations(page)).toEqual([]);
    await picture(page, 'empty');
  });

  it('starts a demo workspace on a click, and shows how it comes online with its plugin', async () => {
    await page.getByRole('button', { name: 'Start a demo workspace' }).click();
    await isIn('wanted.online.converged');
    await hasStatus('online');
    await whySays(/^Online since \d\d:\d\d:\d\d.*What is installed is what was declared\./);
    expect(await page.locator('.facts').textContent()).toContain('plugins1/1');
    for (const id of ['wanted', 'wanted.online', 'wanted.online.converged']) {
      expect(await page.locator(`[data-state="${id}"]`).getAttribute('data-active')).toBe('true');
    }
    expect(await page.locator('.edge-row[data-last=true]').count()).toBe(1);
    expect(await page.getByTestId('armed').count()).toBe(2);
    await page.getByTestId('timeline-row').filter({ hasText: 'plugins.switched' }).first().waitFor();
    await picture(page, 'workspace-online');
  });

  it('opens the machine that runs inside while it runs', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port: away } = silent.address() as AddressInfo;
    await program.api.post('/workspaces/demo/plugins', {
      source: `git+http://127.0.0.1:${away}/o/slow#main`,
    });
    const child = page.getByTestId('child-chart');
    await child.waitFor();
    await child.getByText('fetching', { exact: true }).first().waitFor();
    expect(await child.locator('[data-state=fetching]').getAttribute('data-active')).toBe('true');
    await picture(page, 'workspace-reconciling');
    await program.api.request('DELETE', '/workspaces/demo/plugins/slow');
    silent.close();
    await isIn('wanted.online.converged');
    expect(await child.count()).toBe(0);
  });

  it('shows what comes of each way to break it', async () => {
    await breakIt('Report failures');
    await hasStatus('degraded');
    await whySays(/90 % of its work fails/);
    await picture(page, 'workspace-degraded');
    await breakIt('Behave again');
    await hasStatus('online');

    await breakIt('Be wedged');
    await whySays(/it is wedged/);
    await breakIt('Behave again');
    await hasStatus('online');

    await breakIt('Be slow');
    await page
      .getByTestId('toasts')
      .getByText(/misbehaves now: slow/)
      .waitFor();
    await breakIt('Stop beating');
    await hasStatus('offline');
    await whySays(/Its last beat was \d+ s before; it was asked for one every \d+ s\./);
    await picture(page, 'workspace-offline');
    await breakIt('Behave again');
    await hasStatus('online');

    await breakIt('Crash');
    await whySays(/exited with code 1/);
    await breakIt('Behave again');
    await hasStatus('online');
    await isIn('wanted.online.converged');
  });

  it('shows a bad plugin rolled back and quarantined, and lets it be released', async () => {
    await program.api.request('PATCH', '/workspaces/demo', { policy: IMPATIENT });
    await isIn('wanted.online.converged');
    await breakIt('Bad plugin');
    await page.getByRole('tab', { name: 'Plugins' }).click();
    const plugin = page.locator('[data-testid=plugin][data-plugin=bad-plugin]');
    await plugin.getByText('quarantined').waitFor({ timeout: 120_000 });
    await whySays(/Quarantined, since the agent crashed with it: bad-plugin/);
    await page.getByTestId('generations').waitFor();
    await picture(page, 'workspace-quarantine');
    expect(await axeViolations(page)).toEqual([]);
    await program.api.request('DELETE', '/workspaces/demo/plugins/bad-plugin');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await isIn('wanted.online.converged');
  });

  it('asks before what hurts, and does it', async () => {
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await hasStatus('paused');
    await picture(page, 'workspace-paused');
    await page.locator('.workspace-verbs').getByRole('button', { name: 'Resume' }).click();
    await hasStatus('online');
    await page.getByRole('button', { name: 'Remove…' }).click();
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await hasStatus('online');
  });

  it('goes back in time: chart, plugins and why are those of that moment, and can be run as a test', async () => {
    await isIn('wanted.online.converged');
    await page.getByTestId('scrubber').focus();
    await page.keyboard.press('Home');
    await page.getByTestId('past-banner').waitFor();
    await isIn('wanted.provisioning');
    await whySays(/^Provisioning since .*It is incarnation 1\./);
    await page.keyboard.press('ArrowRight');
    await isIn('wanted.online.reconciling');
    await page.getByRole('tab', { name: 'Plugins' }).click();
    await page.getByText('Generation 0, 0 installed.').waitFor();
    await picture(page, 'time-travel');

    await page.getByRole('button', { name: 'Copy as test' }).click();
    await page.getByTestId('toasts').getByText('The test is in the clipboard.').waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain('wanted.online.reconciling');
    const folder = join(REPO, 'coverage', 'copied');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'copied.test.ts'), text);
    writeFileSync(join(folder, 'vitest.config.ts'), 'export default {};\n');
    const vitest = join(REPO, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'run', '--root', folder, '--config', join(folder, 'vitest.config.ts')];
    const run = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '' },
    });
    expect(run.stdout + run.stderr).toMatch(/1 passed/);
    expect(run.status).toBe(0);
    rmSync(folder, { recursive: true });

    await page.getByRole('button', { name: 'Back to now' }).click();
    await isIn('wanted.online.converged');
    expect(await page.getByTestId('past-banner').count()).toBe(0);
  });

  it('says since when it is not connected, and catches up by itself when Keepwell is back', async () => {
    await page.evaluate(() => Object.assign(globalThis, { isStillTheSame: true }));
    await program.kill9();
    await page
      .getByTestId('outage')
      .getByText(/Not connected since \d\d:\d\d:\d\d/)
      .waitFor();
    await picture(page, 'not-connected');
    program = await startProgram({ data: data.path, env: FAST, port });
    await program.api.post('/workspaces/demo/pause');
    await hasStatus('paused');
    await page.getByTestId('live').filter({ hasText: 'Live' }).waitFor();
    expect(await page.getByTestId('outage').textContent()).toBe('');
    expect(await page.evaluate(() => 'isStillTheSame' in globalThis)).toBe(true);
    await program.api.post('/workspaces/demo/resume');
    await hasStatus('online');
  });

  it('is accessible and looks right in light and dark, on a desk and on a phone', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [device, width, height] of [
        ['desk', 1440, 900],
        ['phone', 390, 844],
        ['small-phone', 320, 640],
      ] as const) {
        await page.setViewportSize({ width, height });
        for (const [name, hash, ready] of [
          ['fleet', '#/', '[data-testid=fleet-row]'],
          ['workspace', '#/w/demo', '[data-testid=chart-workspace]'],
          [
            'supervisor',
            '#/supervisor',
            '[data-testid=chart-supervisor][data-leaf="listening.steady"], [data-testid=chart-supervisor][data-leaf="listening.deaf"]',
          ],
        ] as const) {
          await page.goto(`${program.api.url}/${hash}`);
          await page.locator(ready).first().waitFor();
          await picture(page, `${name}-${device}-${colorScheme}`);
          expect([name, device, colorScheme, await axeViolations(page)]).toEqual([
            name,
            device,
            colorScheme,
            [],
          ]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([name, device, Math.max(0, overflow)]).toEqual([name, device, 0]);
        }
      }
    }
  });

  it('asked nothing of anybody else, and nothing that its policy forbids', async () => {
    expect(watched.strays).toEqual([]);
    expect(watched.complaints).toEqual([]);
    const policy = (await fetch(program.api.url)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });
});
