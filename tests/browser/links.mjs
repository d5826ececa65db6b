// Mailed links, the pages of a decision, and what customers are sent in a real browser, as a mail scanner and as a person open them.
//
// node links.mjs RECOUP ROUTES   where RECOUP is the built command, and ROUTES the file with the table of routes. CHROMIUM names the browser; SHOTS a folder for pictures.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { everyPage, keeps } from './every_page.mjs';
import { framed } from './frame.mjs';
import { walk } from './walk.mjs';

const [recoup, table] = process.argv.slice(2);
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
const until = async (what, is, patience = 30_000) => {
  for (const end = Date.now() + patience; ; await new Promise((later) => setTimeout(later, 50))) {
    const found = await is().catch(() => undefined);
    if (found) return found;
    assert(Date.now() < end, `waited in vain for ${what}`);
  }
};

// Luis asks, Bea must decide and is mailed a link. Each for an account of its own: what one changes would make another stale.
const accounts = ['011', '014', '002', '008', '009', '024', '007', '018', '034', '005', '029', '017'];
async function asked(amount) {
  const body = {
    account: `stripe:cus_demo${accounts.shift()}`, kind: 'credit', params: { amount: { amount, currency: 'USD' } },
    reason_code: 'customer_dissatisfaction', note: 'waited <b>long</b> on the line',
  };
  const action = await api('luis', 'POST', '/api/actions', body);
  assert.equal(action.state, 'waiting_approval', JSON.stringify(action));
  const mine = (letter) => letter.links.length && letter.text.includes(amount);
  const letter = await until('the mail', async () => (await letters('channel=mail&to=bea@demo.example')).find(mine));
  return { id: action.id, link: letter.links[0] };
}

