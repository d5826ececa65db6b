// Every page of the console, in light and dark, at a desk, on a phone and on paper: what holds of all of them.
//
// The list of pages is the table of routes: a page that is added there and not here fails the check.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const BYTES_MAX = 50 * 1024;
const BESIDE_PAGES = ['/healthz', '/style.css', '/console.js', '/documents/{number}/pdf', '/documents/{number}/ubl', '/documents/{number}/cii'];
const LISTS = [
  '/accounts', '/actions', '/ageing', '/approvals', '/cases', '/disputes', '/documents', '/dunning', '/incidents', '/payment-requests',
  '/payments/unmatched', '/tasks', '/tickets',
];
const IDS = 'act|ch|cn|cus|di|dp|du|evt|in|inc|link|own|pi|pm|pr|price|prod|rcv|re|seti|sub|task|tk|txn';

// The pages of the table: what answers GET and is neither for programs nor asked for by a page.
export function patterns(table) {
  const routes = [...readFileSync(table, 'utf8').matchAll(/route\(\s*Method::GET,\s*"([^"]+)"/g)].map(([, pattern]) => pattern);
  const pages = routes.filter((pattern) => !pattern.startsWith('/api/') && !BESIDE_PAGES.includes(pattern));
  assert(pages.length > 30, `${pages.length} pages`);
  return pages;
}

// Where each page is, with something in it. `find` asks for the first of a list, `letter` for a link in what was sent.
async function places(table, { find, letter }) {
  const own = {
    '/accounts/{id}': async () => `/accounts/${await find('/api/accounts', (it) => it.account.id)}`,
    '/accounts/{id}/ask': async () => `/accounts/${await find('/api/accounts', (it) => it.account.id)}/ask?kind=refund`,
    '/accounts/{id}/dunning': async () => `/accounts/${await find('/api/dunning', (it) => it.account)}/dunning`,
    '/cases/{id}': async () => `/cases/${await find('/api/cases')}`,
    '/actions/{id}': async () => `/actions/${await find('/api/actions')}`,
    '/tasks/{id}': async () => `/tasks/${await find('/api/tasks').catch(() => find('/api/tasks?state=done'))}`,
    '/tickets/{id}': async () => `/tickets/${await find('/api/tickets')}`,
    // Without an incident the page says so, and is a page as well.
    '/incidents/{id}': async () => `/incidents/${(await find('/api/incidents').catch(() => undefined)) ?? 'inc_none'}`,
    // So does the page of a document that is not there.
    '/documents/{number}': async () => `/documents/${(await find('/api/documents', (it) => it.number).catch(() => undefined)) ?? 'none'}`,
    '/reports/{month}': async () => '/reports/2026-01',
    '/pay/{token}': () => letter('/pay/'),
    '/card/{token}': () => letter('/card/'),
    // Only letters about cards that expire soon lead there; without one the page says that it does not know the link.
    '/messages/{token}': () => letter('/messages/', 500).catch(() => `/messages/${'0'.repeat(64)}`),
    // So does the one for a document that nobody was sent.
    '/document/{token}': () => letter('/document/', 500).catch(() => `/document/${'0'.repeat(64)}`),
    '/request/{source}': async () => '/request/stripe',
    '/request/confirm/{token}': () => letter('/request/confirm/'),
  };
  const found = [];
  for (const pattern of patterns(table)) {
    const place = own[pattern] ?? (pattern.includes('{') ? undefined : async () => pattern);
    assert(place, `${pattern} is a page: say in every_page.mjs where it is, so that it is looked at`);
    found.push([pattern, await place()]);
  }
  return [...found, ['/outbox', '/outbox'], ['/policies?policy', '/policies?policy=texts/v1'], ['/accounts/{id}/ask kinds', (await own['/accounts/{id}/ask']()).split('?')[0]]];
}

// What is wrong with a page as it stands, whoever looks.
const wrong = (ids) => {
  const problems = [];
  for (const head of document.querySelectorAll('th:not([scope])')) problems.push(`a header without scope: ${head.outerHTML}`);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption && !table.getAttribute('aria-label') && !table.closest('[role=presentation]')) problems.push(`a table without a name: ${table.outerHTML.slice(0, 120)}`);
  }
  const skipped = 'script, style, code, pre, textarea, q, .written, .soft code';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const id = new RegExp(`^(?:${ids})_`);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (text.parentElement.closest(skipped)) continue;
    for (const [word] of text.data.matchAll(/(?<![\w/.@:-])[a-z]+(?:_[a-z]+)+(?![\w@])/g)) if (!id.test(word)) problems.push(`a program's word: ${word} in ${text.data.trim().slice(0, 120)}`);
    if (/line \d+ column \d+|\.toml\b|missing field|unknown variant/.test(text.data)) problems.push(`a program's sentence: ${text.data.slice(0, 160)}`);
  }
  return problems;
};

const moved = () => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(sum), 100);
});

const loaded = () => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0);

// The colours that words have, on the two grounds that they stand on: 4.5 to 1 is what AA asks for.
const pale = () => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const hex = style.getPropertyValue(name).trim();
    const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const pairs = ['--ink', '--soft', '--accent', '--good', '--warn', '--bad'].flatMap((name) => [[name, '--paper'], [name, '--ground']]);
  return [...pairs, ['--on-accent', '--accent']].map(([one, other]) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return [`${one} on ${other}`, (high + 0.05) / (low + 0.05)];
  }).filter(([, ratio]) => !(ratio >= 4.5));
};

