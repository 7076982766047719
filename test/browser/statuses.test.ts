import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_STATUSES } from '../../machines/workspace/types.ts';
import { createDataFolder, type Program, startProgram, stopAgents } from '../system/program.ts';
import { axeViolations } from './axe.ts';
import { isSkipped, openBrowser, openPage, picture, signIn } from './browser.ts';

/** How a workspace gets into each status that it can stay in, by what is asked of the server. */
const WAYS: Record<string, { spec: object; verb?: string }> = {
  online: { spec: { template: 'seo-agent' } },
  provisioning: { spec: { command: ['/bin/sleep', '600'] } },
  awaiting_agent: { spec: { external: true } },
  degraded: { spec: { template: 'seo-agent', env: { KEEPWELL_AGENT_MISBEHAVE: 'failing' } } },
  offline: { spec: { command: ['/bin/sh', '-c', 'exit 3'], policy: { restart_backoff: '5m' } } },
  failed: { spec: { command: ['/bin/sh', '-c', 'exit 3'], policy: { restart_budget: 0 } } },
  paused: { spec: { template: 'seo-agent' }, verb: 'pause' },
  hibernated: { spec: { template: 'seo-agent' }, verb: 'hibernate' },
};

describe.skipIf(isSkipped)('the page of a workspace', { timeout: 120_000 }, () => {
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    data = createDataFolder();
    program = await startProgram({ data: data.path, env: { KEEPWELL_BEAT_INTERVAL: '1s' } });
    for (const [status, { spec, verb }] of Object.entries(WAYS)) {
      const name = `is-${status.replaceAll('_', '-')}`;
      await program.api.post('/workspaces', { name, ...spec });
      if (verb !== undefined) await program.api.post(`/workspaces/${name}/${verb}`);
    }
    browser = await openBrowser();
    ({ page } = await openPage(browser, program.api.url));
    await signIn(page);
    await page.getByTestId('fleet-grid').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await program.kill9();
    stopAgents(data.path);
    data.remove();
  });

  it('can be seen in every status in which one can stay', () => {
    const passing = ['hibernating', 'removed'];
    expect(Object.keys(WAYS).toSorted()).toEqual(
      PUBLIC_STATUSES.filter((status) => !passing.includes(status)).toSorted(),
    );
  });

  it.each(Object.keys(WAYS))(
    'that is %s says so in words, with a reason, and where it is',
    async (status) => {
      await page.goto(`${program.api.url}/#/w/is-${status.replaceAll('_', '-')}`);
      const words = status.replaceAll('_', ' ');
      await page.locator('.workspace-head [data-testid=status]', { hasText: words }).waitFor();
      await page
        .getByTestId('why-text')
        .filter({ hasText: new RegExp(`^${words} since`, 'i') })
        .waitFor();
      await page.locator('.node[data-leaf=true]').waitFor();
      expect(await page.locator('.node[data-leaf=true]').count()).toBe(1);
      await picture(page, `status-${status}`);
      expect(await axeViolations(page)).toEqual([]);
    },
  );

  it('is found among the others by its status', async () => {
    await page.goto(`${program.api.url}/#/`);
    await page.getByTestId('fleet-row').nth(7).waitFor();
    await picture(page, 'fleet-every-status');
    await page.getByRole('button', { name: /failed/ }).click();
    await page.getByTestId('shown-count').filter({ hasText: '1 of 8' }).waitFor();
    expect(await page.getByTestId('fleet-row').textContent()).toContain('is-failed');
  });
});
