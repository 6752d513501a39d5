// SPDX-License-Identifier: Apache-2.0
// One line per decision that matters: whose payment, what happened, whose fault, what happens next, and the
// storefront's trace; and nothing about the buyer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { checkLines, checkRedaction } from './harness/redaction.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { readFields } from './harness/syslog.mjs';
import { CARD } from './harness/unionpay.mjs';
import { AMOUNT } from './harness/world.mjs';

const conf = { poll: { first: '100ms', max: '300ms' } };

/** The line about one object, as level, message and fields. */
async function lineOf(world, message, field, value) {
  const line = await world.logged(new RegExp(`^\\w+: ${message}.* ${field}=${value}( |$)`));
  const [, level, text] = /^(\w+): (.*)$/.exec(line);
  return { level, ...readFields(text) };
}

function assertSays({ message, fields }, ...names) {
  for (const name of names) assert.ok(fields[name], `"${message}" says its ${name}: ${JSON.stringify(fields)}`);
}

test('the checks find what they look for', () => {
  const line = 'info: payment paid PAYMENT=p1jn4bb96r0002rbkjwwag65d0jd0s NEXT="the shop has its event"\n';
  checkRedaction(line, ['a-secret']);
  checkLines(line);
  for (const planted of ['a-secret', CARD.card_number, CARD.phone, '/r/1jn4bb96r00022c9gv8866npdh515tf2jkn6pzz', 'X=1jn4bb96r00022c9gv8866npdh515tf2jkn6pzz ', 'Canary-subject'])
    assert.throws(() => checkRedaction(`${line}${planted}\n`, ['a-secret']), planted);
  assert.throws(() => checkLines('warning: something FAULT=theirs\n'));
});

inWorld('log lines', { conf }, (scenario) => {
  const traced = () => {
    const id = randomBytes(16).toString('hex');
    return { id, traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` };
  };

  /** A payment whose request had this traceparent, and its events. */
  const paid = async (world, fields) => {
    const wish = await world.wish();
    const payment = await world.shop.create(wish, { fields });
    const made = { storefront: world.shop, wish, id: payment.payment_id, link: payment.next_action.hosted_url };
    Object.assign(made, await world.buyer.open(made.link));
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    return made;
  };
  const events = async ({ id }, shop) => (await shop.events()).events.filter((event) => event.payment_id === id);

  scenario('a payment, with the trace of the request that made it', async (world) => {
    const trace = traced();
    const made = await paid(world, { traceparent: trace.traceparent });
    for (const message of ['payment created', 'the buyer is sent to the platform', 'payment paid']) {
      const line = await lineOf(world, message, 'PAYMENT', made.id);
      assertSays(line, 'MERCHANT', 'ORDER', 'CHANNEL', 'STATE', 'NEXT');
      assert.equal(line.fields.TRACE_ID, trace.id, message);
    }
    const [event] = await events(made, world.shop);
    assert.equal(event.traceparent, trace.traceparent);

    const refund = await world.shop.refund({ payment_id: made.id, idempotency_key: world.order('key'), amount: { minor: 100, currency: 'CNY' } });
    await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED');
    const done = await lineOf(world, 'refund done', 'REFUND', refund.refund_id);
    assertSays(done, 'PAYMENT', 'MERCHANT', 'ORDER', 'CHANNEL', 'NUMBER', 'NEXT');
    assert.equal(done.fields.TRACE_ID, trace.id);
  });

  scenario('the same request with another trace is the same request; without one, or a wrong one, there is none', async (world) => {
    const wish = await world.wish();
    const first = traced();
    const payment = await world.shop.create(wish, { fields: { traceparent: first.traceparent } });
    assert.equal((await world.shop.create(wish, { fields: { traceparent: traced().traceparent } })).payment_id, payment.payment_id);
    assert.equal((await lineOf(world, 'payment created', 'PAYMENT', payment.payment_id)).fields.TRACE_ID, first.id);
    for (const traceparent of ['', 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `${traced().traceparent}\nFAULT`.slice(0, 64)]) {
      const made = await paid(world, traceparent ? { traceparent } : {});
      assert.equal((await lineOf(world, 'payment paid', 'PAYMENT', made.id)).fields.TRACE_ID, undefined);
      assert.equal((await events(made, world.shop))[0].traceparent, '');
    }
  });

  scenario('a refusal: which operation, of what, why, and what to do', async (world) => {
    const trace = traced();
    const wish = await world.wish(world.shop, { amount: { ...AMOUNT, minor: AMOUNT.minor + 1 } });
    await refused(world.shop.create(wish, { fields: { traceparent: trace.traceparent } }), { code: 'CODE_INVALID_ARGUMENT' });
    const line = await lineOf(world, 'request refused', 'ORDER', wish.merchant_order_id);
    assert.equal(line.level, 'info');
    assert.deepEqual([line.fields.MERCHANT, line.fields.OPERATION, line.fields.FAULT, line.fields.TRACE_ID], ['shop', 'create_payment', 'theirs', trace.id]);
    assertSays(line, 'REASON', 'FIELD', 'REQUEST', 'NEXT');
  });

  scenario('an unclear answer: whose payment', async (world) => {
    const trace = traced();
    const wish = await world.wish();
    const payment = await world.shop.create(wish, { fields: { traceparent: trace.traceparent } });
    await world.buyer.open(payment.next_action.hosted_url);
    await world.sandbox.fault('alipay.trade.query', 'system_error', { count: 3 });
    const line = await lineOf(world, 'no word that can be believed', 'PAYMENT', payment.payment_id);
    assert.equal(line.level, 'warning');
    assert.deepEqual([line.fields.MERCHANT, line.fields.CHANNEL, line.fields.CALL, line.fields.FAULT, line.fields.TRACE_ID], ['shop', 'huabei', 'query', 'theirs', trace.id]);
    assertSays(line, 'NUMBER', 'REASON', 'DETAIL', 'NEXT');
  });
});
