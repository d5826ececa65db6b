// From "I was charged twice" to the customer's confirmation: what people see on the way, and how many pages they load.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';

const LOADS_MAX = 6;
const SECRET = 'test_ticket_secret';

// The help desk tells of a ticket, signed as on any machine that has no secrets of its own.
async function wrote(base, ticket) {
  const { now } = await (await fetch(`${base}/local/clock`)).json();
  const [id, at] = [`msg_${randomUUID()}`, Math.floor(Date.parse(now) / 1000)];
  const body = JSON.stringify({ id: `tkt_${randomUUID()}`, type: 'ticket.created', created_at: now, ticket: { status: 'open', csat: null, ...ticket } });
  const signature = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
  const answer = await fetch(`${base}/webhooks/ticket/default`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

export async function walk({ base, api, told, open, says, until, letters }) {
  const [customer, to, ticket] = ['cus_walk', 'cus_walk@shop.example', 'walk_1'];
  await told('customer.created', { id: customer, object: 'customer', name: 'Juniper Logistics', email: to });
  for (const id of ['ch_walk_1', 'ch_walk_2']) {
    await told('charge.succeeded', {
      id, object: 'charge', customer, invoice: null, amount: 3800, amount_captured: 3800, amount_refunded: 0, currency: 'usd',
      captured: true, paid: true, status: 'succeeded', failure_code: null, outcome: { reason: null },
      payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2030 } },
    });
  }
  const waiting = `/api/actions?state=waiting_approval&account=stripe:${customer}`;
  const refund = await until('the request for the refund', async () => (await api('mara', 'GET', waiting)).items[0]);
  await wrote(base, { id: ticket, subject: 'Charged twice', body: 'I was charged twice today. Please give one of the two back.', requester: { email: to, name: 'June' } });
  const at = (path) => api('mara', 'GET', `/api/tickets/${ticket}${path}`);
  const { assignee } = await until('the ticket on its case', async () => { const it = await at(''); return it.case && it; });
  const answers = assignee ?? 'lena';
  const approves = answers === 'mara' ? 'marc' : 'mara';

  let loads = 0;
  const signedIn = async (as) => {
    const window = await open(`${base}/healthz`, { as });
    window.page.on('framenavigated', (frame) => { if (frame === window.page.mainFrame()) loads += 1; });
    return window;
  };

  // Whoever has the ticket sees who waits, and that the refund waits for somebody's word.
  const agent = await signedIn(answers);
  await agent.page.goto(`${base}/`);
  await says(agent, 'Juniper Logistics: Charged twice');
  await agent.page.click(`a[href="/tickets/${ticket}"]`);
  await agent.page.waitForURL(`${base}/tickets/${ticket}`);
  await says(agent, 'They wait for an answer since');
  assert(await agent.page.locator(`a[href="/actions/${refund.id}"]`).count() > 0, 'what was asked for leads to its page');

  // Whoever may approve it opens it by the button of the message at Slack.
  const message = await until('the message at Slack', async () => JSON.stringify(await letters('channel=slack')).includes(refund.id));
  assert(message);
  const approver = await signedIn(approves);
  await approver.page.goto(`${base}/actions/${refund.id}`);
  await says(approver, '38.00 USD');
  await approver.page.click('button[name=decision][value=approve]');
  await approver.page.waitForLoadState();
  await approver.close();
  await until('the refund', async () => (await api('mara', 'GET', `/api/actions/${refund.id}`)).state === 'executed');
  await until('the text that it is done', async () => (await at('/drafts')).drafts.some((draft) => draft.outcome === 'done'));

  // The answer is prepared: one press sends it.
  await agent.page.goto(`${base}/tickets/${ticket}`);
  const form = agent.page.locator('form', { has: agent.page.locator('input[name=outcome][value=done]') }).first();
  await form.evaluate((own) => { own.closest('details').open = true; });
  const text = await form.locator('textarea').inputValue();
  await form.getByRole('button', { name: 'Send', exact: true }).click();
  await agent.page.waitForLoadState();
  const sent = await until('the confirmation', async () => (await letters(`channel=mail&to=${to}`)).find((letter) => letter.text.includes(text.trim().split('\n')[0]) && letter.text.includes('38.00')));
  assert(sent.text.includes('business days'), sent.text);
  await agent.close();
  await until('the end of the ticket', async () => (await at('')).state === 'resolved');
  assert(loads <= LOADS_MAX, `${loads} pages were loaded`);
  return `${loads} pages were loaded`;
}
