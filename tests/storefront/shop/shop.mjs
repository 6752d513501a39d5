// SPDX-License-Identifier: Apache-2.0
// What the shop does with fenqid: quotes, payments, refunds, and hearing of results. No HTML, no HTTP.
import { randomBytes } from 'node:crypto';
import { NoAnswer, Refused, timeOrderedId } from '../fenqi.mjs';
import { item } from './catalogue.mjs';
import { plain } from './orders.mjs';

const CURRENCY = 'CNY';
const FROM_LIVES_MS = 60_000;
const VIEW_WITHIN_MS = 3000; /* a page does not wait longer than that; it then shows what is known */

export const isState = (payment, state) => payment?.state === `PAYMENT_STATE_${state}`;
/** The try that matters to the buyer: the one that was paid, else the last. */
export const shownTry = (order) => order.tries.find(({ payment }) => isState(payment, 'PAID')) ?? order.tries.at(-1);
const totalOf = (lines) => lines.reduce((sum, { id, n }) => sum + item(id).minor * n, 0);
/** The order's number is also its address: nobody guesses it. */
const newOrderId = (now) => `W${new Date(now + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(9).toString('base64url').replace(/[-_]/g, 'x')}`;

export class Shop {
  #carts = new Map();
  #from = new Map();
  #listeners = new Map();

