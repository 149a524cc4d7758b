// SPDX-License-Identifier: Apache-2.0
// A real browser on the pages, with watch over what it says and whom it asks.
//
// TAGWIRE_WEB_PACKAGES is the folder into which playwright-core and axe-core were installed, TAGWIRE_SCREENSHOTS where
// pictures go, TAGWIRE_CHROMIUM the browser if it is none of the usual.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packages = process.env.TAGWIRE_WEB_PACKAGES;
if (!packages || !existsSync(join(packages, 'node_modules/playwright-core'))) {
  throw new Error(`playwright-core is not in "${packages}": \`ctest -R web_packages\` brings it`);
}
const require = createRequire(join(packages, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.TAGWIRE_CHROMIUM ?? usual.find(existsSync);
if (!executablePath) throw new Error('no browser: install chromium (packaging/debian-packages) or set TAGWIRE_CHROMIUM');

export const sizes = {
  desk: { width: 1366, height: 820 },
  picture: { width: 1200, height: 680 },
  wall: { width: 1920, height: 1080 },
  phone: { width: 360, height: 720 },
};

let browser;

export async function openBrowser() {
  // A container's root has no sandbox.
  browser ??= await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/**
 * A page of its own, not logged in. `page.said` is what stood in the console as error or warning, `page.foreign` whom it
 * asked beside the plant. While the server is away its refusals are no fault of the page: `page.mayFail = true`, as an
 * option where that holds from the first request on.
 */
export async function openPage(plant, { size = 'desk', theme = 'light', hash = '', mayFail = false, storageState } = {}) {
  await openBrowser();
  const isPhone = size === 'phone';
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: theme,
    hasTouch: isPhone,
    isMobile: isPhone,
    storageState,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.said = [];
  page.foreign = [];
  page.mayFail = mayFail;
  const { host } = new URL(plant.url);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !page.mayFail) page.said.push(message.text());
  });
  page.on('pageerror', (problem) => page.said.push(String(problem.stack ?? problem)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = url.host === host || url.protocol === 'data:' || url.protocol === 'blob:';
    if (!isOwn) page.foreign.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) page.foreign.push(socket.url());
  });
  await page.goto(plant.url + hash);
  return page;
}

export async function login(page, { name, password }) {
  await page.getByLabel('User').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isLive(page);
}

async function isLive(page) {
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await page.locator('tw-link .chip', { hasText: 'Live' }).waitFor({ state: 'attached' });
}

/** Logged in, at this place. */
export async function openAs(plant, user, options) {
  const page = await openPage(plant, options);
  await login(page, user);
  return page;
}

/** Another page of whoever is logged in on this one. */
export async function openLike(plant, other, options) {
  const page = await openPage(plant, { ...options, storageState: await other.context().storageState() });
  await isLive(page);
  return page;
}

export function noConsoleErrors(page) {
  assert.deepEqual(page.said, [], 'the console stays empty');
}

function noForeignRequests(page) {
  assert.deepEqual(page.foreign, [], 'nothing is asked but the plant');
}

/** Closes them; they have reported no error and asked nobody else. */
export async function done(...pages) {
  for (const page of pages) {
    noConsoleErrors(page);
    noForeignRequests(page);
    await page.context().close();
  }
}

/** Nothing that axe-core calls serious or critical; `rules`: these only. */
export async function axe(page, rules) {
  // By the debugger's way, as the pages' policy lets no other script in.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (only) => globalThis.axe.run(document, { resultTypes: ['violations'], ...(only && { runOnly: only }) }),
    rules,
  );
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target.flat().join(' ')} ${node.failureSummary}`).join(' | ')}`);
  assert.deepEqual(grave, [], 'axe-core finds nothing serious');
}

/** Into TAGWIRE_SCREENSHOTS, for people to look at. */
export async function screenshot(page, name) {
  const folder = process.env.TAGWIRE_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** What can't be seen in one size: all is judged, and nothing is wider than the screen. */
async function judge(page, name) {
  await axe(page);
  await screenshot(page, name);
  const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(isTooWide, false, `${name} fits its width`);
}

/** The page that is shown, in light and in dark: another theme can only have other contrasts. */
export async function lookAtDesk(page, name) {
  await judge(page, `${name}-desk-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await drawn(page);
  await axe(page, ['color-contrast']);
  await screenshot(page, `${name}-desk-dark`);
}

export async function lookAtPhone(page, name) {
  await judge(page, `${name}-phone-light`);
}

/** The wall's page is the desk's with more room. */
async function lookAtWall(page, name) {
  await page.setViewportSize(sizes.wall);
  await drawn(page);
  await screenshot(page, `${name}-wall-dark`);
}

/** Plots have drawn with what holds now: they do so once a frame. */
export const drawn = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))));

/** A page in light, dark, on a phone and on a wall: judged by axe, and pictures of each. */
export async function look(plant, user, name, hash, ready) {
  const desk = await openAs(plant, user, { hash });
  await ready(desk);
  const phone = await openLike(plant, desk, { size: 'phone', hash });
  await lookAtDesk(desk, name);
  await lookAtWall(desk, name);
  await ready(phone);
  await lookAtPhone(phone, name);
  for (const page of [desk, phone]) {
    noConsoleErrors(page);
    noForeignRequests(page);
    await page.context().close();
  }
}