// A window of its own: what it was told of, where it went, and whether its pages fit.
async function open(link, { width = 1280, scripts = true, scheme = 'light', as, zone } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: scripts, colorScheme: scheme, timezoneId: zone });
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
  const widest = () => page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((at) => at.getBoundingClientRect().right > window.innerWidth || at.scrollWidth > at.clientWidth + 1 && at.getBoundingClientRect().left + at.scrollWidth > window.innerWidth).map((at) => at.outerHTML.slice(0, 200)).slice(-3));
  assert(over <= 0, over > 0 && `${name} is ${over}px too wide at ${page.viewportSize().width}px: ${await widest()}`);
  assert.deepEqual(complaints, [], name);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}-${page.viewportSize().width}.png`), fullPage: true });
  shown += 1;
}

const says = async ({ page }, text) => assert((await page.textContent('body')).includes(text), `${text}: ${await page.textContent('main')}`);
// What somebody with bad eyes, or with a program that reads aloud, would stumble over.
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
async function reads(window, name) {
  await fits(window, name);
  await window.page.evaluate(axe);
  const found = await window.page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
  });
  assert.deepEqual(found, [], name);
}

// Stripe tells something, signed as on any machine that has no secrets of its own.
async function told(type, object) {
  const { now } = await (await fetch(`${base}/local/clock`)).json();
  const at = Math.floor(Date.parse(now) / 1000);
  const body = JSON.stringify({
    id: `evt_${crypto.randomUUID()}`, object: 'event', api_version: '2024-06-20', created: at, livemode: false, pending_webhooks: 1,
    request: { id: null, idempotency_key: null }, type, data: { object: { created: at, ...object } },
  });
  const signature = createHmac('sha256', 'test_stripe_secret').update(`${at}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` };
  const answer = await fetch(`${base}/webhooks/stripe/default`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

const checks = {};

checks['from "I was charged twice" to the confirmation in six pages or fewer'] = async () => {
  console.log(`     ${await walk({ base, api, told, open, says, until, letters })}`);
};

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

checks['the text of an answer is copied by its button, at a desk and on a phone, and without scripts it stands there'] = async () => {
  const letter = { subject: 'Charged twice', body: 'I was charged twice.', requester: { email: 'ada@elsewhere.example', name: 'Ada' } };
  const { id } = await api('luis', 'POST', '/api/tickets', letter);
  for (const width of [1280, 390]) {
    const window = await open(`${base}/tickets/${id}`, { width, as: 'luis' });
    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
    await window.page.fill('#reply-0', `Thank you.\nWe look into it (${width}).`);
    await window.page.click('button[data-copy="#reply-0"]');
    await until('the copy', () => window.page.getByText('Copied').first().isVisible());
    const copied = await window.page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, `Thank you.\nWe look into it (${width}).`);
    await fits(window, 'answer-copied');
    await window.close();
  }
  const window = await open(`${base}/tickets/${id}`, { scripts: false, as: 'luis' });
  assert.equal(await window.page.locator('button[data-copy]:visible').count(), 0);
  assert(await window.page.locator('#reply-0').isVisible());
  await window.close();
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
  await says(window, 'say why you deny it');
  assert.equal(await state(id), 'waiting_approval');
  await window.page.fill('#note', 'not this time');
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

// Both widths, signed in, and then whatever the check does there.
async function atBothWidths(as, check) {
  for (const width of [1280, 390]) {
    const window = await open(`${base}/`, { width, as });
    await check(window, (path) => window.page.goto(base + path));
    await window.close();
  }
}

checks['an account stands beside a ticket in a frame of 320 px, in both themes, with nothing to press'] = async () => {
  await api('mara', 'POST', '/api/embeds/origins', { origins: ['https://shop.zendesk.com'] });
  const { url } = await api('lena', 'POST', '/api/embeds', { account: 'stripe:cus_demo011' });
  const { pathname, search } = new URL(url);
  for (const scheme of ['light', 'dark']) {
    const window = await open(base + pathname + search, { width: 320, scheme });
    await says(window, 'Payments');
    await reads(window, `embedded-${scheme}`);
    assert.equal(await window.page.locator('form, button, input, nav, script').count(), 0);
    assert.equal(await window.page.locator('a:not([target=_blank])').count(), 0, 'what it leads to opens beside it');
    assert.deepEqual(await window.page.context().cookies(), [], 'it sets no cookie');
    await window.close();
  }
};

checks['a page of a help desk over https shows an account in its frame where it is allowed, and nothing where it is not'] = async () => {
  await framed({ browser, base, api, until });
};

checks['somebody asks for a refund by hand: previewed first, and what is wrong is said in the form'] = async () => {
  await atBothWidths('luis', async (window, go) => {
    await go('/accounts/stripe:cus_demo020');
    await window.page.click('text=Ask for an action');
    await says(window, 'What should be done?');
    await fits(window, 'ask');
    await window.page.click('a[href$="kind=refund"]');
    await fits(window, 'ask-refund');
    // Of a reason whose window is longer than the time from one payment to the next and what the clock was put forward.
    await window.page.selectOption('#reason_code', 'service_outage');
    for (const [amount, said] of [['1.234', 'the request cannot be read'], ['999999.00', 'can still be given back']]) {
      await window.page.fill('#amount', amount);
      await window.page.click('button[value=preview]');
      await says(window, said);
      assert.equal(await window.page.inputValue('#amount'), amount, 'what was typed is still there');
      await fits(window, 'ask-refused');
    }
    await window.page.fill('#amount', window.page.viewportSize().width === 390 ? '1.00' : '2.00');
    await window.page.click('button[value=preview]');
    await says(window, 'This needs the approval of billing specialist');
    await fits(window, 'ask-previewed');
    const asks = (await api('mara', 'GET', '/api/actions?state=waiting_approval&account=stripe:cus_demo020')).items.length;
    await window.page.click('button[value=ask]');
    await window.page.waitForURL(/actions\/act_/);
    await says(window, 'Request');
    assert.equal((await api('mara', 'GET', '/api/actions?state=waiting_approval&account=stripe:cus_demo020')).items.length, asks + 1);
    await go('/accounts/stripe:cus_demo020/ask?kind=nonsense');
    await says(window, 'there is no such kind of action');
    await fits(window, 'ask-bad-input');
  });
};

checks['who wants to leave is offered something once, and leaves if they would rather'] = async () => {
  const running = (await api('mara', 'GET', '/api/accounts?limit=100')).items.filter((it) => it.account.provider === 'stripe' && it.status.entitlement === 'active');
  const path = `/accounts/${running[running.length - 1].account.id}/ask?kind=cancel`;
  const window = await open(base + path, { as: 'bea' });
  await window.page.goto(base + path);
  await window.page.selectOption('#reason_code', 'other');
  await window.page.fill('#asked_on', '1999-01-01');
  await window.page.click('button[value=preview]');
  await says(window, 'asked at is when the customer asked to leave');
  await window.page.fill('#asked_on', '');
  await window.page.click('button[value=preview]');
  await says(window, 'You may offer this, once');
  await says(window, 'You may decide this yourself');
  await fits(window, 'leave');
  await window.page.click('button[value=ask]');
  await window.page.waitForURL(/actions\/act_/);
  const id = window.page.url().split('/').pop();
  await until('the end', async () => (await state(id)) === 'executed');
  await until('the letter', async () => (await letters('channel=mail')).some((letter) => letter.id === `link_${id}`));
  await window.close();
};

checks['what only a person can do is a task: given, put off, done'] = async () => {
  const owing = (await api('mara', 'GET', '/api/accounts?limit=100')).items.filter((it) => it.account.provider === 'stripe' && it.history.some((bill) => bill.status === 'open'));
  for (const account of owing.slice(0, 2)) {
    const invoice = account.history.find((bill) => bill.status === 'open').invoice_id;
    const body = { account: account.account.id, kind: 'defer', params: { invoice, days: 5 }, reason_code: 'other', note: '' };
    const action = await api('mara', 'POST', '/api/actions', body);
    await until('the task', async () => (await state(action.id)) === 'needs_person');
  }
  await atBothWidths('bea', async (window, go) => {
    await go('/tasks');
    await fits(window, 'tasks');
    const own = (await api('mara', 'GET', '/api/tasks')).items.find((task) => task.about.kind === 'action');
    await window.page.click(`td a[href="/tasks/${own.id}"]`);
    await fits(window, 'task');
    await window.page.selectOption('#assign', 'bea');
    await window.page.click('button[value=assign]');
    await says(window, 'Noted.');
    await window.page.fill('#days', '2');
    await window.page.click('button[value=snooze]');
    await says(window, 'put off until');
    await fits(window, 'task-put-off');
    await window.page.fill('#note', 'moved it in the dashboard');
    await window.page.click('button[value=done]');
    await says(window, 'moved it in the dashboard');
    await fits(window, 'task-done');
    await go('/tasks?state=done');
    await fits(window, 'tasks-done');
    await go('/tasks/task_nope');
    await says(window, 'there is no task with this id');
    await go('/tasks?state=nonsense');
    await says(window, 'state is open, snoozed, done or dropped');
  });
};

checks['somebody says who stands in for them, and that it is over'] = async () => {
  await atBothWidths('luis', async (window, go) => {
    await go('/staff');
    await fits(window, 'staff');
    await window.page.selectOption('#to', 'luis');
    await window.page.click('button:has-text("Say so")');
    await says(window, 'nobody stands in for themselves');
    await window.page.selectOption('#to', 'lena');
    await window.page.click('button:has-text("Say so")');
    await says(window, 'Lena decides in the place of Luis');
    await fits(window, 'staff-away');
    await window.page.click('button:has-text("End it")');
    await says(window, 'Nobody stands in for anybody');
  });
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

checks['what a customer is sent, and where it leads, can be read on a phone, at a desk and in the dark'] = async () => {
  const [customer, to] = ['cus_browser', 'cus_browser@shop.example'];
  await told('customer.created', { id: customer, object: 'customer', name: 'Ada <b>Lovelace</b>', email: to });
  for (const [id, amount] of [['in_browser_1', 4900], ['in_browser_2', 1900]]) {
    await told('invoice.payment_failed', {
      id, object: 'invoice', number: id.toUpperCase(), customer, status: 'open', currency: 'eur', total: amount, amount_due: amount,
      amount_paid: 0, amount_remaining: amount, attempt_count: 1, hosted_invoice_url: `https://invoice.stripe.com/i/${id}`,
      subscription: null, status_transitions: { paid_at: null },
    });
  }
  const recoveries = async () => (await api('mara', 'GET', `/api/accounts/stripe:${customer}/dunning`)).items.length === 2;
  await until('the recoveries', recoveries);
  await told('setup_intent.setup_failed', {
    id: 'seti_browser', object: 'setup_intent', customer, payment_method: null, status: 'requires_payment_method',
    last_setup_error: { code: 'card_declined', decline_code: 'do_not_honor', message: 'no' },
  });
  await fetch(`${base}/local/clock`, { method: 'POST', body: '{"advance":"P4D"}' });
  const sent = () => letters(`channel=mail&to=${to}`);
  const reminder = await until('the reminder', async () => (await sent()).find((letter) => letter.text.includes('Also open')));
  const card = await until('the letter about the card', async () => (await sent()).find((letter) => letter.links[0].includes('/card/')));
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const window = await open(`${base}/outbox?limit=1000`, { width, scheme, as: 'mara' });
      await fits(window, `outbox-${scheme}`);
      const own = window.page.locator('section', { hasText: to }).locator('a[href^="/outbox/"]');
      const places = await own.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
      assert(places.length >= 2, 'both letters are shown');
      for (const [number, place] of places.entries()) {
        await window.page.goto(base + place);
        await says(window, 'Ada <b>Lovelace</b>');
        await reads(window, `letter-${number}-${scheme}`);
      }
      for (const [link, text, name] of [[reminder.links[0], '19.00 EUR', 'pay'], [card.links[0], 'Give another card', 'card']]) {
        await window.page.goto(link);
        await says(window, text);
        await reads(window, `${name}-${scheme}`);
      }
      await window.close();
    }
  }
};