  /** say(what, error): for the operator of the shop. */
  constructor({ fenqi, orders, readingSeconds, publicUrl, now, say }) {
    Object.assign(this, { fenqi, orders, readingSeconds, publicUrl, now, say });
    this.events = fenqi.subscribe('shop', (event) => this.#heard(event), { onTrouble: (error) => say('events', error) });
  }

  async close() {
    await this.events.stop();
    this.fenqi.close();
    this.orders.close();
  }

  // ---- before the payment ----

  /** { lines: [{ id, n }], orderId: of the order that it will become } */
  cart(session) {
    if (!this.#carts.has(session)) this.#carts.set(session, { lines: [], orderId: newOrderId(this.now()) });
    return this.#carts.get(session);
  }

  put(session, id, n) {
    const { lines } = this.cart(session);
    const line = lines.find((one) => one.id === id);
    if (line) line.n = Math.min(n, 5);
    else if (item(id)) lines.push({ id, n: Math.min(n, 5) });
    this.cart(session).lines = lines.filter((one) => one.n > 0);
  }

  /** Which plans are there? Stores nothing. */
  async plans({ lines, terminal, issuer, session }) {
    const amount = { minor: totalOf(lines), currency: CURRENCY };
    const asked = { amount, terminal, buyer_reference: session, ...(issuer ? { issuer } : {}),
      lines: lines.map(({ id, n }) => ({ kind: item(id).kind, name: item(id).title[0], amount: { minor: item(id).minor * n, currency: CURRENCY } })) };
    return (await this.fenqi.call('quote_plans', asked)).quote_plans.channels;
  }

  /** For the price tag: per channel, the longest plan. Kept for a minute; none if fenqid does not answer. */
  async from(id, terminal) {
    const key = `${id} ${terminal}`;
    const kept = this.#from.get(key);
    if (kept && Date.now() < kept.untilMs) return kept.channels;
    try {
      const channels = (await this.plans({ lines: [{ id, n: 1 }], terminal, session: 'tag' })).filter(({ plans }) => plans.length > 0);
      this.#from.set(key, { channels, untilMs: Date.now() + FROM_LIVES_MS });
      return channels;
    } catch (error) {
      this.say('price tag', error);
      return [];
    }
  }

  /** Whose banks can be named, and what each channel takes. */
  async channels() {
    return (await this.fenqi.call('list_channels', {})).channel_list.channels;
  }

  /** The cart becomes an order; asked twice, it is the same one. */
  async order(session, choice) {
    const cart = this.cart(session);
    const known = this.orders.get(cart.orderId);
    if (known) return known;
    if (cart.lines.length === 0) return undefined;
    const order = { id: cart.orderId, session, createdMs: this.now(), lines: cart.lines, minor: totalOf(cart.lines), tries: [] };
    const one = await this.#chosen(order, choice);
    if (!one) return undefined;
    if (this.orders.get(order.id)) return this.orders.get(order.id);
    order.tries.push(one);
    this.orders.save(order);
    return order;
  }

  emptyCart(session) {
    this.#carts.delete(session);
  }

  /** Another plan, or another way to pay: where nothing is under way. undefined: there is no such plan (any more). */
  async choose(order, choice) {
    const one = await this.#chosen(order, choice);
    if (!one || !this.mayChoose(order)) return undefined;
    if (order.tries.length > 0 && !order.tries.at(-1).wish) order.tries.pop();
    order.tries.push(one);
    this.orders.save(order);
    return one;
  }

  mayChoose(order) {
    const last = order.tries.at(-1);
    return !last?.wish || (isState(last.payment, 'CLOSED') && !order.tries.some(({ payment }) => isState(payment, 'PAID')));
  }

  async #chosen(order, { channel, instalments, bearer, terminal, issuer }) {
    const channels = await this.plans({ lines: order.lines, terminal, issuer, session: order.session });
    const { plans, ...offer } = channels.find((one) => one.channel === channel && one.eligible) ?? { plans: [] };
    const plan = plans.find((one) => one.instalments === Number(instalments) && one.bearer === bearer);
    return plan && plain({ key: timeOrderedId(this.now()), channel, terminal, issuer, plan, offer });
  }

  /** The disclosure is on the buyer's screen: from now on the reading time runs. */
  shown(order) {
    const one = order.tries.at(-1);
    if (one.shownMs) return;
    one.shownMs = this.now();
    this.orders.save(order);
  }

  secondsLeft(order) {
    const read = (this.now() - (order.tries.at(-1).shownMs ?? this.now())) / 1000;
    return Math.max(0, Math.ceil(this.readingSeconds - read));
  }

  // ---- the payment ----

  /**
   * What is asked for is on disk before it is asked: a double click, a crash and a repetition are the same request.
   * Throws Refused (the key is not used up) or NoAnswer (nobody knows: repeat it).
   */
  async pay(order, { ip, agent }) {
    const one = order.tries.at(-1);
    if (!one.wish) {
      one.wish = { idempotency_key: one.key, merchant_order_id: order.id, quote: one.plan.quote, amount: { minor: order.minor, currency: CURRENCY },
        subject: item(order.lines[0].id).title[0].replace(/[/=&]/g, ' '), terminal: one.terminal, return_url: `${this.publicUrl}/paid/${order.id}`,
        buyer: { ip, user_agent: agent.slice(0, 512), reference: order.session },
        disclosure: { shown_at_unix_ms: one.shownMs, seconds: Math.floor((this.now() - one.shownMs) / 1000), confirmed: true } };
      this.orders.save(order);
    }
    try {
      this.#note(order, one, await this.fenqi.call('create_payment', one.wish));
    } catch (error) {
      if (error instanceof Refused && !one.paymentId) {
        delete one.wish;
        this.orders.save(order);
      }
      throw error;
    }
    return one;
  }

  /** Same plan, quoted anew: the buyer has to read the table again. */
  async quoteAgain(order) {
    const { channel, terminal, issuer, plan } = order.tries.at(-1);
    return this.choose(order, { channel, terminal, issuer, instalments: plan.instalments, bearer: plan.bearer });
  }

  cancel(order) {
    return this.#about(order, (one) => this.fenqi.call('close_payment', { payment_id: one.paymentId }));
  }

  /** `n` makes the key: a form that is sent twice is one refund. */
  async refund(order, { minor, n }) {
    const one = shownTry(order);
    await this.fenqi.call('create_refund', { idempotency_key: `${one.key}-r${n}`, payment_id: one.paymentId,
      amount: { minor, currency: CURRENCY }, reason: 'the buyer asked for it' });
    await this.refresh(order, { evenIfFinal: true });
  }

  // ---- hearing of it ----

  /** What fenqid knows now; false: it did not answer, and what is shown may be old. */
  async refresh(order, { evenIfFinal = false } = {}) {
    const one = shownTry(order);
    if (!one?.wish || (!evenIfFinal && isSettled(one.payment))) return true;
    try {
      await this.#about(order, () => this.fenqi.call('get_payment',
        one.paymentId ? { payment_id: one.paymentId } : { idempotency_key: one.key }, { withinMs: VIEW_WITHIN_MS }), one);
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
      if (error.code !== 'CODE_NOT_FOUND') return false;
      if (!one.paymentId) { /* the request never arrived */
        delete one.wish;
        this.orders.save(order);
      }
    }
    return true;
  }

  async #about(order, ask, one = shownTry(order)) {
    this.#note(order, one, await ask(one));
  }

  async #heard(event) {
    const order = this.orders.ofPayment(event.payment_id);
    const one = order?.tries.find(({ paymentId }) => paymentId === event.payment_id);
    if (!one) return; /* not (yet) an order of ours: whoever looks at it will ask */
    if (event.kind === 'EVENT_KIND_ATTEMPT_DECLINED') one.isDeclined = true;
    this.#note(order, one, await this.fenqi.call('get_payment', { payment_id: event.payment_id }));
    this.#wake(order.id);
  }

  /** The newest version is kept; of a paid one also the signed bytes: the receipt. */
  #note(order, one, { payment, signed, key_id: keyId, issued_at_unix_ms: issuedMs }) {
    if (one.payment && payment.version < one.payment.version) return;
    const isNews = one.payment?.version !== payment.version || one.payment.state !== payment.state;
    const isPaid = isState(payment, 'PAID');
    Object.assign(one, plain({ paymentId: payment.payment_id, payment }));
    if (isPaid && (isNews || !one.receipt)) one.receipt = { bytes: signed.toString('base64'), keyId, issuedMs };
    if (!isNews) return;
    this.orders.save(order);
    this.#wake(order.id);
  }

  // ---- who is looking ----

  /** tell() is called whenever the order moves; returns what ends it. */
  watch(id, tell) {
    if (!this.#listeners.has(id)) this.#listeners.set(id, new Set());
    this.#listeners.get(id).add(tell);
    return () => {
      const all = this.#listeners.get(id);
      all?.delete(tell);
      if (all?.size === 0) this.#listeners.delete(id);
    };
  }

  #wake(id) {
    for (const tell of this.#listeners.get(id) ?? []) tell();
  }
}

const isSettled = (payment) => isState(payment, 'CLOSED') || (isState(payment, 'PAID') && payment.refund_pending_minor === 0);
