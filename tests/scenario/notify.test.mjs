// SPDX-License-Identifier: Apache-2.0
// The platform's notifications: lost, late, twice, out of order, and those that nobody may believe.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { readStatus } from './harness/status.mjs';
import { until } from './harness/wait.mjs';

/** The last delivery of a notification of the order, once there are `n` deliveries. */
async function delivered(world, number, n) {
  return until(`${n} deliveries`, async () => {
    const all = (await world.sandbox.notified(number)).flatMap((one) => one.deliveries);
    return all.length >= n && all.at(-1);
  });
}

inWorld('notifications', {}, (scenario) => {
  scenario('after the buyer has returned', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'delay', { delay_ms: 3_600_000 });
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    const home = await world.buyer.visit(back);
    assert.equal(home.status, 303, 'the return made us ask');
    assert.equal(readStatus(world, home.location).state, 'PAID');
    const paid = await world.shop.get(made.id);
    assert.equal(paid.state, 'PAYMENT_STATE_PAID');
    await world.sandbox.resend(made.number);
    assert.equal((await delivered(world, made.number, 1)).answer, 'success');
    assert.deepEqual(await world.shop.get(made.id), paid, 'old news changes nothing');
  });

  scenario('twice', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'duplicate');
    await world.sandbox.pay(made.number);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal((await delivered(world, made.number, 2)).answer, 'success');
    assert.equal((await world.shop.get(made.id)).version, paid.version);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('of the payment behind that of its refund', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'reorder');
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    const { refund_id: id } = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: made.payment.amount });
    await delivered(world, made.number, 2);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_PAID');
  });

  for (const [kind, why] of [['tamper', /signature/], ['wrong_key', /signature/], ['downgrade', /RSA2/],
    ['double_encode', /refused/], ['lie_amount', /amount is not ours/]]) {
    scenario(`${kind}: refused, nothing changed`, async (world) => {
      const made = await world.opened();
      const before = await world.shop.get(made.id);
      const mark = world.logMark;
      await world.sandbox.fault('notify', kind);
      await world.sandbox.pay(made.number);
      const { status, answer } = await delivered(world, made.number, 1);
      assert.notEqual(answer, 'success');
      assert.ok(status >= 400, `${status}`);
      assert.deepEqual(await world.shop.get(made.id), before);
      const line = await world.logged(/notification refused/, mark);
      assert.match(line, why);
      assert.match(line, /FAULT=theirs/);
      await world.sandbox.resend(made.number);
      assert.equal((await delivered(world, made.number, 2)).answer, 'success');
      await world.state(made, 'PAYMENT_STATE_PAID');
    });
  }

  const forgeries = [
    ['with a foreign key', { key: 'foreign', fields: { trade_status: 'TRADE_SUCCESS' } }, /signature/],
    ['without a signature', { key: 'none', fields: { trade_status: 'TRADE_SUCCESS' } }, /signature/],
    ['for another app', { key: 'platform', fields: { app_id: '2021000000000001', trade_status: 'TRADE_SUCCESS' } }, /another app_id/],
    ['for another seller', { key: 'platform', fields: { seller_id: '2088000000000001', trade_status: 'TRADE_SUCCESS' } }, /another seller_id/],
    ['of an unknown order', { key: 'platform', fields: { out_trade_no: 'T20260101000000t1AAAAAAAAAAAA', trade_status: 'TRADE_SUCCESS' } }, /no such order/],
    ['of less money', { key: 'platform', fields: { total_amount: '0.01', trade_status: 'TRADE_SUCCESS' } }, /amount is not ours/],
    ['of an overflowing amount', { key: 'platform', fields: { total_amount: '184467440737095516.16', trade_status: 'TRADE_SUCCESS' } }, /amount/],
    ['in another charset', { key: 'platform', fields: { charset: 'gbk', trade_status: 'TRADE_SUCCESS' } }, /charset/],
  ];
  for (const [name, { key, fields }, why] of forgeries) {
    scenario(`${name}: refused, nothing changed`, async (world) => {
      const made = await world.opened();
      await world.sandbox.act(made.number, 'open');
      const before = await world.shop.get(made.id);
      const mark = world.logMark;
      await world.sandbox.forge({ out_trade_no: made.number, key, fields });
      const { answer } = await delivered(world, made.number, 1);
      assert.match(answer, /^refused/);
      assert.match(await world.logged(/notification refused/, mark), why);
      assert.deepEqual(await world.shop.get(made.id), before);
    });
  }

  scenario('bytes that are no notification', async (world) => {
    const url = `${world.web}/notify/huabei`;
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const body of ['', '%', 'a=%zz', 'a=1&a=2', '\0\xff', 'sign=&sign_type=RSA2', `x=${'y'.repeat(100_000)}`]) {
      const answer = await fetch(url, { method: 'POST', headers: type, body });
      assert.equal(answer.status, 400, JSON.stringify(body.slice(0, 20)));
      assert.notEqual(await answer.text(), 'success');
    }
    assert.equal((await fetch(url)).status, 405);
    assert.equal((await fetch(`${world.web}/notify/other`, { method: 'POST', body: 'a=1' })).status, 404);
    const large = await fetch(url, { method: 'POST', headers: type, body: 'x'.repeat(200 * 1024) }).catch(() => undefined);
    assert.ok(large === undefined || large.status === 413);
  });

  scenario('a word that proves nothing final makes us ask', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.pay(made.number);
    await world.sandbox.forge({ out_trade_no: made.number, key: 'platform', fields: { trade_status: 'WAIT_BUYER_PAY' } });
    await world.state(made, 'PAYMENT_STATE_PAID');
  });
});

inWorld('polling', { conf: { poll: { first: '100ms', max: '400ms' } } }, (scenario) => {
  scenario('finds what a lost notification would have told', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.pay(made.number);
    const paid = await world.shop.get({ payment_id: made.id, wait_ms: 20_000 });
    assert.equal(paid.state, 'PAYMENT_STATE_PAID');
    assert.equal(paid.terms.match, 'MATCH_CONFIRMED');
    assert.deepEqual(await world.sandbox.notified(made.number), []);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });
});
