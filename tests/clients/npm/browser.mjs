// Opens a page in Chromium, and tells what the page tells; at the end, what stands on it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { given, tell } from './harness.mjs';

const { page: address, chromium: executablePath, screenshot, until, ...rest } = given;
const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args });
try {
  const page = await context.newPage();
  const ended = new Promise((resolve) => {
    page.on('pageerror', (error) => {
      tell('failed', error.message || String(error));
      if (!until) resolve();
    });
    page.on('console', (message) => {
      if (message.type() !== 'log') {
        tell('browser', message.text());
        if (until && message.text().includes(until)) resolve();
        return;
      }
      console.log(message.text());
      if (JSON.parse(message.text())[0] === 'completed again') resolve();
    });
  });
  await page.goto(`${address}#${encodeURIComponent(JSON.stringify(rest))}`);
  await ended;
  if (screenshot) await page.screenshot({ path: screenshot });
  tell('state', await page.textContent('#state'));
  tell('shown', await page.$$eval('li', (items) => items.map((item) => item.textContent)));
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
