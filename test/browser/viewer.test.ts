import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataFolder, type Program, startProgram, stopAgents } from '../system/program.ts';
import { isSkipped, openBrowser, openPage, picture, signIn } from './browser.ts';

describe.skipIf(isSkipped)('the page, to somebody who may only look', { timeout: 120_000 }, () => {
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  let browser: Browser;
  beforeAll(async () => {
    data = createDataFolder();
    program = await startProgram({ data: data.path, env: { KEEPWELL_BEAT_INTERVAL: '1s' } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await program.kill9();
    stopAgents(data.path);
    data.remove();
  });

  it('offers nothing to start, shows everything, changes nothing, and is over when the token is revoked', async () => {
    const { id, token } = await program.api.post('/tokens', { name: 'wall', role: 'viewer' });
    const { page } = await openPage(browser, program.api.url);
    await signIn(page, token);
    await page.getByTestId('empty-fleet').waitFor();
    expect(await page.getByRole('button', { name: 'Start a demo workspace' }).isDisabled()).toBe(true);

    await program.api.post('/workspaces', { name: 'demo', template: 'seo-agent' });
    await page.getByTestId('fleet-row').filter({ hasText: 'online' }).waitFor();
    await page.getByRole('link', { name: 'demo' }).click();
    await page.locator('[data-testid=chart-workspace][data-leaf="wanted.online.converged"]').waitFor();
    await page.getByTestId('read-only').waitFor();
    expect(await page.getByRole('button', { name: 'Restart' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Break it' }).count()).toBe(0);
    await picture(page, 'viewer');
    const refused = await page.evaluate(
      async () => (await fetch('/workspaces/demo/pause', { method: 'POST' })).status,
    );
    expect(refused).toBe(403);

    await program.api.request('DELETE', `/tokens/${id}`);
    await page.reload();
    await page.getByLabel('Token').waitFor();
  });

  it('keeps a session through a restart of the server, and ends it on request', async () => {
    const { page } = await openPage(browser, program.api.url);
    await signIn(page);
    await page.getByTestId('fleet-grid').waitFor();
    await page.reload();
    await page.getByTestId('fleet-grid').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    await page.reload();
    await page.getByLabel('Token').waitFor();
  });
});
