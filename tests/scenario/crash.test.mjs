// SPDX-License-Identifier: Apache-2.0
// The daemon is killed between any two steps, and started again: nothing is lost, nothing is done twice.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';

const quick = { poll: { first: '100ms', max: '400ms' } };
const refundOf = (world, made, minor = 100000) =>
  ({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor, currency: 'CNY' } });

inWorld('killed while paying', { conf: quick }, (scenario) => {
  scenario('after the payment was created', async (world) => {
    const made = await world.created();
    await world.crashAndRestart();
    assert.deepEqual(await world.shop.create(made.wish), made.payment);
    const way = await world.buyer.open(made.link);
    await world.sandbox.pay(way.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('after the link was posted, before the buyer reached the platform', async (world) => {
    const made = await world.created();
    const { number } = await world.buyer.go(made.link);
    await world.crashAndRestart();
    await until('the platform to be asked', async () => (await world.sandbox.log('alipay.trade.query', number)).length > 0);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN', '"no such order" is not an end before the deadline');
    const way = await world.buyer.open(made.link);
    assert.equal(way.number, number, 'the same order, not a second one');
    await world.sandbox.pay(number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('while the buyer pays: the platform\'s word finds nobody', async (world) => {
    const made = await world.opened();
    await world.crash();
    await world.sandbox.pay(made.number);
    await until('the notification to fail', async () => (await world.sandbox.notified(made.number)).length > 0);
    await world.startDaemon();
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.terms.match, 'MATCH_CONFIRMED');
    assert.equal((await world.shop.create(made.wish)).payment_id, made.id);
    await world.sandbox.resend(made.number);
    await until('the late notification to be acknowledged', async () =>
      (await world.sandbox.notified(made.number)).flatMap((one) => one.deliveries).at(-1).answer === 'success');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID'], 'one event');
  });

  scenario('after the notification was acknowledged', async (world) => {
    const made = await world.opened();
    await world.sandbox.pay(made.number);
    await until('the acknowledgement', async () =>
      (await world.sandbox.notified(made.number)).some((one) => one.deliveries[0].answer === 'success'));
    await world.crashAndRestart();
    const paid = await world.shop.get(made.id);
    assert.equal(paid.state, 'PAYMENT_STATE_PAID', 'what was acknowledged is durable');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('while the buyer stands at the cashier, again and again', async (world) => {
    const made = await world.opened();
    for (let i = 0; i < 3; i++) await world.crashAndRestart();
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    assert.equal((await world.buyer.visit(back)).status, 303);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_PAID');
  });

  scenario('while requests come in: what was answered is there', async (world) => {
    for (let round = 0; round < 3; round++) {
      const wishes = [];
      for (let i = 0; i < 24; i++) wishes.push(await world.wish());
      const answered = new Map();
      const calls = wishes.map((wish) => world.shop.create(wish)
        .then((payment) => answered.set(wish.idempotency_key, payment.payment_id), () => {}));
      await until('the first answers', () => answered.size >= 1 + 5 * round);
      await world.crash();
      await Promise.all(calls);
      await world.startDaemon();
      for (const wish of wishes) {
        const { payment_id: id } = await world.shop.create(wish);
        if (answered.has(wish.idempotency_key)) assert.equal(id, answered.get(wish.idempotency_key));
        assert.equal((await world.shop.get({ merchant_order_id: wish.merchant_order_id })).payment_id, id);
      }
    }
  });

  scenario('while the link is posted', async (world) => {
    for (let round = 0; round < 4; round++) {
      const made = await world.created();
      const posts = [0, 1, 2].map(() => world.buyer.visit(made.link, { method: 'POST', form: {} }).catch(() => undefined));
      if (round % 2 === 1) await Promise.race(posts);
      await world.crash();
      await Promise.all(posts);
      await world.startDaemon();
      const { number } = await world.buyer.open(made.link);
      await world.sandbox.pay(number);
      await world.state(made, 'PAYMENT_STATE_PAID');
      assert.equal((await world.shop.get(made.id)).double_paid, false);
    }
  });

  scenario('while it closes', async (world) => {
    const made = await world.opened();
    await world.sandbox.act(made.number, 'open');
    await world.sandbox.fault('alipay.trade.close', 'delay', { delay_ms: 1500 });
    const lost = world.shop.closePayment(made.id).catch((error) => error);
    await until('the platform to have closed it', async () => (await world.sandbox.trade(made.number)).state === 'TRADE_CLOSED');
    await world.crashAndRestart();
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED');
    assert.equal(closed.close_reason, 'CLOSE_REASON_REQUESTED');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED']);
    assert.ok((await lost) instanceof Error, 'the first call was never answered');
  });
});

inWorld('killed between a late success and its refund by policy', { conf: quick }, (scenario) => {
  scenario('the refund is not forgotten', async (world) => {
    for (let round = 0; round < 6; round++) {
      const made = await world.opened(world.boutique);
      await world.sandbox.act(made.number, 'open');
      await world.boutique.closePayment(made.id);
      await world.state(made, 'PAYMENT_STATE_CLOSED');
      const mark = world.logMark;
      await world.sandbox.pay(made.number, { even_if_closed: true });
      await until('the late success', () => world.log.includes('paid after it was closed', mark));
      await world.crashAndRestart();
      await until('the refund', async () => {
        await world.advance(16_000);
        return (await world.boutique.get(made.id)).refunded_minor === made.payment.amount.minor;
      });
      assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
    }
  });
});

inWorld('killed while refunding', { conf: quick }, (scenario) => {
  const once = async (world, made, minor) => {
    const { refunds } = await world.sandbox.trade(made.number);
    assert.equal(refunds.length, 1, 'refunded once');
    assert.equal((await world.shop.get(made.id)).refunded_minor, minor);
  };

  scenario('after the refund was answered', async (world) => {
    const made = await world.paid();
    const ask = refundOf(world, made);
    const { refund_id: id } = await world.shop.refund(ask);
    await world.crashAndRestart();
    await world.advance(16_000);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    assert.equal((await world.shop.refund(ask)).refund_id, id);
    await once(world, made, 100000);
  });

  scenario('after the platform did it, before it answered', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.fault('alipay.trade.refund', 'delay', { delay_ms: 1500 });
    const ask = refundOf(world, made);
    const { refund_id: id } = await world.shop.refund(ask);
    await until('the platform to have done it', async () => (await world.sandbox.trade(made.number)).refunds.length > 0);
    await world.crashAndRestart();
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    assert.equal((await world.shop.refund(ask)).refund_id, id);
    await once(world, made, 100000);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
  });

  scenario('before the platform did it: sent again under its number', async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('alipay.trade.refund', 'drop_before');
    const { refund_id: id } = await world.shop.refund(refundOf(world, made));
    await until('the call to be lost', async () => (await world.sandbox.log('alipay.trade.refund', made.number)).length > 0);
    await world.crashAndRestart();
    await until('the platform to say that it knows nothing', async () =>
      (await world.sandbox.log('alipay.trade.fastpay.refund.query', made.number)).length > 0);
    await world.advance(16_000);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    const calls = await world.sandbox.log('alipay.trade.refund', made.number);
    assert.equal(new Set(calls.map((call) => call.out_request_no)).size, 1, 'one number');
    await once(world, made, 100000);
  });

  scenario('while many refunds are asked for', async (world) => {
    const made = await world.paid();
    const asks = Array.from({ length: 12 }, () => refundOf(world, made, 100000));
    const calls = asks.map((ask) => world.shop.refund(ask).catch(() => undefined));
    await Promise.race(calls);
    await world.crash();
    await Promise.all(calls);
    await world.startDaemon();
    const again = await Promise.allSettled(asks.map((ask) => world.shop.refund(ask)));
    const granted = again.filter(({ status }) => status === 'fulfilled').map(({ value }) => value.refund_id);
    assert.equal(granted.length, 6, '6999.00 hold six refunds of 1000.00');
    await until('all of them to be proven', async () => {
      await world.advance(16_000);
      return (await world.shop.get(made.id)).refunded_minor === 600000;
    });
  });
});
