// SPDX-License-Identifier: Apache-2.0
// How payments end without money: left, expired, closed; and what happens if money comes all the same.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const MINUTE = 60_000;
const quick = { poll: { first: '100ms', max: '400ms' } };
const asked = (world, number, method = 'alipay.trade.query') => world.sandbox.log(method, number);

inWorld('closing', { conf: quick }, (scenario) => {
  scenario('before the link was opened: at once', async (world) => {
    const made = await world.created();
    const closed = await world.shop.closePayment(made.id);
    assert.deepEqual([closed.state, closed.close_reason, closed.closing], ['PAYMENT_STATE_CLOSED', 'CLOSE_REASON_REQUESTED', false]);
    assert.deepEqual(await world.shop.closePayment(made.id), closed, 'again: the same');
    assert.equal((await world.buyer.visit(made.link)).status, 410);
    assert.equal((await world.buyer.visit(made.link, { method: 'POST', form: {} })).status, 410);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED']);
    const order = made.wish.merchant_order_id;
    const second = await world.created(world.shop, { merchant_order_id: order });
    assert.notEqual(second.id, made.id, 'the order may be paid anew');
  });

  scenario('while the buyer is at the cashier', async (world) => {
    const made = await world.opened();
    const page = await world.buyer.verify(made.cashier);
    const closed = await world.shop.closePayment(made.id);
    assert.deepEqual([closed.state, closed.close_reason], ['PAYMENT_STATE_CLOSED', 'CLOSE_REASON_REQUESTED']);
    assert.equal((await world.sandbox.trade(made.number)).state, 'TRADE_CLOSED');
    const late = await world.buyer.submit(page, 'pay', { channel: /name="channel" value="(\d+)"/.exec(page.body)[1] });
    assert.match(late.body, /TRADE_HAS_CLOSE/);
  });

  scenario('before the buyer reached the platform: OPEN until the deadline proves it', async (world) => {
    const made = await world.created();
    const way = await world.buyer.go(made.link);
    const closing = await world.shop.closePayment(made.id);
    assert.deepEqual([closing.state, closing.closing], ['PAYMENT_STATE_OPEN', true]);
    assert.ok(closing.closes_by_unix_ms > Date.now());
    assert.ok(!closing.next_action?.hosted_url, 'the link is not offered any more');
    assert.equal((await world.buyer.visit(made.link, { method: 'POST', form: {} })).status, 410, 'and dead');
    const { location: cashier } = await world.buyer.visit(way.url);
    assert.equal((await world.shop.get(made.id)).closing, true);
    await world.buyer.verify(cashier).catch(() => undefined); /* the platform may be faster */
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED');
    assert.equal(closed.close_reason, 'CLOSE_REASON_REQUESTED');
  });

  scenario('races a payment: paid wins', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.pay(made.number);
    const payment = await world.shop.closePayment(made.id);
    assert.equal(payment.state, 'PAYMENT_STATE_PAID');
    assert.equal(payment.closing, false);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('by the platform itself', async (world) => {
    const made = await world.opened();
    await world.sandbox.act(made.number, 'close');
    await until('it to be noticed', async () => (await asked(world, made.number)).some((call) => call.code === '10000'));
    const payment = await world.shop.get({ payment_id: made.id, refresh: true });
    assert.ok(payment.state !== 'PAYMENT_STATE_PAID');
  });
});

inWorld('time', { conf: quick }, (scenario) => {
  scenario('a link that nobody opened expires', async (world) => {
    const made = await world.created();
    await world.advance(31 * MINUTE);
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED');
    assert.deepEqual([closed.close_reason, closed.verification], ['CLOSE_REASON_EXPIRED', 'VERIFICATION_EXPIRED']);
    const page = await world.buyer.visit(made.link);
    assert.equal(page.status, 410);
    assert.match(page.body, /支付链接已过期/);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED']);
  });

  scenario('a link opened too late for the platform', async (world) => {
    const made = await world.created(world.shop, { expires_in_ms: 5 * MINUTE });
    await world.advance(4 * MINUTE + 30_000);
    assert.equal((await world.buyer.visit(made.link, { method: 'POST', form: {} })).status, 410);
    await world.advance(MINUTE);
    await world.state(made, 'PAYMENT_STATE_CLOSED');
  });

  scenario('the buyer leaves: closed after the deadline, not before', async (world) => {
    const made = await world.opened();
    const page = await world.buyer.verify(made.cashier);
    await world.buyer.submit(page, 'leave');
    await world.advance(29 * MINUTE);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.advance(4 * MINUTE);
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED');
    assert.equal(closed.close_reason, 'CLOSE_REASON_EXPIRED');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED']);
  });

  scenario('the buyer never reaches the platform: "no such order" ends it after the deadline', async (world) => {
    const made = await world.created();
    await world.buyer.go(made.link);
    await world.advance(29 * MINUTE);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.advance(4 * MINUTE);
    assert.equal((await world.state(made, 'PAYMENT_STATE_CLOSED')).close_reason, 'CLOSE_REASON_EXPIRED');
  });

  scenario('"no such order" about one that was seen ends nothing: it is paid', async (world) => {
    const made = await world.opened();
    await world.sandbox.act(made.number, 'open');
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.fault('alipay.trade.query', 'sub_code', { count: -1, value: 'ACQ.TRADE_NOT_EXIST' });
    await world.sandbox.pay(made.number);
    await world.advance(33 * MINUTE);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.sandbox.calm();
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(paid.late_success, false, 'it was never closed');
  });

  scenario('declined, then paid on the same page', async (world) => {
    const made = await world.opened();
    let page = await world.buyer.verify(made.cashier);
    page = await world.buyer.submit(page, 'decline');
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.buyer.confirm(page);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('pays after the close: a late success, told', async (world) => {
    const made = await world.opened();
    await world.sandbox.act(made.number, 'open');
    await world.shop.closePayment(made.id);
    await world.state(made, 'PAYMENT_STATE_CLOSED');
    await world.sandbox.pay(made.number, { even_if_closed: true });
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.late_success, true);
    assert.equal(paid.refunds.length, 0);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED', 'LATE_SUCCESS']);
    await world.logged(/warning: paid after it was closed/);
  });

  scenario('pays after the close: refunded where the policy says so', async (world) => {
    const made = await world.opened(world.boutique);
    await world.sandbox.act(made.number, 'open');
    await world.boutique.closePayment(made.id);
    await world.state(made, 'PAYMENT_STATE_CLOSED');
    await world.sandbox.pay(made.number, { even_if_closed: true });
    await world.state(made, 'PAYMENT_STATE_PAID');
    const payment = await until('the refund', async () => {
      const one = await world.boutique.get(made.id);
      return one.refunded_minor === AMOUNT.minor && one;
    });
    assert.equal(payment.late_success, true);
    assert.equal(payment.refunds[0].origin, 'REFUND_ORIGIN_AUTOMATIC');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED', 'LATE_SUCCESS', 'REFUNDED']);
  });

  scenario('pays in the last second: found after the deadline', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.fault('alipay.trade.query', 'http_500', { count: -1 });
    await world.sandbox.pay(made.number);
    await world.advance(40 * MINUTE);
    await until('questions after the deadline', async () => (await asked(world, made.number)).length > 2);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN', 'time alone ends nothing');
    await world.sandbox.calm();
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.late_success, false);
  });
});

inWorld('terms', {}, (scenario) => {
  scenario('changed by the buyer at the platform: DIFFERENT, told', async (world) => {
    const made = await world.opened();
    await world.sandbox.pay(made.number, { instalments: 6 });
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([paid.terms.asked, paid.terms.used, paid.terms.match], [12, 6, 'MATCH_DIFFERENT']);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'TERMS_DIFFER']);
  });

  scenario('not named by the platform: UNCONFIRMED', async (world) => {
    await world.sandbox.settings({ hb_fq_pay_info: false });
    const made = await world.opened();
    await world.sandbox.pay(made.number);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([paid.terms.used, paid.terms.match], [0, 'MATCH_UNCONFIRMED']);
  });

  scenario('named in lower case', async (world) => {
    await world.sandbox.settings({ upper_case_key: false });
    const made = await world.opened();
    await world.sandbox.pay(made.number);
    assert.equal((await world.state(made, 'PAYMENT_STATE_PAID')).terms.match, 'MATCH_CONFIRMED');
  });
});