checks['a name and an address that are too long for their page are broken and not cut off, on paper as well'] = async () => {
  const long = { name: `${'W'.repeat(120)} and Sons`, email: `${'x'.repeat(60)}@${'y'.repeat(60)}.example` };
  await told('customer.created', { id: 'cus_long', object: 'customer', ...long });
  await told('charge.succeeded', {
    id: 'ch_long', object: 'charge', customer: 'cus_long', invoice: null, amount: 3800, amount_captured: 3800, amount_refunded: 0, currency: 'xaf',
    captured: true, paid: true, status: 'succeeded', failure_code: null, outcome: { reason: null },
    payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2030 } },
  });
  await until('the account', async () => (await api('mara', 'GET', '/api/accounts/stripe:cus_long')).payments.length === 1);
  const imported = await fetch(`${base}/api/import/customers`, {
    method: 'POST', headers: { authorization: `Bearer ${tokens.mara}`, 'content-type': 'text/csv' },
    body: `provider,customer,address\nstripe,cus_long,${'A street of many words that goes on '.repeat(8)}${'Z'.repeat(200)} end-of-address\n`,
  });
  assert(imported.ok, await imported.text());
  await atBothWidths('mara', async (window, go) => {
    for (const path of ['/accounts/stripe:cus_long', '/accounts', '/accounts/stripe:cus_long/ask?kind=refund']) {
      await go(path);
      await fits(window, `long${path.replaceAll(/[^a-z]+/g, '-')}`);
    }
    await go('/accounts/stripe:cus_long');
    await says(window, 'end-of-address');
    await says(window, '3800 XAF');
    if (window.page.viewportSize().width > 390) {
      await window.page.emulateMedia({ media: 'print' });
      await fits(window, 'long-on-paper');
    }
  });
};

