// Mailed links and the pages of a decision in a real browser, as a mail scanner and as a person open them.
//
// node links.mjs RECOUP   where RECOUP is the built command. CHROMIUM names the browser; SHOTS a folder for pictures.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const recoup = process.argv[2];
const data = mkdtempSync(join(tmpdir(), 'recoup-browser-'));
const port = await new Promise((taken) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => taken(port));
  });
});
const base = `http://127.0.0.1:${port}`;
const options = ['--addr', `127.0.0.1:${port}`, '--data', data];

const service = spawn(recoup, ['serve', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

const tokens = {};
async function api(who, method, path, body) {
  tokens[who] ??= execFileSync(recoup, ['token', who, ...options]).toString().trim();
  const headers = { authorization: `Bearer ${tokens[who]}`, 'idempotency-key': crypto.randomUUID() };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  return answer.json();
}

const state = async (id) => (await api('mara', 'GET', `/api/actions/${id}`)).state;
const letters = async (query) => (await (await fetch(`${base}/local/outbox?${query}`)).json()).items;
const until = async (what, is) => {
  for (const end = Date.now() + 30_000; ; await new Promise((later) => setTimeout(later, 50))) {
    const found = await is().catch(() => undefined);
    if (found) return found;
    assert(Date.now() < end, `waited in vain for ${what}`);
  }
};

// Luis asks, Bea must decide and is mailed a link. Each for an account of its own: what one changes would make another stale.
let account = 10;
async function asked(amount) {
  account += 1;
  const body = {
    account: `stripe:cus_demo0${account}`, kind: 'credit', params: { amount: { amount, currency: 'USD' } },
    reason_code: 'customer_dissatisfaction', note: 'waited <b>long</b> on the line',
  };
  const action = await api('luis', 'POST', '/api/actions', body);
  assert.equal(action.state, 'waiting_approval', JSON.stringify(action));
  const mine = (letter) => letter.links.length && letter.text.includes(amount);
  const letter = await until('the mail', async () => (await letters('channel=mail&to=bea@demo.example')).find(mine));
  return { id: action.id, link: letter.links[0] };
}

// A window of its own: what it was told of, where it went, and whether its pages fit.
async function open(link, { width = 1280, scripts = true, as } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: scripts });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (said) => ['error', 'warning'].includes(said.type()) && !/status of 4\d\d/.test(said.text()) && complaints.push(said.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const token = link.split('#')[1];
  page.on('request', (request) => token && assert(!request.url().split('#')[0].includes(token), 'the token stands in an address'));
  if (as) {
    await page.goto(`${base}/login`);
    await page.click(`button[value=${as}]`);
  }
  await page.goto(link);
  if (scripts && token) await page.waitForURL((url) => !url.hash);
  await page.waitForLoadState();
  return { page, complaints, close: () => context.close() };
}

let shown = 0;
async function fits({ page, complaints }, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert(over <= 0, `${name} is ${over}px too wide at ${page.viewportSize().width}px`);
  assert.deepEqual(complaints, [], name);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}-${page.viewportSize().width}.png`), fullPage: true });
  shown += 1;
}

const says = async ({ page }, text) => assert((await page.textContent('body')).includes(text), `${text}: ${await page.textContent('main')}`);
const checks = {};

checks['a scanner without scripts, and one that asks for the head only, see a door'] = async () => {
  const { id, link } = await asked('110.00');
  const [address] = link.split('#');
  assert.equal((await fetch(address, { method: 'HEAD' })).status, 200);
  const window = await open(link, { scripts: false });
  await says(window, 'this browser runs none');
  assert.equal(await window.page.locator('button[name=decision]').count(), 0);
  await window.close();
  assert.equal(await state(id), 'waiting_approval');
};

checks['a scanner that runs scripts and presses every button decides nothing'] = async () => {
  const { id, link } = await asked('120.00');
  for (const decision of ['approve', 'deny']) {
    for (const code of ['', '000000']) {
      const window = await open(link);
      await says(window, 'This link was sent to');
      await window.page.click('button[name=send_code]');
      await says(window, 'A code is on its way');
      await fits(window, 'link-code-sent');
      await window.page.evaluate(() => document.querySelectorAll('[required]').forEach((field) => field.removeAttribute('required')));
      await window.page.fill('#code', code);
      await window.page.click(`button[value=${decision}]`);
      await says(window, 'This code is not right');
      await window.close();
    }
  }
  assert.equal(await state(id), 'waiting_approval');
  const decisions = (await api('mara', 'GET', `/api/actions/${id}`)).approvals;
  assert.deepEqual(decisions, []);
};

checks['a person with the code decides once, on a phone'] = async () => {
  const { id, link } = await asked('130.00');
  const window = await open(link, { width: 390 });
  await says(window, '130.00 USD');
  await says(window, 'waited <b>long</b> on the line');
  await fits(window, 'link');
  const before = (await letters('channel=slack&to=U_BEA')).length;
  await window.page.click('button[name=send_code]');
  const told = await until('the code', async () => { const all = await letters('channel=slack&to=U_BEA'); return all.length > before && all[0]; });
  await window.page.fill('#code', /\b(\d{6})\b/.exec(told.text)[1]);
  await window.page.click('button[value=approve]');
  await says(window, 'It is approved');
  await fits(window, 'link-decided');
  await window.close();
  await until('the credit', async () => (await state(id)) === 'executed');

  const again = await open(link);
  await says(again, 'This link has been used');
  await fits(again, 'link-used');
  await again.close();
};

checks['who is signed in decides with the session; whoever else is told that it is not theirs'] = async () => {
  const { id, link } = await asked('140.00');
  const stranger = await open(link, { as: 'lena' });
  await says(stranger, 'This link is for somebody else');
  await fits(stranger, 'link-not-yours');
  await stranger.close();

  const window = await open(link, { as: 'bea' });
  await fits(window, 'link-signed-in');
  await window.page.click('button[value=deny]');
  await window.page.waitForURL(`${base}/actions/${id}`);
  await says(window, 'denied');
  await window.close();
  assert.equal(await state(id), 'denied');
};

checks['an unknown link and an expired one say what to do'] = async () => {
  const unknown = await open(`${base}/approvals#${'0'.repeat(64)}`);
  await says(unknown, 'This link is not known');
  await unknown.close();

  const { id, link } = await asked('150.00');
  await fetch(`${base}/local/clock`, { method: 'POST', body: '{"advance":"P4D"}' });
  const window = await open(link);
  await says(window, 'This link has expired');
  await fits(window, 'link-expired');
  await window.close();
  await until('the expiry', async () => (await state(id)) === 'expired');
};

checks['every page of a decision fits a desk and a phone, and answers bad input with a sentence'] = async () => {
  const { id } = await asked('160.00');
  for (const width of [1280, 390]) {
    const window = await open(`${base}/`, { width, as: 'mara' });
    for (const [path, name] of [['/approvals', 'approvals'], [`/actions/${id}`, 'action'], ['/actions', 'actions'], ['/stop', 'stop'], ['/policies', 'policies'], ['/outbox', 'outbox']]) {
      await window.page.goto(base + path);
      await fits(window, name);
    }
    for (const [path, text] of [['/actions/act_nope', 'there is no action with this id'], ['/approvals#nonsense', 'Approvals']]) {
      await window.page.goto(base + path);
      await says(window, text);
      await fits(window, 'bad-input');
    }
    await window.close();
  }
};

try {
  await until('the service', async () => (await fetch(`${base}/healthz`)).ok);
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`ok   ${name}`);
  }
  console.log(`${Object.keys(checks).length} checks, ${shown} pages looked at`);
} finally {
  await browser.close();
  service.kill();
  rmSync(data, { recursive: true, force: true });
}
