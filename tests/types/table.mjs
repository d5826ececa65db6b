// Which call of the provider's own library is meant by a request. A path that is not here fails the check.
//
// `asks`: method and path to [call, type of what is sent]. `*` in a path is the call's `$1`, `$2`; `$` is what is sent, and
// `$.amount` one field of it. A form needs the type, to know what of it is a number; JSON knows by itself.

/**
 * A form as the libraries take it: `items[0][id]`, Chargebee's `addons[id][0]`, which is the same, and `expand[]`.
 */
export const form = (pairs) => {
  const sent = {};
  for (const [name, value] of pairs) {
    const keys = name.replaceAll('[]', '[0]').split(/\[|\]\[|\]/).filter((key) => key !== '');
    if (keys.length === 3 && /^\d+$/.test(keys[2]) && !/^\d+$/.test(keys[1])) [keys[1], keys[2]] = [keys[2], keys[1]];
    keys.reduce((place, key, at) => {
      if (at === keys.length - 1) place[key] = value;
      else place[key] ??= /^\d+$/.test(keys[at + 1]) ? [] : {};
      return place[key];
    }, sent);
  }
  return sent;
};
const json = (pairs, body) => (body ? JSON.parse(body) : Object.fromEntries(pairs));
const camel = (value) => (value === null || typeof value !== 'object' ? value : Object.fromEntries(
  Object.entries(value).map(([key, inner]) => [key.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), camel(inner)])));