const find = async (path, id = (it) => it.id) => {
  const { items } = await api('mara', 'GET', path);
  assert(items?.length, `${path} lists nothing`);
  return id(items[0]);
};
const letter = (part, patience) => until(`a letter with ${part}`, async () => {
  const sent = JSON.stringify(await letters('')).matchAll(new RegExp(`${base}(${part}[^"<>\\\\\\s]+)`, 'g'));
  return [...sent].map(([, place]) => place)[0];
}, patience);

checks['every page holds what all promise: axe, both themes, both widths, paper, keys, words, bytes'] = async () => {
  const ticket = { subject: 'Charged twice', body: 'I was charged twice this month', requester: { email: 'cus_browser@shop.example', name: 'Ada' } };
  await api('bea', 'POST', '/api/tickets', ticket);
  const form = new URLSearchParams({ email: 'cus_browser@shop.example', invoice: 'IN_BROWSER_1', reason: 'duplicate_charge', text: 'twice' });
  assert((await fetch(`${base}/request/stripe`, { method: 'POST', body: form })).ok);
  await until('the ticket', () => find('/api/tickets'));
  console.log(`     ${await everyPage({ table, base, open, reads, find, letter })}`);
};

checks['what was typed is kept when the session has ended'] = () => keeps({ base, open, says, find });

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
