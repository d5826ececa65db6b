// An account within a page of somebody else, over https, as a help desk shows it: where that page is allowed it stands there, elsewhere nothing does.
//
// The product answers over http here. A page of https may frame it all the same, because Chromium takes 127.0.0.1 for as good as https; deployed,
// the product is https itself.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import selfsigned from 'selfsigned';

const WIDTH = 320;
const HOST = '127.0.0.1';

// The page of a ticket with a frame beside it. Its key is made for this run, and kept nowhere.
async function desk(keys, frame) {
  const page = `<!doctype html><html lang="en"><title>Ticket</title><h1>I was charged twice</h1>
    <iframe title="Recoup" width="${WIDTH}" height="800" style="border: 0" src="${frame.replaceAll('&', '&amp;')}"></iframe></html>`;
  const server = createServer({ key: keys.private, cert: keys.cert }, (request, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  await new Promise((listens) => server.listen(0, HOST, listens));
  return { origin: `https://${HOST}:${server.address().port}`, close: () => new Promise((closed) => { server.close(closed); server.closeAllConnections(); }) };
}

async function visit(browser, origin) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const refusals = [];
  page.on('console', (said) => said.text().includes('frame-ancestors') && refusals.push(said.text()));
  await page.goto(`${origin}/`);
  assert(await page.evaluate(() => globalThis.isSecureContext), 'the help desk is https');
  return { page, refusals, cookies: () => context.cookies(), close: () => context.close() };
}

export async function framed({ browser, base, api, until }) {
  const keys = selfsigned.generate([{ name: 'commonName', value: HOST }], {
    algorithm: 'sha256', days: 2, keySize: 2048, extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: HOST }] }],
  });
  const { url } = await api('lena', 'POST', '/api/embeds', { account: 'stripe:cus_demo011' });
  assert(url.startsWith(`${base}/accounts/`), url);
  const [allowed, other] = [await desk(keys, url), await desk(keys, url)];
  await api('mara', 'POST', '/api/embeds/origins', { origins: [allowed.origin] });
  const answer = await fetch(url);
  const policy = answer.headers.get('content-security-policy');
  assert(answer.ok && policy.includes(`frame-ancestors ${allowed.origin};`), `${answer.status}: ${policy}`);

  const seen = await visit(browser, allowed.origin);
  await seen.page.frameLocator('iframe').locator('body', { hasText: 'Payments' }).waitFor();
  const frame = seen.page.frames().find((own) => own.url().startsWith(`${base}/accounts/`));
  assert(frame, seen.page.frames().map((own) => own.url()).join(' '));
  const { width, over } = await frame.evaluate(() => ({ width: innerWidth, over: document.documentElement.scrollWidth - innerWidth }));
  assert.equal(width, WIDTH);
  assert(over <= 0, `it is ${over}px too wide for its frame`);
  assert.deepEqual(await frame.evaluate(() => [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0)), [true], 'it is styled');
  assert.deepEqual(seen.refusals, []);
  assert.deepEqual(await seen.cookies(), [], 'it sets no cookie');
  await seen.close();

  const unseen = await visit(browser, other.origin);
  const inside = () => unseen.page.frames().filter((own) => own !== unseen.page.mainFrame());
  await until('the refusal', async () => unseen.refusals.length > 0 || inside().some((own) => own.url().startsWith('chrome-error:')));
  for (const own of inside()) {
    const text = await own.evaluate(() => document.body?.innerText ?? '').catch(() => '');
    assert(!text.includes('Payments'), `a page that is not allowed shows ${text}`);
  }
  await unseen.close();
  await Promise.all([allowed.close(), other.close()]);
  // As it was for whoever looks after this.
  await api('mara', 'POST', '/api/embeds/origins', { origins: ['https://shop.zendesk.com'] });
}
