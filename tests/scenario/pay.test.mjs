// SPDX-License-Identifier: Apache-2.0
// Paying: from the plans to the signed result, and every call repeated on the way.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { readStatus } from './harness/status.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

inWorld('pay', {}, (scenario) => {
  scenario('Huabei in 12 instalments, as a browser does it', async (world) => {
    const { shop, buyer } = world;
    const plan = await world.plan();
    assert.equal(plan.schedule.length, 12);
    assert.equal(plan.schedule.reduce((sum, line) => sum + line.principal_minor, 0), AMOUNT.minor);
    assert.equal(plan.schedule.reduce((sum, line) => sum + line.total_minor, 0), plan.buyer_total_minor);
    assert.equal(plan.buyer_fee_minor, 52492, '7.50 % of 6999.00, half to even');

    const made = await world.created();
    assert.equal(made.payment.state, 'PAYMENT_STATE_OPEN');
    assert.equal(made.payment.verification, 'VERIFICATION_ISSUED');
    assert.equal(made.payment.terms.match, 'MATCH_UNSPECIFIED');

    const way = await buyer.open(made.link);
    assert.equal(way.biz.extend_params.hb_fq_num, '12');
    assert.equal(way.biz.extend_params.hb_fq_seller_percent, '0');
    assert.equal(way.biz.total_amount, '6999.00');
    const open = await shop.get(made.id);
    assert.equal(open.verification, 'VERIFICATION_OPENED');

    const waiting = shop.get({ payment_id: made.id, wait_ms: 25_000 });
    const back = await buyer.confirm(await buyer.verify(way.cashier));
    const paid = await waiting;
    assert.equal(paid.state, 'PAYMENT_STATE_PAID', 'the notification ends the wait');
    assert.deepEqual([paid.terms.asked, paid.terms.used, paid.terms.match], [12, 12, 'MATCH_CONFIRMED']);
    assert.equal(paid.identity.result, 'RESULT_PLATFORM_LOGIN');
    assert.equal(paid.verification, 'VERIFICATION_VERIFIED');
    assert.ok(!paid.next_action?.hosted_url, 'nothing is left to do');
    const trade = await world.sandbox.trade(way.number);
    assert.equal(paid.platform_ref, trade.trade_no);
    await until('the acknowledgement', async () => {
      const { notifications } = await world.sandbox.trade(way.number);
      assert.deepEqual(notifications.map((one) => one.deliveries.map(({ answer }) => answer)), [['success']]);
      return true;
    });
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);

    const home = await buyer.visit(back);
    assert.equal(home.status, 303);
    assert.ok(home.location.startsWith('https://shop.example.com/paid/?fenqi='));
    const status = readStatus(world, home.location);
    assert.deepEqual([status.payment, status.order, status.state, status.amount, status.currency],
      [made.id, made.wish.merchant_order_id, 'PAID', '699900', 'CNY']);
    assert.ok(Number(status.expires) > Date.now());
  });

  scenario('3 instalments at the merchant\'s cost', async (world) => {
    const made = await world.paid(world.shop, {}, { instalments: 3, bearer: 'BEARER_MERCHANT' });
    assert.equal(made.biz.extend_params.hb_fq_num, '3');
    assert.equal(made.biz.extend_params.hb_fq_seller_percent, '100');
    assert.deepEqual([made.payment.terms.buyer_fee_minor, made.payment.terms.merchant_fee_minor], [0, 12598]);
  });

  scenario('a return URL with a query of its own keeps it', async (world) => {
    const made = await world.paid(world.shop, { return_url: 'https://shop.example.com/paid/x?order=7' });
    const { return_link: back } = await world.sandbox.trade(made.number);
    const home = await world.buyer.visit(back);
    assert.ok(home.location.startsWith('https://shop.example.com/paid/x?order=7&fenqi='), home.location);
    assert.equal(readStatus(world, home.location).state, 'PAID');
  });

  scenario('every call repeated gives the same answer', async (world) => {
    const { shop, buyer } = world;
    const wish = await world.wish();
    const first = await shop.create(wish);
    const again = await shop.create({ ...wish, buyer: { ip: '198.51.100.9', user_agent: 'another' }, disclosure: {} });
    assert.deepEqual(again, first, 'what a retry may change changes nothing');
    const link = first.next_action.hosted_url;
    const way = await buyer.open(link);
    assert.equal((await buyer.open(link)).number, way.number, 'a second click leads to the same order');
    const open = await shop.create(wish);
    assert.equal(open.payment_id, first.payment_id);
    assert.equal(open.next_action.hosted_url, link);
    await world.sandbox.pay(way.number);
    const paid = await world.state({ storefront: shop, id: first.payment_id }, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await shop.create(wish), paid, 'the same key tells the current state');
    assert.deepEqual(await shop.closePayment(first.payment_id), paid, 'a paid payment is not closed');

    const ask = { idempotency_key: world.order('refund'), payment_id: first.payment_id, amount: { minor: 100, currency: 'CNY' } };
    const refund = await shop.refund(ask);
    const done = await world.refundState({ storefront: shop }, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
    assert.deepEqual(await shop.refund(ask), done);
  });

  scenario('the key again with other content', async (world) => {
    const { shop } = world;
    const { wish, id } = await world.created();
    const other = await world.plan(shop, { instalments: 3 });
    const changes = [{ subject: 'other' }, { merchant_order_id: world.order() }, { quote: other.quote },
      { return_url: `${wish.return_url}2` }, { expires_in_ms: 600_000 }, { allow_parallel: true }];
    for (const change of changes)
      await refused(shop.create({ ...wish, ...change }), { code: 'CODE_ALREADY_EXISTS', reason: 'IDEMPOTENCY_KEY_REUSED', field: 'create_payment.idempotency_key' });
    await refused(shop.refund({ idempotency_key: wish.idempotency_key, payment_id: id, amount: { minor: 1, currency: 'CNY' } }),
      { code: 'CODE_ALREADY_EXISTS', field: 'create_refund.idempotency_key' });
    assert.equal((await shop.get(id)).version, 1);
    const theirs = await world.boutique.create({ ...(await world.wish(world.boutique)), idempotency_key: wish.idempotency_key });
    assert.notEqual(theirs.payment_id, id, 'a key is a merchant\'s own');
  });

  scenario('a duplicate of a request in flight joins it', async (world) => {
    const wish = await world.wish();
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.shop.create(wish)));
    assert.equal(new Set(answers.map(({ payment_id: id }) => id)).size, 1);
  });

  scenario('one order, one buyer\'s money', async (world) => {
    const { shop } = world;
    const order = world.order();
    const wishes = [await world.wish(shop, { merchant_order_id: order }), await world.wish(shop, { merchant_order_id: order })];
    const outcomes = await Promise.allSettled(wishes.map((wish) => shop.create(wish)));
    const made = outcomes.find(({ status }) => status === 'fulfilled').value;
    const no = outcomes.find(({ status }) => status === 'rejected').reason;
    assert.equal(no.code, 'CODE_FAILED_PRECONDITION');
    assert.equal(no.reason, 'ORDER_HAS_LIVE_PAYMENT');
    assert.ok(no.text.includes(made.payment_id), no.text);
    assert.ok(no.retry_after_ms > 0);

    const loser = wishes[outcomes.findIndex(({ status }) => status === 'rejected')];
    const way = await world.buyer.open(made.next_action.hosted_url);
    await world.sandbox.pay(way.number);
    await world.state({ storefront: shop, id: made.payment_id }, 'PAYMENT_STATE_PAID');
    const paid = await refused(shop.create(loser), { code: 'CODE_FAILED_PRECONDITION', reason: 'ORDER_PAID' });
    assert.ok(paid.text.includes(made.payment_id));
    assert.equal((await shop.get({ merchant_order_id: order })).payment_id, made.payment_id);
  });

  scenario('a refused request burns no key', async (world) => {
    const wish = await world.wish();
    await refused(world.shop.create({ ...wish, subject: 'a=b' }), { field: 'create_payment.subject' });
    const payment = await world.shop.create(wish);
    assert.equal((await world.shop.get({ idempotency_key: wish.idempotency_key })).payment_id, payment.payment_id);
  });

  scenario('an order paid twice is flagged', async (world) => {
    const { shop } = world;
    const first = await world.paid();
    const second = await world.opened(shop, { merchant_order_id: first.wish.merchant_order_id, allow_parallel: true });
    await world.sandbox.pay(second.number);
    const paid = await world.state(second, 'PAYMENT_STATE_PAID');
    assert.equal(paid.double_paid, true);
    assert.deepEqual(await world.eventsOf(second), ['PAYMENT_PAID', 'DOUBLE_PAID']);
    assert.equal(paid.refunds.length, 0, 'this merchant refunds by hand');
  });

  scenario('an order paid twice is refunded where the policy says so', async (world) => {
    const { boutique } = world;
    const first = await world.paid(boutique);
    const second = await world.opened(boutique, { merchant_order_id: first.wish.merchant_order_id, allow_parallel: true });
    await world.sandbox.pay(second.number);
    await world.state(second, 'PAYMENT_STATE_PAID');
    const [refund] = await until('a refund', async () => {
      const { refunds } = await boutique.get(second.id);
      return refunds.length > 0 && refunds;
    });
    const done = await world.refundState(second, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
    assert.equal(done.origin, 'REFUND_ORIGIN_AUTOMATIC');
    assert.equal(done.amount.minor, AMOUNT.minor);
    assert.equal((await boutique.get(first.id)).refunded_minor, 0, 'the first payment stays');
  });

  scenario('the same key after the quote has expired', async (world) => {
    const { shop } = world;
    const { wish, payment } = await world.created();
    const late = await world.wish();
    await world.advance(16 * 60_000);
    assert.deepEqual(await shop.create(wish), payment);
    await refused(shop.create(late), { code: 'CODE_FAILED_PRECONDITION', reason: 'QUOTE_EXPIRED' });
    await refused(shop.create({ ...wish, subject: 'other' }), { code: 'CODE_ALREADY_EXISTS' });
  });
});