const stripe = {
  read: form,
  head: "import Stripe from 'stripe';\ndeclare const api: Stripe;",
  client: ({ default: Stripe }) =>
    new Stripe('sk_test_x', { httpClient: Stripe.createFetchHttpClient((...asked) => fetch(...asked)), maxNetworkRetries: 0 }),
  /** What each kind of object is that the sandbox answers with. Here it fills in whatever is always there. */
  fills: true,
  answers: {
    'billing_portal.session': 'Stripe.BillingPortal.Session',
    card: 'Stripe.Card',
    charge: 'Stripe.Charge',
    coupon: 'Stripe.Coupon',
    credit_note: 'Stripe.CreditNote',
    credit_note_line_item: 'Stripe.CreditNoteLineItem',
    customer: 'Stripe.Customer',
    customer_balance_transaction: 'Stripe.CustomerBalanceTransaction',
    discount: 'Stripe.Discount',
    dispute: 'Stripe.Dispute',
    invoice: 'Stripe.Invoice',
    invoice_payment: 'Stripe.InvoicePayment',
    line_item: 'Stripe.InvoiceLineItem',
    payment_intent: 'Stripe.PaymentIntent',
    payment_method: 'Stripe.PaymentMethod',
    plan: 'Stripe.Plan',
    price: 'Stripe.Price',
    'radar.early_fraud_warning': 'Stripe.Radar.EarlyFraudWarning',
    refund: 'Stripe.Refund',
    subscription: 'Stripe.Subscription',
    subscription_item: 'Stripe.SubscriptionItem',
    subscription_schedule: 'Stripe.SubscriptionSchedule',
    'subscription_schedule.phase': 'Stripe.SubscriptionSchedule.Phase',
    'subscription_schedule.phase.item': 'Stripe.SubscriptionSchedule.Phase.Item',
  },
  asks: {
    'GET /v1/charges': ['api.charges.list($)', 'Stripe.ChargeListParams'],
    'GET /v1/credit_notes': ['api.creditNotes.list($)', 'Stripe.CreditNoteListParams'],
    'GET /v1/customers': ['api.customers.list($)', 'Stripe.CustomerListParams'],
    'GET /v1/customers/*/balance_transactions':
      ['api.customers.listBalanceTransactions($1, $)', 'Stripe.CustomerListBalanceTransactionsParams'],
    'GET /v1/disputes': ['api.disputes.list($)', 'Stripe.DisputeListParams'],
    'GET /v1/invoice_payments': ['api.invoicePayments.list($)', 'Stripe.InvoicePaymentListParams'],
    'GET /v1/invoices': ['api.invoices.list($)', 'Stripe.InvoiceListParams'],
    'GET /v1/invoices/*': ['api.invoices.retrieve($1, $)', 'Stripe.InvoiceRetrieveParams'],
    'GET /v1/radar/early_fraud_warnings': ['api.radar.earlyFraudWarnings.list($)', 'Stripe.Radar.EarlyFraudWarningListParams'],
    'GET /v1/refunds': ['api.refunds.list($)', 'Stripe.RefundListParams'],
    'GET /v1/subscription_schedules/*': ['api.subscriptionSchedules.retrieve($1, $)', 'Stripe.SubscriptionScheduleRetrieveParams'],
    'GET /v1/subscriptions': ['api.subscriptions.list($)', 'Stripe.SubscriptionListParams'],
    'GET /v1/subscriptions/*': ['api.subscriptions.retrieve($1, $)', 'Stripe.SubscriptionRetrieveParams'],
    'POST /v1/billing_portal/sessions': ['api.billingPortal.sessions.create($)', 'Stripe.BillingPortal.SessionCreateParams'],
    'POST /v1/coupons': ['api.coupons.create($)', 'Stripe.CouponCreateParams'],
    'POST /v1/customers/*/balance_transactions':
      ['api.customers.createBalanceTransaction($1, $)', 'Stripe.CustomerCreateBalanceTransactionParams'],
    'POST /v1/invoices/*/mark_uncollectible': ['api.invoices.markUncollectible($1, $)', 'Stripe.InvoiceMarkUncollectibleParams'],
    'POST /v1/invoices/*/pay': ['api.invoices.pay($1, $)', 'Stripe.InvoicePayParams'],
    'POST /v1/invoices/*/void': ['api.invoices.voidInvoice($1, $)', 'Stripe.InvoiceVoidInvoiceParams'],
    'POST /v1/refunds': ['api.refunds.create($)', 'Stripe.RefundCreateParams'],
    'POST /v1/subscription_schedules': ['api.subscriptionSchedules.create($)', 'Stripe.SubscriptionScheduleCreateParams'],
    'POST /v1/subscription_schedules/*': ['api.subscriptionSchedules.update($1, $)', 'Stripe.SubscriptionScheduleUpdateParams'],
    'POST /v1/subscriptions/*': ['api.subscriptions.update($1, $)', 'Stripe.SubscriptionUpdateParams'],
    'POST /v1/subscriptions/*/resume': ['api.subscriptions.resume($1, $)', 'Stripe.SubscriptionResumeParams'],
    'DELETE /v1/subscriptions/*': ['api.subscriptions.cancel($1, $)', 'Stripe.SubscriptionCancelParams'],
  },
};

