// SPDX-License-Identifier: Apache-2.0
// Remembers what fenqid has signed, and what the shop asked for; says what contradicts it.

const FINAL = ['REFUNDED', 'FAILED'];
export const stateOf = ({ state }) => state.slice(state.lastIndexOf('STATE_') + 'STATE_'.length);

const linkOf = ({ next_action: action }) => action?.hosted_url || action?.qr_code || action?.app_sdk || undefined;

/** What of an earlier answer about a refund is not true any more. */
function* refundLies(told, now) {
  const name = told.refund_id;
  if (now === undefined) {
    yield `refund ${name} was told, and is gone`;
    return;
  }
  if (now.amount.minor !== told.amount.minor) yield `refund ${name} has another amount`;
  const [before, after] = [stateOf(told), stateOf(now)];
  /* SUBMITTED may become RESERVED again: the call provably never left. */
  if (FINAL.includes(before) && after !== before) yield `refund ${name} was told ${before}, and is ${after}`;
}

/** What of an earlier answer about a payment is not true any more; `now` may be of the same moment. */
export function* lies(told, now) {
  const name = `payment ${told.payment_id}`;
  const [before, after] = [stateOf(told), stateOf(now)];
  for (const field of ['payment_id', 'merchant_order_id', 'channel', 'created_at_unix_ms'])
    if (told[field] !== now[field]) yield `${name}: ${field} was ${told[field]}, is ${now[field]}`;
  if (told.amount.minor !== now.amount.minor) yield `${name} has another amount`;
  if (now.version < told.version) yield `${name}: version ${told.version} was told, is ${now.version}`;
  if (before !== after && before !== 'OPEN' && !(before === 'CLOSED' && now.late_success)) yield `${name} was told ${before}, is ${after}`;
  if (before === 'PAID' && (told.paid_at_unix_ms !== now.paid_at_unix_ms || told.platform_ref !== now.platform_ref))
    yield `${name}: when and by which number it was paid has changed`;
  if (told.closing && after === 'OPEN' && !now.closing) yield `${name}: the wish to close it is forgotten`;
  if (now.refunded_minor < told.refunded_minor) yield `${name}: ${told.refunded_minor} were refunded, now ${now.refunded_minor}`;
  if (linkOf(told) && linkOf(now) && linkOf(told) !== linkOf(now)) yield `${name}: another link, code or string`;
  for (const refund of told.refunds ?? []) yield* refundLies(refund, now.refunds?.find((one) => one.refund_id === refund.refund_id));
}

export class Witness {
  requests = new Map(); // idempotency key -> { kind, body, told: an identifier, how often it was asked, and refused }
  payments = new Map(); // id -> the newest answer
  events = [];
  numbers = new Map(); // order number that the buyer was led to -> payment id

  /** What was known when a question was asked: its answer may not fall behind it. */
  get known() {
    return new Map(this.payments);
  }

  asks(kind, body) {
    if (!this.requests.has(body.idempotency_key)) this.requests.set(body.idempotency_key, { kind, body, nAsked: 0, nUnchanged: 0 });
    this.requests.get(body.idempotency_key).nAsked++;
    return this.known;
  }

  /** It was refused with the promise that nothing was changed. */
  isUnchanged({ idempotency_key: key }) {
    this.requests.get(key).nUnchanged++;
  }

  isNamed({ idempotency_key: key }, identifier, complain) {
    const request = this.requests.get(key);
    request.told ??= identifier;
    if (request.told !== identifier) complain(`key ${key} stood for ${request.told}, and now for ${identifier}`);
  }

  learns(payment, known, complain) {
    const told = known.get(payment.payment_id);
    if (told) for (const lie of lies(told, payment)) complain(lie);
    const newest = this.payments.get(payment.payment_id);
    if (!newest || newest.version <= payment.version) this.payments.set(payment.payment_id, payment);
  }

  learnsRefund(refund, known, complain) {
    const payment = known.get(refund.payment_id);
    const told = payment?.refunds.find((one) => one.refund_id === refund.refund_id);
    if (told) for (const lie of refundLies(told, refund)) complain(lie);
    const newest = this.payments.get(refund.payment_id);
    if (newest && !newest.refunds.some((one) => one.refund_id === refund.refund_id))
      this.payments.set(refund.payment_id, { ...newest, refunds: [...newest.refunds, refund] });
  }

  learnsEvents(events, complain) {
    this.events.forEach((told, i) => {
      const now = events[i];
      for (const field of ['cursor', 'kind', 'payment_id', 'refund_id', 'payment_version'])
        if (now?.[field] !== told[field]) complain(`event ${told.cursor}: ${field} was ${told[field]}, is ${now?.[field]}`);
    });
    if (events.length >= this.events.length) this.events = events;
  }

  isLedTo(number, id) {
    this.numbers.set(number, id);
  }
}
