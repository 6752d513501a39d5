// SPDX-License-Identifier: Apache-2.0
// Money back to a card: accepted is not done, one request is sent once, and an undo is for the same day only.
import assert from 'node:assert/strict';
import { callsOf, inCardWorld, MINUTE, onlyBack, opened, paid, refundOf, untilAsked } from './harness/cards.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const SUBMITTED = 'REFUND_STATE_SUBMITTED';
const done = (world, made, id) => world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });
const failed = (world, made, id) => world.refundState(made, id, 'REFUND_STATE_FAILED', { refresh: true });
const refresh = ({ storefront }, id) => storefront.getRefund(id, { refresh: true });

const sent = async (world) => new Set((await world.unionpay.ask('GET', '/log')).log
  .filter(({ method }) => ['refund', 'undo'].includes(method)).map(({ order_id: number }) => number));

/** Asks for a refund, and waits until the platform got the call: its number there. */
async function begin(world, made, minor = AMOUNT.minor) {
  const before = await sent(world);
  const { refund_id: id } = await world.shop.refund(refundOf(world, made, minor));
  const number = await until('the call', async () => [...await sent(world)].find((one) => !before.has(one)));
  return { id, number };
}

inCardWorld('refunds', { conf: { poll: { first: '100ms', max: '400ms' }, channel: { timeout: '500ms' } } }, (scenario) => {
  scenario('the whole amount, as a refund of its own number and time', async (world) => {
    const made = await paid(world);
    const { id, number } = await begin(world, made);
    assert.equal((await done(world, made, id)).origin, 'REFUND_ORIGIN_STOREFRONT');
    const back = await onlyBack(world, made.number);
    assert.deepEqual([back.order_id, back.txn_type, back.amount_fen, back.mer_id], [number, '04', AMOUNT.minor, world.card.merId]);
    assert.notEqual(back.order_id, made.number);
    const { query_id: original } = await world.unionpay.order(made.number);
    assert.equal((await world.unionpay.order(number)).request.origQryId, original);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
    await refused(world.shop.refund(refundOf(world, made, 1)), { reason: 'MORE_THAN_LEFT' });
  });

  scenario('a part of it is refused where the contract does not say that it can be', async (world) => {
    const made = await paid(world);
    await refused(world.shop.refund(refundOf(world, made, AMOUNT.minor - 1)),
      { code: 'CODE_INVALID_ARGUMENT', reason: 'PARTIAL_REFUND_NOT_SUPPORTED', field: 'create_refund.amount.minor' });
    assert.equal((await world.shop.get(made.id)).refunds.length, 0);
    assert.deepEqual((await world.unionpay.order(made.number)).backs, []);
  });

  scenario('accepted is not done; done by a query of its own number', async (world) => {
    await world.unionpay.settings({ refund_pending_ms: 60 * MINUTE });
    const made = await paid(world);
    const { id, number } = await begin(world, made);
    await untilAsked(world, number);
    assert.equal((await refresh(made, id)).state, SUBMITTED);
    const during = await world.shop.get(made.id);
    assert.deepEqual([during.refunded_minor, during.refund_pending_minor], [0, AMOUNT.minor]);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.settle(number);
    await done(world, made, id);
    assert.equal(await callsOf(world, 'refund', number), 1);
  });

  scenario('done by a notification of its own number, at once', async (world) => {
    await world.unionpay.settings({ refund_pending_ms: 60 * MINUTE });
    const made = await paid(world);
    const { id, number } = await begin(world, made);
    await untilAsked(world, number);
    await world.unionpay.settle(number);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    const [{ deliveries: [one] }] = await until('the notification', async () => {
      const all = await world.unionpay.notified(number);
      return all.length > 0 && all;
    });
    assert.equal(one.status, 200);
  });

  for (const code of ['60', '35']) {
    scenario(`accepted, and failed with ${code} later: told, and it can be asked for anew`, async (world) => {
      await world.unionpay.settings({ refund_pending_ms: 60 * MINUTE });
      const made = await paid(world);
      const { id, number } = await begin(world, made);
      await world.unionpay.settle(number, code);
      assert.match((await failed(world, made, id)).platform_code, new RegExp(`^${code}`));
      assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUND_FAILED']);
      await world.unionpay.settings({ refund_pending_ms: 0 });
      await done(world, made, (await begin(world, made)).id);
    });
  }

  for (const code of ['35', '36', '33', '11']) {
    scenario(`refused with ${code}: failed, and the amount is free again`, async (world) => {
      const made = await paid(world);
      await world.unionpay.fault('refund', 'refuse', { value: code });
      const { id, number } = await begin(world, made);
      assert.match((await failed(world, made, id)).platform_code, new RegExp(`^${code}`));
      const again = await begin(world, made);
      assert.notEqual(again.number, number, 'another request has another number');
      await done(world, made, again.id);
    });
  }

  for (const code of ['45', '02', '06']) {
    scenario(`refused with ${code}: asked about first, and failed when UnionPay does not know it`, async (world) => {
      const made = await paid(world);
      await world.unionpay.fault('refund', 'refuse', { value: code });
      const { id, number } = await begin(world, made);
      await untilAsked(world, number);
      assert.equal((await refresh(made, id)).state, SUBMITTED, 'it may be an echo');
      await world.advance(6 * MINUTE);
      assert.match((await failed(world, made, id)).platform_code, new RegExp(`^${code}`));
      assert.equal(await callsOf(world, 'refund', number), 1);
    });
  }

  for (const code of ['45', '12', '03', '04', '05', '99']) {
    scenario(`answered with ${code} although it was done: found by a query, sent once`, async (world) => {
      const made = await paid(world);
      await world.unionpay.fault('refund', 'answer', { value: code });
      const { id, number } = await begin(world, made);
      await done(world, made, id);
      assert.equal(await callsOf(world, 'refund', number), 1);
      await onlyBack(world, made.number);
    });
  }

  for (const kind of ['drop_after', 'delay', 'truncate', 'bad_signature', 'unsigned', 'wrong_cn', 'tamper', 'duplicate_key']) {
    scenario(`an answer that cannot be believed (${kind}): asked about, never sent twice`, async (world) => {
      const made = await paid(world);
      await world.unionpay.fault('notify', 'never', { count: -1 });
      await world.unionpay.fault('refund', kind, { delay_ms: 1000 });
      const { id, number } = await begin(world, made);
      await done(world, made, id);
      assert.equal(await callsOf(world, 'refund', number), 1);
      await onlyBack(world, made.number);
    });
  }

  for (const [kind, more] of [['drop_before'], ['http_500'], ['unsigned', { value: '36' }]]) {
    scenario(`a request that never arrived (${kind}): neither sent twice nor given up`, async (world) => {
      const made = await paid(world);
      await world.unionpay.fault('refund', kind, more);
      const { id, number } = await begin(world, made);
      for (let i = 0; i < 2; i++) {
        const n = await callsOf(world, 'query', number);
        await world.advance(20 * MINUTE);
        await untilAsked(world, number, 'query', n + 1);
      }
      assert.equal((await refresh(made, id)).state, SUBMITTED);
      assert.equal(await callsOf(world, 'refund', number), 1, 'sent once');
      await refused(world.shop.refund(refundOf(world, made)), { reason: 'MORE_THAN_LEFT' });
    });
  }

  scenario('of what is not paid', async (world) => {
    const made = await opened(world);
    await refused(world.shop.refund(refundOf(world, made)), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_PAID' });
  });
});

inCardWorld('undos, and parts by contract', { card: { options: { undo_same_day: true }, settings: { partial_refund: 'yes' } } }, (scenario) => {
  scenario('on the settlement day of the payment all of it is undone', async (world) => {
    const made = await paid(world);
    const { id } = await begin(world, made);
    await done(world, made, id);
    const back = await onlyBack(world, made.number);
    assert.deepEqual([back.txn_type, back.amount_fen], ['31', AMOUNT.minor]);
  });

  scenario('the next day it is a refund', async (world) => {
    const made = await paid(world);
    await world.advance(24 * 60 * MINUTE);
    await done(world, made, (await begin(world, made)).id);
    assert.equal((await onlyBack(world, made.number)).txn_type, '04');
  });

  scenario('an undo that failed: the next one is a refund', async (world) => {
    await world.unionpay.settings({ undo: false });
    const made = await paid(world);
    await failed(world, made, (await begin(world, made)).id);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUND_FAILED']);
    const { id, number } = await begin(world, made);
    await done(world, made, id);
    assert.deepEqual([await callsOf(world, 'undo', number), await callsOf(world, 'refund', number)], [0, 1]);
  });

  scenario('in parts, each a refund under its own number', async (world) => {
    const made = await paid(world);
    for (const minor of [100000, 99999, 1]) await done(world, made, (await begin(world, made, minor)).id);
    const { backs } = await world.unionpay.order(made.number);
    assert.deepEqual(backs.map((back) => [back.txn_type, back.amount_fen]), [['04', 100000], ['04', 99999], ['04', 1]]);
    assert.equal(new Set(backs.map((back) => back.order_id)).size, 3);
    assert.equal((await world.shop.get(made.id)).refunded_minor, 200000);
  });

  scenario('a part that the bank does not give back after all: failed', async (world) => {
    await world.unionpay.settings({ instalment_partial_refund: false });
    const made = await paid(world);
    assert.match((await failed(world, made, (await begin(world, made, 5000)).id)).platform_code, /^36/);
    await done(world, made, (await begin(world, made)).id);
  });
});