export async function everyPage({ table, base, open, reads, find, letter }) {
  const all = await places(table, { find, letter });
  for (const list of LISTS) assert(all.some(([pattern]) => pattern === list), `${list} is no page any more`);
  const seen = new Set();
  let heaviest = ['', 0];
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const window = await open(`${base}/`, { width, scheme, as: 'mara' });
      assert.deepEqual(await window.page.evaluate(pale), [], `colours, ${scheme}`);
      for (const [pattern, place] of all) {
        const name = `${place}, ${scheme}, ${width}`;
        const answer = await window.page.goto(new URL(place, base).href);
        assert(answer.ok() || /\/(inc_none|documents\/none|0{64})$/.test(place), `${name}: ${answer.status()}`);
        assert.equal(await window.page.evaluate(moved), 0, `${name} moves while it loads`);
        const bytes = await window.page.evaluate(loaded);
        if (bytes > heaviest[1]) heaviest = [place, bytes];
        assert(bytes <= BYTES_MAX, `${name} loads ${bytes} bytes`);
        assert.deepEqual(await window.page.evaluate(wrong, IDS), [], name);
        const high = await window.page.evaluate(() => document.documentElement.scrollHeight);
        if (LISTS.includes(pattern)) assert(high < 5_000, `${name} is ${high}px high`);
        await reads(window, `every${pattern.replaceAll(/[^a-z]+/g, '-')}-${scheme}`);
        seen.add(pattern);
      }
      await window.close();
    }
  }
  for (const pattern of patterns(table)) assert(seen.has(pattern), `${pattern} was not visited`);
  await onPaper({ base, open }, all);
  await keys({ base, open });
  await times({ base, open });
  return `${all.length} pages four times; the heaviest is ${heaviest[0]} with ${heaviest[1]} bytes`;
}

async function onPaper({ base, open }, all) {
  const window = await open(`${base}/`, { width: 794, scheme: 'dark', as: 'mara' });
  await window.page.emulateMedia({ media: 'print' });
  for (const [pattern, place] of all.filter(([pattern]) => !/pay|card|messages|request/.test(pattern) || pattern === '/payment-requests')) {
    await window.page.goto(new URL(place, base).href);
    const found = await window.page.evaluate(() => {
      const shown = (at) => at.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
      return {
        pressed: [...document.querySelectorAll('header, nav, button, .skip')].filter(shown).map((at) => at.outerHTML.slice(0, 80)),
        clipped: [...document.querySelectorAll('main *')].filter((at) => shown(at) && at.scrollWidth > at.clientWidth + 1 && !['visible', ''].includes(getComputedStyle(at).overflowX)).map((at) => at.outerHTML.slice(0, 80)),
        over: document.documentElement.scrollWidth - window.innerWidth,
        ground: getComputedStyle(document.documentElement).getPropertyValue('--ink').trim(),
      };
    });
    assert.deepEqual([found.pressed, found.clipped, found.over <= 0, found.ground], [[], [], true, '#1b1f24'], `${pattern} on paper: ${found.over}px`);
  }
  await window.close();
}

// Without a mouse: past the navigation first, and whatever has the focus is seen to have it.
async function keys({ base, open }) {
  const window = await open(`${base}/tickets`, { as: 'mara' });
  await window.page.goto(`${base}/tickets`);
  await window.page.keyboard.press('Tab');
  const focused = () => window.page.evaluate(() => {
    const at = document.activeElement;
    return { text: at.textContent.trim(), line: getComputedStyle(at).outlineStyle, id: at.id };
  });
  const first = await focused();
  assert.deepEqual([first.text, first.line], ['Skip to content', 'solid']);
  await window.page.keyboard.press('Enter');
  assert.equal((await focused()).id, 'main');
  await window.page.goto(`${base}/tickets`);
  for (let at = 0; at < 9; at += 1) {
    await window.page.keyboard.press('Tab');
    const { text, line } = await focused();
    assert.equal(line, 'solid', `${text} does not show that it has the focus`);
  }
  await window.close();
}

// The zone of whoever reads, with UTC behind it; without the script UTC by itself.
async function times({ base, open }) {
  const read = async (scripts) => {
    const window = await open(`${base}/cases`, { scripts, as: 'mara', zone: 'America/New_York' });
    await window.page.goto(`${base}/cases`);
    const found = await window.page.evaluate(() => [...document.querySelectorAll('time')].map((at) => [at.textContent, at.title, at.dateTime]));
    assert((await window.page.textContent('footer')).includes('Times that say UTC are UTC'));
    await window.close();
    return found;
  };
  const [plain, told] = [await read(false), await read(true)];
  assert(plain.length > 0 && plain.length === told.length);
  const here = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', day: 'numeric' });
  plain.forEach(([text, title, at], place) => {
    assert(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/.test(text) && title === '', text);
    const [said, behind] = told[place];
    assert.equal(behind, text);
    const near = /^(today|yesterday|tomorrow) \d\d:\d\d$/.test(said);
    assert(near || said.startsWith(`${here.format(new Date(at))} `), `${said} for ${text}`);
  });
}

// A session that ended while somebody wrote: what they wrote is kept, and sent once they say so.
export async function keeps({ base, open, says, find }) {
  const place = `/tickets/${await find('/api/tickets')}`;
  const window = await open(`${base}${place}`, { as: 'bea' });
  await window.page.goto(base + place);
  const form = window.page.locator('form', { has: window.page.locator('button[value=class]') });
  await form.locator('input[name=note]').fill('they <b>said</b> so');
  await window.page.context().clearCookies();
  await form.locator('button[value=class]').click();
  await says(window, 'What you wrote is kept');
  await says(window, 'they <b>said</b> so');
  await window.page.click('button[value=bea]');
  await says(window, 'You are signed in again');
  await window.page.click('button:has-text("Send it now")');
  await window.page.waitForURL((url) => decodeURIComponent(url.pathname) === place);
  await says(window, ', says Bea');
  await window.close();
}
