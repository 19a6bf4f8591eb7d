// What the programs that look at the page share: a browser with nothing in it, and GraphiQL's parts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

export const given = JSON.parse(process.argv[2]);

export const tell = (kind, value = null) => console.log(JSON.stringify([kind, value]));

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

// Opens the page, and does with it what is to be done. Tells of every request to another host and every fault.
export async function withPage(look) {
  const profile = mkdtempSync(join(tmpdir(), 'journal-gateway-'));
  const viewport = { width: 1280, height: 1600 };
  const executablePath = given.browser;
  const context = await chromium.launchPersistentContext(profile, { executablePath, viewport, args: ARGUMENTS });
  const [page] = context.pages();
  // The tests' own machine may be slow.
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => tell('fault', error.message));
  page.on('console', (message) => message.text().includes('Content Security Policy') && tell('fault', message.text()));
  const host = new URL(given.url).host;
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (url.protocol === 'data:' || url.protocol === 'blob:' || url.host === host) return route.continue();
    tell('elsewhere', url.href);
    return route.abort();
  });
  try {
    await page.goto(`${given.url}/graphql`);
    await look(page);
    if (given.picture) await page.screenshot({ path: given.picture });
  } catch (error) {
    await page.screenshot({ path: join(tmpdir(), 'journal-gateway-page.png') });
    throw error;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

const editor = (page) => page.locator('.graphiql-query-editor .view-lines').first();

// Turns to the tab. GraphiQL mixes tabs up when one turns to another before the first is in sight.
export async function tab(page, name) {
  await editor(page).getByText('{').first().waitFor();
  await page.getByRole('tab', { name }).click();
  await editor(page).getByText(name).first().waitFor();
}

// Runs the operation in sight as it is, by the keyboard.
export async function run(page) {
  await editor(page).click();
  await page.keyboard.press('Control+Enter');
}

// The answer in sight, with white space as single blanks, once it says what is expected.
export async function answer(page, expected, most = 300) {
  const lines = page.locator('.graphiql-response .view-lines');
  for (let tries = 0; tries < most; tries++) {
    const text = (await lines.innerText()).replaceAll(/\s+/g, ' ');
    if (text.includes(expected)) return text;
    await page.waitForTimeout(100);
  }
  throw new Error(`no answer with ${expected}`);
}

// The answer of the operation in sight. On a busy machine the editor may miss the keys the first time.
export async function ran(page, expected) {
  for (let tries = 0; tries < 5; tries++) {
    await run(page);
    const text = await answer(page, expected, 80).catch(() => null);
    if (text !== null) return text;
  }
  throw new Error(`no answer with ${expected}`);
}

export const asked = (page) => page.getByRole('form', { name: 'Sign in' }).waitFor();

export async function signIn(page) {
  await page.getByLabel('Client id').fill(given.clientId);
  await page.getByLabel('Client secret').fill(given.clientSecret);
  await page.keyboard.press('Enter');
  await page.getByText('Signed in until').waitFor();
}

// Once GraphiQL has the schema.
export const described = (page) => page.locator('.graphiql-doc-explorer').getByText('query:').waitFor();
