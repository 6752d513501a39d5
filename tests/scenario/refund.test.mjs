// SPDX-License-Identifier: Apache-2.0
// Money back: whole, in parts, refused, late, lost on the way; never more than was paid.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const ask = (world, made, minor, more = {}) =>
  ({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor, currency: 'CNY' }, ...more });

inWorld('refunds', { conf: { poll: { first: '100ms', max: '400ms' } } }, (scenario) => {
  const done = (world, made, refund) => world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED');

  scenario('the whole amount', async (world) => {
    const made = await world.paid();
    const refund = await world.shop.refund(ask(world, made, AMOUNT.minor, { reason: '七天无理由' }));
    assert.equal(refund.origin, 'REFUND_ORIGIN_STOREFRONT');
    await done(world, made, refund);
    const payment = await world.shop.get(made.id);
    assert.equal(payment.state, 'PAYMENT_STATE_PAID', 'refunded is not unpaid');
    assert.deepEqual([payment.refunded_minor, payment.refund_pending_minor, payment.refunds.length], [AMOUNT.minor, 0, 1]);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
    await refused(world.shop.refund(ask(world, made, 1)), { code: 'CODE_INVALID_ARGUMENT', reason: 'MORE_THAN_LEFT' });
  });

  scenario('in parts, each under its own number', async (world) => {
    const made = await world.paid();
    for (const minor of [1, 100000, 99999])
      await done(world, made, await world.shop.refund(ask(world, made, minor)));
    const { refunds } = await world.sandbox.trade(made.number);
    assert.equal(new Set(refunds.map((one) => one.out_request_no)).size, 3);
    assert.deepEqual((await world.shop.get(made.id)).refunds.map((one) => one.amount.minor), [99999, 100000, 1], 'the newest first');
  });

  scenario('more than is left', async (world) => {
    const made = await world.paid();
    await refused(world.shop.refund(ask(world, made, AMOUNT.minor + 1)),
      { code: 'CODE_INVALID_ARGUMENT', reason: 'MORE_THAN_LEFT', field: 'create_refund.amount.minor' });
    await done(world, made, await world.shop.refund(ask(world, made, 600000)));
    const no = await refused(world.shop.refund(ask(world, made, 100000)), { reason: 'MORE_THAN_LEFT' });
    assert.ok(no.text.includes('99900'), no.text);
  });

  scenario('at once, never more than was paid', async (world) => {
    const made = await world.paid();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => world.shop.refund(ask(world, made, 200000))));
    const granted = outcomes.filter(({ status }) => status === 'fulfilled');
    assert.equal(granted.length, 3);
    for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) assert.equal(reason.reason, 'MORE_THAN_LEFT');
    for (const { value } of granted) await done(world, made, value);
  });

  scenario('of what is not paid', async (world) => {
    const made = await world.created();
    await refused(world.shop.refund(ask(world, made, 100)), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_PAID' });
    const open = await world.opened();
    await refused(world.shop.refund(ask(world, open, 100)), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_PAID' });
  });

  scenario('in another currency, of nothing, of less than nothing', async (world) => {
    const made = await world.paid();
    await refused(world.shop.refund(ask(world, made, 1, { amount: { minor: 1, currency: 'USD' } })), { field: 'create_refund.amount.currency' });
    for (const minor of [0, -1, '-9223372036854775808', '9223372036854775807', 10_000_000_000])
      await refused(world.shop.refund(ask(world, made, 1, { amount: { minor, currency: 'CNY' } })),
        { code: 'CODE_INVALID_ARGUMENT', field: 'create_refund.amount.minor' });
    assert.equal((await world.shop.get(made.id)).refunds.length, 0);
  });

  scenario('that takes the platform a while', async (world) => {
    const made = await world.paid();
    await world.sandbox.settings({ refund_pending_ms: 3_600_000 });
    const refund = await world.shop.refund(ask(world, made, 5000));
    await until('the platform to be asked', async () => (await world.sandbox.log('alipay.trade.fastpay.refund.query', made.number)).length > 1);
    assert.equal((await world.shop.getRefund(refund.refund_id)).state, 'REFUND_STATE_SUBMITTED');
    assert.equal((await world.shop.get(made.id)).refund_pending_minor, 5000);
    await world.sandbox.advance(3_600_000);
    await done(world, made, refund);
    assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
  });

  scenario('whose call was lost on the way there', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('alipay.trade.refund', 'drop_before');
    const refund = await world.shop.refund(ask(world, made, 5000));
    await until('the platform to be asked', async () => (await world.sandbox.log('alipay.trade.fastpay.refund.query', made.number)).length > 0);
    await world.advance(16_000);
    await done(world, made, refund);
    const calls = await world.sandbox.log('alipay.trade.refund', made.number);
    assert.equal(new Set(calls.map((call) => call.out_request_no)).size, 1, 'the same number');
    assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
  });

  scenario('whose answer was lost on the way back', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('alipay.trade.refund', 'drop_after');
    await done(world, made, await world.shop.refund(ask(world, made, 5000)));
    assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
  });

  scenario('that the platform refuses: the reservation is released', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('alipay.trade.refund', 'sub_code', { value: 'ACQ.TRADE_NOT_ALLOW_REFUND', count: -1 });
    const refund = await world.shop.refund(ask(world, made, AMOUNT.minor));
    await until('the refusal', async () => (await world.sandbox.log('alipay.trade.fastpay.refund.query', made.number)).length > 0);
    await refused(world.shop.refund(ask(world, made, 1)), { reason: 'MORE_THAN_LEFT' });
    await world.advance(11_000);
    const failed = await world.refundState(made, refund.refund_id, 'REFUND_STATE_FAILED', { withinMs: 20_000 });
    assert.match(failed.platform_code, /ACQ.TRADE_NOT_ALLOW_REFUND$/);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUND_FAILED']);
    await world.sandbox.calm();
    await done(world, made, await world.shop.refund(ask(world, made, AMOUNT.minor)));
  });

  scenario('while the merchant\'s balance is too low: later, not never', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('alipay.trade.refund', 'sub_code', { value: 'ACQ.SELLER_BALANCE_NOT_ENOUGH', count: 1 });
    const refund = await world.shop.refund(ask(world, made, 5000));
    await until('the refusal', async () => (await world.sandbox.log('alipay.trade.refund', made.number)).length > 0);
    await until('the refund', async () => {
      await world.advance(16_000);
      return (await world.shop.getRefund(refund.refund_id)).state === 'REFUND_STATE_REFUNDED';
    });
    assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
  });

  scenario('in the merchant console: seen, counted, told', async (world) => {
    const made = await world.paid();
    await world.sandbox.ask('POST', '/refunds/console', { out_trade_no: made.number, amount: '10.00' });
    await until('it to be seen', async () => (await world.shop.get(made.id)).refunded_minor === 1000);
    assert.ok((await world.eventsOf(made)).includes('FOREIGN_REFUND'));
  });
});