const chargebee = {
  // The types write the order of a list with its brackets.
  read: (pairs) => {
    const isOrder = ([name]) => name.startsWith('sort_by[');
    return { ...form(pairs.filter((pair) => !isOrder(pair))), ...Object.fromEntries(pairs.filter(isOrder)) };
  },
  head: "import Chargebee, * as Types from 'chargebee';\ndeclare const api: Chargebee;",
  client: ({ default: Chargebee }) => new Chargebee({ site: 'x', apiKey: 'x' }),
  answers: {
    card: 'Types.Card',
    comment: 'Types.Comment',
    coupon: 'Types.Coupon',
    credit_note: 'Types.CreditNote',
    customer: 'Types.Customer',
    download: 'Types.Download',
    hosted_page: 'Types.HostedPage',
    invoice: 'Types.Invoice',
    payment_source: 'Types.PaymentSource',
    promotional_credit: 'Types.PromotionalCredit',
    subscription: 'Types.Subscription',
    transaction: 'Types.Transaction',
  },
  /** Every resource says what it is, in each answer that Chargebee documents; its types leave that out. */
  besides: ['object'],
  asks: {
    'GET /api/v2/credit_notes': ['api.creditNote.list($)', 'Types.CreditNote.ListInputParam'],
    'GET /api/v2/customers': ['api.customer.list($)', 'Types.Customer.ListInputParam'],
    'GET /api/v2/invoices': ['api.invoice.list($)', 'Types.Invoice.ListInputParam'],
    'GET /api/v2/invoices/*': ['api.invoice.retrieve($1)'],
    'GET /api/v2/payment_sources': ['api.paymentSource.list($)', 'Types.PaymentSource.ListInputParam'],
    'GET /api/v2/promotional_credits': ['api.promotionalCredit.list($)', 'Types.PromotionalCredit.ListInputParam'],
    'GET /api/v2/subscriptions': ['api.subscription.list($)', 'Types.Subscription.ListInputParam'],
    'GET /api/v2/subscriptions/*': ['api.subscription.retrieve($1)'],
    'GET /api/v2/subscriptions/*/retrieve_with_scheduled_changes': ['api.subscription.retrieveWithScheduledChanges($1)'],
    'GET /api/v2/transactions': ['api.transaction.list($)', 'Types.Transaction.ListInputParam'],
    'GET /api/v2/transactions/*': ['api.transaction.retrieve($1)'],
    'POST /api/v2/coupons': ['api.coupon.create($)', 'Types.Coupon.CreateInputParam'],
    'POST /api/v2/coupons/create_for_items': ['api.coupon.createForItems($)', 'Types.Coupon.CreateForItemsInputParam'],
    'POST /api/v2/hosted_pages/collect_now': ['api.hostedPage.collectNow($)', 'Types.HostedPage.CollectNowInputParam'],
    'POST /api/v2/hosted_pages/manage_payment_sources':
      ['api.hostedPage.managePaymentSources($)', 'Types.HostedPage.ManagePaymentSourcesInputParam'],
    'POST /api/v2/invoices/*/collect_payment': ['api.invoice.collectPayment($1, $)', 'Types.Invoice.CollectPaymentInputParam'],
    'POST /api/v2/invoices/*/pdf': ['api.invoice.pdf($1, $)', 'Types.Invoice.PdfInputParam'],
    'POST /api/v2/invoices/*/record_payment': ['api.invoice.recordPayment($1, $)', 'Types.Invoice.RecordPaymentInputParam'],
    'POST /api/v2/invoices/*/refund': ['api.invoice.refund($1, $)', 'Types.Invoice.RefundInputParam'],
    'POST /api/v2/invoices/*/void': ['api.invoice.voidInvoice($1, $)', 'Types.Invoice.VoidInvoiceInputParam'],
    'POST /api/v2/invoices/*/write_off': ['api.invoice.writeOff($1, $)', 'Types.Invoice.WriteOffInputParam'],
    'POST /api/v2/promotional_credits/add': ['api.promotionalCredit.add($)', 'Types.PromotionalCredit.AddInputParam'],
    'POST /api/v2/subscriptions/*': ['api.subscription.update($1, $)', 'Types.Subscription.UpdateInputParam'],
    'POST /api/v2/subscriptions/*/cancel': ['api.subscription.cancel($1, $)', 'Types.Subscription.CancelInputParam'],
    'POST /api/v2/subscriptions/*/cancel_for_items':
      ['api.subscription.cancelForItems($1, $)', 'Types.Subscription.CancelForItemsInputParam'],
    'POST /api/v2/subscriptions/*/change_term_end':
      ['api.subscription.changeTermEnd($1, $)', 'Types.Subscription.ChangeTermEndInputParam'],
    'POST /api/v2/subscriptions/*/pause': ['api.subscription.pause($1, $)', 'Types.Subscription.PauseInputParam'],
    'POST /api/v2/subscriptions/*/resume': ['api.subscription.resume($1, $)', 'Types.Subscription.ResumeInputParam'],
    'POST /api/v2/subscriptions/*/update_for_items':
      ['api.subscription.updateForItems($1, $)', 'Types.Subscription.UpdateForItemsInputParam'],
    'POST /api/v2/transactions/*/refund': ['api.transaction.refund($1, $)', 'Types.Transaction.RefundInputParam'],
  },
};

