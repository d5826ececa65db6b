// Makes the pictures of the documents from the demo company, the same on any machine and any day.
//
// node pictures.mjs RECOUP FOLDER   where RECOUP is the built command, and FOLDER where the pictures go. CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const NOW = '2026-03-18T10:00:00Z';
const BYTES_MAX = 150_000;
// Who was charged twice yesterday, and wrote about it.
const [CUSTOMER, TICKET] = ['stripe:cus_demo029', '1017'];

const [recoup, folder] = process.argv.slice(2);
assert(recoup && folder, 'node pictures.mjs RECOUP FOLDER');
const data = mkdtempSync(join(tmpdir(), 'recoup-pictures-'));
const port = await new Promise((taken) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => taken(port));
  });
});
const base = `http://127.0.0.1:${port}`;
const options = ['--addr', `127.0.0.1:${port}`, '--data', data];
const service = spawn(recoup, ['serve', ...options, '--clock', NOW], { stdio: ['ignore', 'ignore', 'inherit'] });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--font-render-hinting=none'],
});

async function ready() {
  for (const end = Date.now() + 120_000; Date.now() < end; await new Promise((later) => setTimeout(later, 100))) {
    if (await fetch(`${base}/healthz`).then((answer) => answer.ok, () => false)) return;
  }
  assert.fail('the service does not answer');
}

async function first(path, token) {
  const answer = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } });
  const { items } = await answer.json();
  assert(items?.length, `${path} lists nothing`);
  return items[0].id;
}

try {
  await ready();
  const token = execFileSync(recoup, ['token', 'mara', ...options]).toString().trim();
  const shown = {
    overview: '/',
    account: `/accounts/${CUSTOMER}`,
    case: `/cases/${await first('/api/cases?state=open&class=duplicate_charge', token)}`,
    approval: `/actions/${await first(`/api/actions?state=waiting_approval&account=${CUSTOMER}`, token)}`,
    ticket: `/tickets/${TICKET}`,
  };
  const context = await browser.newContext({ viewport: { width: 1120, height: 840 }, colorScheme: 'light', timezoneId: 'UTC', locale: 'en-GB' });
  const page = await context.newPage();
  await page.clock.setFixedTime(new Date(NOW));
  await page.goto(`${base}/login`);
  await page.click('button[value=mara]');
  mkdirSync(folder, { recursive: true });
  for (const [name, place] of Object.entries(shown)) {
    const answer = await page.goto(base + place);
    assert(answer.ok(), `${place}: ${answer.status()}`);
    const picture = await page.screenshot();
    assert(picture.length <= BYTES_MAX, `${name} takes ${picture.length} bytes`);
    writeFileSync(join(folder, `${name}.png`), picture);
    console.log(`${join(folder, `${name}.png`)}  ${place}  ${picture.length} bytes`);
  }
} finally {
  await browser.close();
  service.kill();
  rmSync(data, { recursive: true, force: true });
}
