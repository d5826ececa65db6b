// Signs deliveries with the providers' own libraries and writes them as JSON lines:
// {provider, by, secret, at, headers, body}. Every one must be believed, and none after a byte was changed.
//
// npm install && node sign.mjs ../fixtures > signed.jsonl
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Stripe from 'stripe';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';

const require = createRequire(import.meta.url);
const mollieRoot = dirname(require.resolve('mollie-api-typescript/package.json'));
const mollie = await import(join(mollieRoot, 'dist/esm/utils/webhooks/signature_validator.js')).catch(() =>
  import(join(mollieRoot, 'esm/utils/webhooks/signature_validator.js')));

const at = 1772362800;
const bodies = (provider) => {
  const folder = join(process.argv[2], provider);
  const recorded = readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => readFileSync(join(folder, name), 'utf8'));
  return [...recorded, '{}', '{"text":"Grüße 😀 \\u00e9"}'];
};
const say = (provider, by, secret, headers, body) => console.log(JSON.stringify({ provider, by, secret, at, headers, body }));

const stripe = new Stripe('sk_test_x');
for (const body of bodies('stripe')) {
  const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret: 'whsec_test', timestamp: at });
  say('stripe', 'stripe', 'whsec_test', { 'stripe-signature': header }, body);
  // RevenueCat has no library; its scheme is Stripe's.
  say('revenuecat', 'stripe', 'whsec_test', { 'x-revenuecat-webhook-signature': header }, body);
}
const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
for (const body of bodies('ticket')) {
  const [id, when] = ['msg_1', new Date(at * 1000)];
  for (const [by, library] of [['standardwebhooks', new Standard(key)], ['svix', new Svix(key)]]) {
    say('ticket', by, key, { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': library.sign(id, when, body) }, body);
  }
}
for (const body of bodies('mollie')) {
  const signature = await mollie.SignatureValidator.createSignature(body, 'mollie secret');
  say('mollie', 'mollie-api-typescript', 'mollie secret', { 'x-mollie-signature': signature.startsWith('sha256=') ? signature : `sha256=${signature}` }, body);
}
// No library signs for these; the scheme is the platform's own HMAC.
for (const body of bodies('lemonsqueezy')) {
  say('lemonsqueezy', 'node', 'ls secret', { 'x-signature': createHmac('sha256', 'ls secret').update(body).digest('hex') }, body);
}
for (const body of bodies('zendesk')) {
  const time = new Date(at * 1000).toISOString();
  const signature = createHmac('sha256', 'zd secret').update(time + body).digest('base64');
  say('zendesk', 'node', 'zd secret', { 'x-zendesk-webhook-signature': signature, 'x-zendesk-webhook-signature-timestamp': time }, body);
}