/** What a library's function takes as its argument of that number, where the type has no name. */
const taken = (what, at = 0) => `NonNullable<Parameters<${what}>[${at}]>`;

/** What a library's function answers with. */
const given = (what) => `Awaited<ReturnType<${what}>>`;

const lemonsqueezy = {
  // The library takes attributes in camelCase and wraps them itself, and what is to be included as a list.
  read: (pairs, body) => {
    if (body) return camel(JSON.parse(body).data?.attributes ?? {});
    const { include, ...rest } = form(pairs);
    return include ? { include: include.split(','), ...rest } : rest;
  },
  // It writes down what holds where nothing is sent.
  adds: { disable_prorations: false, include: '' },
  head: "import * as api from '@lemonsqueezy/lemonsqueezy.js';",
  client: (library) => (library.lemonSqueezySetup({ apiKey: 'x' }), library),
  answers: {
    customers: "api.Customer['data']['attributes']",
    orders: "api.Order['data']['attributes']",
    prices: "api.Price['data']['attributes']",
    'subscription-invoices': "api.SubscriptionInvoice['data']['attributes']",
    'subscription-items': "api.SubscriptionItem['data']['attributes']",
    subscriptions: "api.Subscription['data']['attributes']",
  },
  asks: {
    'GET /v1/customers': ['api.listCustomers($)', taken('typeof api.listCustomers')],
    'GET /v1/customers/*': ['api.getCustomer($1)'],
    'GET /v1/orders': ['api.listOrders($)', taken('typeof api.listOrders')],
    'GET /v1/orders/*': ['api.getOrder($1)'],
    'GET /v1/prices/*': ['api.getPrice($1)'],
    'GET /v1/subscription-invoices': ['api.listSubscriptionInvoices($)', taken('typeof api.listSubscriptionInvoices')],
    'GET /v1/subscription-invoices/*': ['api.getSubscriptionInvoice($1)'],
    'GET /v1/subscriptions': ['api.listSubscriptions($)', taken('typeof api.listSubscriptions')],
    'GET /v1/subscriptions/*': ['api.getSubscription($1)'],
    'POST /v1/orders/*/refund': ['api.issueOrderRefund($1, $.amount)'],
    'POST /v1/subscription-invoices/*/refund': ['api.issueSubscriptionInvoiceRefund($1, $.amount)'],
    'PATCH /v1/subscription-items/*': ['api.updateSubscriptionItem($1, $)'],
    'PATCH /v1/subscriptions/*': ['api.updateSubscription($1, $)'],
    'DELETE /v1/subscriptions/*': ['api.cancelSubscription($1)'],
  },
};

