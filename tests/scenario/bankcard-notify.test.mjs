// SPDX-License-Identifier: Apache-2.0
// UnionPay's notifications and answers as they come: five sends, twice, late, early, never; in any shape that the rules allow.
import assert from 'node:assert/strict';
import { asked, inCardWorld, MINUTE, onlyBack, opened, refundOf, untilAsked } from './harness/cards.mjs';
import { readStatus } from './harness/status.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';

const sends = async (world, number) => (await world.unionpay.notified(number)).flatMap((one) => one.deliveries);
const nSends = (world, number, n) => until(`${n} sends`, async () => {
  const all = await sends(world, number);
  return all.length >= n && all;
});

inCardWorld('UnionPay sends', { conf: {} }, (scenario) => {
  scenario('again and again, until somebody answers', async (world) => {
    const made = await opened(world);
    await world.crash();
    await world.unionpay.pay(made.number);
    await nSends(world, made.number, 2); /* at once, and once more */
    await world.startDaemon();
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN');
    await world.advance(MINUTE);
    const all = await nSends(world, made.number, 3);
    assert.deepEqual(all.map(({ status }) => status), [0, 0, 200]);
    await world.state(made, 'PAYMENT_STATE_PAID');
    await world.advance(10 * MINUTE);
    assert.equal((await sends(world, made.number)).length, 3, 'answered is answered');
  });

  scenario('five times and never again: then only asking helps', async (world) => {
    const made = await opened(world);
    await world.crash();
    await world.unionpay.pay(made.number);
    for (const [n, minutes] of [[2, 1], [3, 2], [4, 4], [5, 30]]) {
      await nSends(world, made.number, n);
      await world.advance(minutes * MINUTE);
    }
    assert.equal((await sends(world, made.number)).length, 5);
    await world.startDaemon();
    const payment = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(payment.late_success, false, 'it is asked about before anything is closed');
    assert.equal((await sends(world, made.number)).length, 5);
  });

  scenario('what we could not verify just now comes again, and is taken then', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'bad_signature', { count: 1 });
    await world.unionpay.pay(made.number);
    const all = await nSends(world, made.number, 2);
    assert.deepEqual(all.map(({ status }) => status), [400, 200]);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('twice: one event', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'duplicate');
    await world.unionpay.pay(made.number);
    const all = await nSends(world, made.number, 2);
    assert.deepEqual(all.map(({ status }) => status), [200, 200]);
    const payment = await world.state(made, 'PAYMENT_STATE_PAID');
    await world.unionpay.resend(made.number);
    assert.equal((await nSends(world, made.number, 3)).at(-1).status, 200, 'and acknowledged however late');
    assert.equal((await world.shop.get(made.id)).version, payment.version);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('at the same time, many times', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.pay(made.number);
    await Promise.all(Array.from({ length: 8 }, () => world.unionpay.resend(made.number)));
    assert.ok((await nSends(world, made.number, 8)).every(({ status }) => status === 200));
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('after the buyer came back', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'delay', { delay_ms: 60 * MINUTE });
    const home = await unionpay.comeBack(world.buyer, await unionpay.pay(world.buyer, made.page));
    assert.equal(readStatus(world, home.location).state, 'PAID', 'the return made us ask');
    const { version } = await world.shop.get(made.id);
    await world.advance(61 * MINUTE);
    assert.equal((await nSends(world, made.number, 1))[0].status, 200);
    assert.equal((await world.shop.get(made.id)).version, version, 'old news changes nothing');
  });

  scenario('nothing: asked about in time', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.pay(made.number);
    await world.advance(11 * MINUTE);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('of a refund before its answer', async (world) => {
    const made = await opened(world);
    await world.unionpay.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    await world.unionpay.fault('refund', 'delay', { delay_ms: 1200 });
    const { refund_id: id } = await world.shop.refund(refundOf(world, made));
    const back = await until('UnionPay to have it', () => onlyBack(world, made.number));
    assert.equal((await nSends(world, back.order_id, 1))[0].status, 200);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
  });

  scenario('of the payment behind that of its refund', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'delay', { delay_ms: 60 * MINUTE });
    await world.unionpay.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    const { refund_id: id } = await world.shop.refund(refundOf(world, made));
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });
    await world.advance(61 * MINUTE);
    assert.equal((await nSends(world, made.number, 1))[0].status, 200);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
  });

  for (const [name, kind, more] of [['a field that nobody knows, with braces, ampersands and all', 'extra_field', {}],
    ['Chinese and plus signs in it', 'extra_field', { field: 'zzExtra', value: '中文 a+b=c %2B' }], ['its fields in another order', 'reorder', {}],
    ['a blank field that is not signed', 'blank_field', {}], ['the card\'s number missing', 'drop_field', { field: 'accNo' }]]) {
    scenario(`a notification with ${name}: taken`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('notify', kind, more);
      await world.unionpay.pay(made.number);
      assert.equal((await nSends(world, made.number, 1))[0].status, 200);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    });
  }

  for (const [name, kind, more] of [['a field that nobody knows, with braces, ampersands and all', 'extra_field', {}],
    ['Chinese and plus signs in it', 'extra_field', { field: 'zzExtra', value: '中文 a+b=c %2B' }], ['its fields in another order', 'reorder', {}],
    ['a blank field that is signed', 'blank_field', { value: 'signed' }], ['braces around it', 'none', {}]]) {
    scenario(`an answer with ${name}: taken`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('notify', 'never');
      await world.unionpay.settings({ braces: kind === 'none' });
      if (kind !== 'none') await world.unionpay.fault('query', kind, { count: -1, ...more });
      await world.unionpay.pay(made.number);
      assert.deepEqual([(await asked(made)).state, (await world.shop.get(made.id)).terms.match], ['PAYMENT_STATE_PAID', 'MATCH_CONFIRMED']);
    });
  }
});
