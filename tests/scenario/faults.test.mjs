// SPDX-License-Identifier: Apache-2.0
// The platform has a bad day, call by call: what is unknown stays unknown, and ends right after it.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';

const QUERY = 'alipay.trade.query';
const CLOSE = 'alipay.trade.close';
const REFUND = 'alipay.trade.refund';
const REFUND_QUERY = 'alipay.trade.fastpay.refund.query';
const NOT_DONE = ['drop_before', 'system_error', 'code_20000', 'unsigned_error', 'http_500', 'garbage'];
const DONE = ['drop_after', 'delay', 'truncate', 'bad_signature', 'wrong_key', 'unsigned', 'system_error_after'];
const bad = (world, method, kind, more = {}) => world.sandbox.fault(method, kind, { count: -1, delay_ms: 1500, ...more });
const conf = { channel: { timeout: '700ms' } };

inWorld('a query', { conf }, (scenario) => {
  for (const kind of [...NOT_DONE, ...DONE, 'lie_amount']) {
    scenario(kind, async (world) => {
      const made = await world.opened();
      await world.sandbox.fault('notify', 'never');
      await world.sandbox.pay(made.number);
      await bad(world, QUERY, kind);
      const before = await world.shop.get(made.id);
      const mark = world.logMark;
      const during = await world.shop.get({ payment_id: made.id, refresh: true });
      assert.deepEqual([during.state, during.version], ['PAYMENT_STATE_OPEN', before.version]);
      assert.match(await world.logged(/no word that can be believed/, mark), /CALL=query/);
      await world.sandbox.calm();
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    });
  }

  scenario('an unknown sub_code decides nothing', async (world) => {
    const made = await world.opened();
    await bad(world, QUERY, 'sub_code', { value: 'ACQ.SOMETHING_NEW' });
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
  });

  scenario('the buyer comes back while the platform is down: a page that waits', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await bad(world, QUERY, 'http_500');
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    const page = await world.buyer.visit(back);
    assert.equal(page.status, 200);
    assert.match(page.body, /正在确认付款结果/);
    assert.match(page.body, /http-equiv="refresh"/);
    await world.sandbox.calm();
    assert.equal((await world.buyer.visit(back)).status, 303);
  });
});

inWorld('a close', { conf }, (scenario) => {
  for (const kind of [...NOT_DONE, ...DONE]) {
    scenario(kind, async (world) => {
      const made = await world.opened();
      await world.sandbox.act(made.number, 'open');
      await bad(world, '*', kind);
      const during = await world.shop.closePayment(made.id);
      assert.deepEqual([during.state, during.closing], ['PAYMENT_STATE_OPEN', true]);
      await world.sandbox.calm();
      const closed = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
      assert.equal(closed.close_reason, 'CLOSE_REASON_REQUESTED');
    });
  }

  scenario('refused because it is paid: asked, and PAID', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.pay(made.number);
    assert.equal((await world.shop.closePayment(made.id)).state, 'PAYMENT_STATE_PAID');
    assert.equal((await world.sandbox.log(CLOSE, made.number)).length, 1);
  });
});

inWorld('a refund', { conf: { ...conf, poll: { first: '100ms', max: '400ms' } } }, (scenario) => {
  const begin = async (world) => {
    const made = await world.paid();
    await world.sandbox.fault('notify', 'never', { count: -1 });
    const ask = { idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 12345, currency: 'CNY' } };
    return { made, ask };
  };
  const end = async (world, made, refund) => {
    await world.sandbox.calm();
    await until('the refund', async () => {
      await world.advance(16_000);
      return (await world.shop.getRefund(refund.refund_id)).state === 'REFUND_STATE_REFUNDED';
    });
    const { refunds } = await world.sandbox.trade(made.number);
    assert.deepEqual(refunds.map((one) => one.refund_amount), ['123.45'], 'once');
    const numbers = (await world.sandbox.log(REFUND, made.number)).map((call) => call.out_request_no).filter(Boolean);
    assert.equal(new Set(numbers).size, 1, 'one number');
  };

  for (const kind of [...NOT_DONE, ...DONE]) {
    scenario(kind, async (world) => {
      const { made, ask } = await begin(world);
      await bad(world, '*', kind);
      const refund = await world.shop.refund(ask);
      await until('the call', async () => (await world.sandbox.ask('GET', '/log')).log.some((call) => call.out_trade_no === made.number && call.method === REFUND));
      assert.equal((await world.shop.getRefund(refund.refund_id)).state, 'REFUND_STATE_SUBMITTED');
      assert.equal((await world.shop.get(made.id)).refund_pending_minor, 12345, 'counted all the while');
      await end(world, made, refund);
    });
  }

  for (const kind of [...DONE, 'garbage']) {
    scenario(`whose query has ${kind}`, async (world) => {
      const { made, ask } = await begin(world);
      await bad(world, REFUND_QUERY, kind);
      const refund = await world.shop.refund(ask);
      await until('the question', async () => (await world.sandbox.log(REFUND_QUERY, made.number)).length > 0);
      assert.notEqual((await world.shop.getRefund(refund.refund_id)).state, 'REFUND_STATE_REFUNDED');
      await end(world, made, refund);
    });
  }
});