const mollie = {
  // The types ask for `redirectUrl` always, which the specification said by mistake of a recurring payment:
  // https://docs.mollie.com/changelog/fix-redirecturl-incorrectly-marked-as-always-required-on-payment-creation
  read: (pairs, body) => {
    const sent = json(pairs, body);
    return sent.sequenceType === 'recurring' ? { redirectUrl: null, ...sent } : sent;
  },
  adds: { redirectUrl: null },
  head: "import { Client } from 'mollie-api-typescript';\ndeclare const api: Client;",
  client: ({ Client }) => new Client({ security: { apiKey: 'test_x' }, retryConfig: { strategy: 'none' } }),
  answers: {
    chargeback: given("Client['chargebacks']['get']"),
    customer: given("Client['customers']['get']"),
    payment: given("Client['payments']['get']"),
    'payment-link': given("Client['paymentLinks']['get']"),
    refund: given("Client['refunds']['get']"),
    'sales-invoice': given("Client['salesInvoices']['get']"),
    subscription: given("Client['subscriptions']['get']"),
  },
  /** What a payment is asked to `embed`, which its schema leaves out. */
  besides: ['_embedded'],
  /** As the library spells what the API sends. */
  spelt: { _links: 'links' },
  asks: {
    'GET /v2/chargebacks': ['api.chargebacks.all($)', taken("Client['chargebacks']['all']")],
    'GET /v2/customers': ['api.customers.list($)', taken("Client['customers']['list']")],
    'GET /v2/customers/*/payments':
      ['api.customers.listPayments({ customerId: $1, ...($) })', `Omit<${taken("Client['customers']['listPayments']")}, 'customerId'>`],
    'GET /v2/customers/*/subscriptions/*': ['api.subscriptions.get({ customerId: $1, subscriptionId: $2 })'],
    'GET /v2/events/*': ['api.webhookEvents.get({ webhookEventId: $1 })'],
    'GET /v2/payments': ['api.payments.list($)', taken("Client['payments']['list']")],
    'GET /v2/payments/*':
      ['api.payments.get({ paymentId: $1, ...($) })', `Omit<${taken("Client['payments']['get']")}, 'paymentId'>`],
    'GET /v2/payments/*/refunds':
      ['api.refunds.list({ paymentId: $1, ...($) })', `Omit<${taken("Client['refunds']['list']")}, 'paymentId'>`],
    'GET /v2/refunds': ['api.refunds.all($)', taken("Client['refunds']['all']")],
    'GET /v2/sales-invoices': ['api.salesInvoices.list($)', taken("Client['salesInvoices']['list']")],
    'GET /v2/sales-invoices/*': ['api.salesInvoices.get({ salesInvoiceId: $1 })'],
    'GET /v2/subscriptions': ['api.subscriptions.all($)', taken("Client['subscriptions']['all']")],
    'POST /v2/customers/*/payments': ['api.customers.createPayment({ customerId: $1, paymentRequest: $ })'],
    'POST /v2/payment-links': ['api.paymentLinks.create({ requestBody: $ })'],
    'POST /v2/payments/*/refunds': ['api.refunds.create({ paymentId: $1, refundRequest: $ })'],
    'PATCH /v2/customers/*/subscriptions/*':
      ['api.subscriptions.update({ customerId: $1, subscriptionId: $2, requestBody: $ })'],
    'PATCH /v2/sales-invoices/*': ['api.salesInvoices.update({ salesInvoiceId: $1, requestBody: $ })'],
    'DELETE /v2/customers/*/subscriptions/*': ['api.subscriptions.cancel({ customerId: $1, subscriptionId: $2 })'],
  },
};

export const providers = { chargebee, lemonsqueezy, mollie, stripe };

/**
 * The packages that bear witness: the newest, and the oldest that is promised. What one `lacks` has to be lacking: a call, or
 * one name that it sends.
 */
export const witnesses = [
  { provider: 'stripe', module: 'stripe' },
  {
    provider: 'stripe', module: 'stripe-oldest', stands: 'stripe', declares: 'types/index.d.ts',
    // Began with 18.0.0 and basil. Every request names its `Stripe-Version`, which is later.
    lacks: ['GET /v1/invoice_payments'],
  },
  { provider: 'chargebee', module: 'chargebee' },
  {
    provider: 'chargebee', module: 'chargebee-oldest', stands: 'chargebee', declares: 'types/index.d.ts',
    // The API has one version for all libraries; this one did not declare it yet.
    lacks: ['GET /api/v2/payment_sources include_deleted'],
  },
  { provider: 'lemonsqueezy', module: '@lemonsqueezy/lemonsqueezy.js' },
  { provider: 'mollie', module: 'mollie-api-typescript' },
];
