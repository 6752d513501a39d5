// SPDX-License-Identifier: Apache-2.0
// A thousand partial refunds of one payment, at once, by several connections: each once, no fen too much.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { Refused } from './harness/storefront.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';

const N = 1000;
const PART = 100; /* a thousand times 1.00 */
const AMOUNT = { minor: N * PART, currency: 'CNY' };
const front = { rate_per_second: 100_000, rate_burst: 100_000, in_flight_max: 8192, in_flight_per_merchant: 8192 };
const WITHIN_MS = 60_000;

inWorld('a thousand refunds at once', { conf: { front, poll: { first: '1s', max: '4s' }, channel: { timeout: '15s' } } }, (scenario) => {
  scenario('are all granted, once each, and not one more', async (world) => {
    const made = await world.paid(world.shop, {}, { amount: AMOUNT });
    const fronts = await Promise.all(Array.from({ length: 5 }, () => world.storefront('shop')));
    const asks = Array.from({ length: N + 200 }, (_, i) => ({ idempotency_key: world.order('key'), payment_id: made.id,
      amount: { minor: PART, currency: 'CNY' }, reason: `part ${i}` }));
    const began = Date.now();
    /* Every third key comes twice, the second time through another connection. */
    const twice = asks.filter((_, i) => i % 3 === 0);
    const call = (ask, i) => fronts[i % fronts.length].refund(ask, { withinMs: WITHIN_MS }).catch((error) => error);
    const [outcomes, again] = await Promise.all([Promise.all(asks.map(call)), Promise.all(twice.map((ask, i) => call(ask, i + 1)))]);
    const granted = outcomes.filter((one) => one.refund_id);
    const answeredMs = Date.now() - began;
    assert.equal(granted.length, N, 'as many as there is money for');
    for (const no of outcomes.filter((one) => !one.refund_id)) {
      assert.ok(no instanceof Refused, String(no));
      assert.equal(no.reason, 'MORE_THAN_LEFT');
    }
    assert.equal(new Set(granted.map((one) => one.refund_id)).size, N);
    again.forEach((one, i) => assert.equal(one.refund_id, outcomes[3 * i].refund_id, `the same answer: ${one} ${outcomes[3 * i]}`));

    const done = await until('all of them to be REFUNDED', async () => {
      const payment = await world.shop.get(made.id);
      assert.ok(payment.refunded_minor + payment.refund_pending_minor <= AMOUNT.minor, 'never more than was paid');
      return payment.refunded_minor === AMOUNT.minor && payment;
    }, WITHIN_MS);
    console.log(`# ${N} refunds granted in ${answeredMs} ms, REFUNDED after ${Date.now() - began} ms (slowness ${SLOWNESS})`);
    assert.equal(done.refunds.length, 100, 'the newest hundred are shown');
    assert.equal(done.refund_pending_minor, 0);

    const { refunds } = await world.sandbox.trade(made.number);
    assert.equal(refunds.length, N, 'once each at the platform');
    assert.equal(new Set(refunds.map((one) => one.out_request_no)).size, N);
    for (const one of [granted[0], granted[1], granted[N - 1]])
      assert.equal((await world.shop.getRefund(one.refund_id)).state, 'REFUND_STATE_REFUNDED', 'the oldest too');
    const repeated = await fronts[0].refund(asks[0]);
    assert.deepEqual([repeated.refund_id, repeated.state], [outcomes[0].refund_id, 'REFUND_STATE_REFUNDED']);
    for (const one of fronts) one.close();
  });

  scenario('one by the merchant console beside a hundred of ours is booked', async (world) => {
    const made = await world.paid(world.shop, {}, { amount: AMOUNT });
    const ask = () => ({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: PART, currency: 'CNY' } });
    await Promise.all(Array.from({ length: 110 }, () => world.shop.refund(ask(), { withinMs: WITHIN_MS })));
    await world.sandbox.ask('POST', '/refunds/console', { out_trade_no: made.number, amount: '10.00' });
    await until('all of it to be counted', async () => (await world.shop.get(made.id)).refunded_minor === 110 * PART + 1000, WITHIN_MS);
    assert.ok((await world.eventsOf(made)).includes('FOREIGN_REFUND'));
  });
});
