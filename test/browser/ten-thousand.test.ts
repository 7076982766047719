import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataFolder, type Program, startProgram } from '../system/program.ts';
import { isSkipped, openBrowser, openPage, picture, signIn } from './browser.ts';

const MANY = 10_000;
const TOGETHER = 100;

describe.skipIf(isSkipped)('the page, with ten thousand workspaces', { timeout: 240_000 }, () => {
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  let browser: Browser;
  beforeAll(async () => {
    data = createDataFolder();
    program = await startProgram({ data: data.path });
    for (let first = 0; first < MANY; first += TOGETHER) {
      await Promise.all(
        Array.from({ length: TOGETHER }, (_, index) =>
          program.api.post('/workspaces', {
            name: `box-${String(first + index).padStart(5, '0')}`,
            external: true,
          }),
        ),
      );
    }
    browser = await openBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await program.kill9();
    data.remove();
  });

  it('draws the rows in sight alone, scrolls to the last one, and finds any of them', async () => {
    const { page } = await openPage(browser, program.api.url);
    await signIn(page);
    const began = performance.now();
    await page.reload();
    await page.getByTestId('fleet-row').first().waitFor();
    const firstPaintMs = performance.now() - began;
    await page.getByTestId('shown-count').filter({ hasText: '10,000' }).waitFor();
    expect(await page.getByTestId('fleet-row').count()).toBeLessThan(80);

    const frames = await page.evaluate(async () => {
      const grid = document.querySelector('[data-testid=fleet-grid]') as HTMLElement;
      const times: number[] = [];
      let last = performance.now();
      for (let step = 0; step < 120; step += 1) {
        grid.scrollTop = (step / 120) * grid.scrollHeight;
        await new Promise(requestAnimationFrame);
        times.push(performance.now() - last);
        last = performance.now();
      }
      return times.toSorted((a, b) => a - b);
    });
    const at = (share: number) => (frames[Math.floor((frames.length - 1) * share)] ?? 0).toFixed(1);
    console.log(
      `10,000 workspaces: first rows after ${firstPaintMs.toFixed(0)} ms; scrolling, a frame took ${at(0.5)} ms ` +
        `(median), ${at(0.95)} ms (95 %)`,
    );

    await page.getByTestId('fleet-grid').focus();
    await page.keyboard.press('End');
    await page.getByTestId('fleet-row').filter({ hasText: 'box-09999' }).waitFor();
    await page.getByLabel('Search workspaces').fill('box-04242');
    await page.getByTestId('shown-count').filter({ hasText: '1 of 10,000' }).waitFor();
    await picture(page, 'ten-thousand');
  });
});
