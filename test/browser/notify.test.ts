import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReceiver } from '../notify/receiver.ts';
import { createDataFolder, type Program, startProgram } from '../system/program.ts';
import { axeViolations } from './axe.ts';
import { isSkipped, openBrowser, openPage, signIn } from './browser.ts';

describe.skipIf(isSkipped)('the targets of notices on the page of the supervisor', () => {
  let data: ReturnType<typeof createDataFolder>;
  let receiver: Awaited<ReturnType<typeof openReceiver>>;
  let program: Program;
  let browser: Browser;
  beforeAll(async () => {
    data = createDataFolder();
    receiver = await openReceiver();
    const notify = [{ name: 'chat', kind: 'slack', url: `${receiver.url}/private-path` }];
    program = await startProgram({ data: data.path, env: { KEEPWELL_NOTIFY: JSON.stringify(notify) } });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await program.kill9();
    receiver.close();
    data.remove();
  });

  it('are tried out with a button, which says what came of it, and show no address', async () => {
    const { page, complaints } = await openPage(browser, `${program.api.url}/#/supervisor`);
    await signIn(page);
    const button = page.getByRole('button', { name: 'Send a test to chat' });
    await button.click();
    await page.getByText('A test arrived at chat.').waitFor();
    expect(receiver.arrived.map(({ path }) => path)).toEqual(['/private-path']);
    expect(await axeViolations(page)).toEqual([]);
    receiver.close();
    await button.click();
    await page.getByText('Nothing arrived at chat.').waitFor();
    expect(await page.content()).not.toContain('private-path');
    expect(complaints).toEqual([]);
  });

  it('are not for a viewer to try out', async () => {
    const { token } = await program.api.post('/tokens', { name: 'wall' });
    const { page } = await openPage(browser, `${program.api.url}/#/supervisor`);
    await signIn(page, token);
    const button = page.getByRole('button', { name: 'Send a test to chat' });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
  });
});
