/** The page in a real Chromium, before the real program. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ADMIN_TOKEN, REPO } from '../system/program.ts';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Here without a browser these tests say so and are left out; where everything has to run, they fail. */
export const isSkipped = PROGRAM === undefined && process.env['CI'] !== 'true';
if (isSkipped) console.log('skipped: the page in a browser; chromium is not installed');

/** Pictures for people to look at; git does not keep them. */
const SCREENSHOTS = join(REPO, 'coverage', 'screenshots');

export const openBrowser = (): Promise<Browser> => {
  if (PROGRAM === undefined) throw new Error('chromium is not installed');
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
};

export type Watched = {
  page: Page;
  /** What the browser complained of: errors, and everything that the page's policy forbids. */
  complaints: string[];
  /** Requests that went anywhere but to the server. */
  strays: string[];
};

/** A page of its own whose every request and complaint is noted. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Watched & { context: BrowserContext }> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const strays: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // That nobody is signed in yet, or the server is away, is what the browser tells of by itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && protocol !== 'data:' && protocol !== 'blob:')
      strays.push(request.url());
  });
  await page.goto(url);
  return { page, context, complaints, strays };
};

export const signIn = async (page: Page, token = ADMIN_TOKEN): Promise<void> => {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

/** Keeps a picture of what is shown. */
export const picture = async (page: Page, name: string): Promise<void> => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
};
