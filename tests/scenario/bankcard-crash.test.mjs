// SPDX-License-Identifier: Apache-2.0
// The daemon is killed between any two steps of a card payment, and started again: nothing is lost, nothing is sent twice.
import assert from 'node:assert/strict';
import { afterSettlement, asked, callsOf, inCardWorld, MINUTE, onlyBack, opened, paid, refundOf, untilAsked } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const post = { method: 'POST', form: {} };
const options = { card: { options: { statements: true, undo_same_day: true, attempt_life: '2min' } },
  merchants: [{ id: 'hurried', reopen: 'allow', on_double_paid: 'refund' }] };

inCardWorld('killed', options, (scenario) => {
  scenario('after the payment was created', async (world) => {
    const made = await world.created();
    await world.crashAndRestart();
    assert.deepEqual(await world.shop.create(made.wish), made.payment);
    const way = await unionpay.open(world.buyer, made.link);
    await unionpay.pay(world.buyer, way.page);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('after the form was given, before the browser sent it: the form is as good as before', async (world) => {
    const made = await world.created();
    const way = await unionpay.go(world.buyer, made.link);
    await world.crashAndRestart();
    await untilAsked(world, way.number);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN', '34 is no end before payTimeout');
    assert.match((await world.buyer.visit(made.link, post)).body, /正在确认付款结果/, 'and no second order');
    const page = await world.buyer.visit(way.form.action, { method: 'POST', form: way.form.fields });
    await unionpay.pay(world.buyer, page);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('while the buyer pays: UnionPay\'s word finds nobody', async (world) => {
    const made = await opened(world);
    await world.crash();
    const done = await unionpay.pay(world.buyer, made.page);
    await until('the notification to fail', async () => (await world.unionpay.notified(made.number)).length > 0);
    await world.startDaemon();
    const home = await unionpay.comeBack(world.buyer, done);
    assert.equal(home.status, 303, 'the browser\'s word is enough to ask');
    const payment = await world.shop.get(made.id);
    assert.deepEqual([payment.state, payment.terms.match], ['PAYMENT_STATE_PAID', 'MATCH_CONFIRMED']);
    await world.advance(MINUTE);
    await until('the next send to be acknowledged', async () => (await world.unionpay.notified(made.number))[0].deliveries.at(-1).status === 200);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID'], 'one event');
  });

  scenario('after the notification was acknowledged', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('query', 'http_500', { count: -1 });
    await world.unionpay.pay(made.number);
    await until('the acknowledgement', async () => (await world.unionpay.notified(made.number))[0]?.deliveries[0].status === 200);
    await world.crashAndRestart();
    await world.unionpay.calm();
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('while the buyer stands at UnionPay\'s page, again and again', async (world) => {
    const made = await opened(world);
    let page = await unionpay.enterCard(world.buyer, made.page);
    await world.crashAndRestart();
    page = await unionpay.chooseTerms(world.buyer, page, 12);
    await world.crashAndRestart();
    page = await unionpay.enterCode(world.buyer, page);
    await world.crashAndRestart();
    assert.equal((await unionpay.comeBack(world.buyer, page)).status, 303);
    assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_CONFIRMED');
  });

  scenario('while the link is posted: one order at most, and it can be paid', async (world) => {
    for (let round = 0; round < 4; round++) {
      const made = await world.created();
      const posts = [0, 1, 2].map(() => world.buyer.visit(made.link, post).catch(() => undefined));
      if (round % 2 === 1) await Promise.race(posts);
      await world.crash();
      const pages = (await Promise.all(posts)).filter((page) => page?.body.includes('txnType'));
      assert.ok(pages.length <= 1, 'one form');
      await world.startDaemon();
      if (pages.length === 0) await world.advance(8 * MINUTE); /* what was committed and never sent must be proven dead */
      const form = pages.length > 0 ? unionpay.formsOf(pages[0]).find(({ fields }) => fields.length > 5)
        : await until('a form', async () => (await unionpay.go(world.buyer, made.link)).form);
      await unionpay.pay(world.buyer, await world.buyer.visit(form.action, { method: 'POST', form: form.fields }));
      assert.equal((await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true })).double_paid, false);
    }
  });

  scenario('between a dead try and the next one', async (world) => {
    const made = await opened(world);
    await world.advance(8 * MINUTE);
    await asked(made);
    await world.crashAndRestart();
    const second = await unionpay.open(world.buyer, made.link);
    await world.crashAndRestart();
    assert.notEqual(second.number, made.number);
    await unionpay.pay(world.buyer, second.page);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  // ---- money back ----

  const done = (world, made, id) => world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });

  scenario('after the refund was answered', async (world) => {
    const made = await paid(world);
    const ask = refundOf(world, made);
    const { refund_id: id } = await world.shop.refund(ask);
    await until('UnionPay to have it', () => onlyBack(world, made.number));
    await world.crashAndRestart();
    await done(world, made, id);
    assert.equal((await world.shop.refund(ask)).refund_id, id);
    await onlyBack(world, made.number);
  });

  for (const [name, days, method] of [['an undo', 0, 'undo'], ['a refund', 1, 'refund']]) {
    scenario(`after UnionPay did ${name}, before it answered`, async (world) => {
      const made = await paid(world);
      await world.advance(days * 24 * 60 * MINUTE);
      await world.unionpay.fault('notify', 'never', { count: -1 });
      await world.unionpay.fault(method, 'delay', { delay_ms: 1500 });
      const { refund_id: id } = await world.shop.refund(refundOf(world, made));
      const back = await until('UnionPay to have it', () => onlyBack(world, made.number));
      await world.crashAndRestart();
      await done(world, made, id);
      assert.equal(await callsOf(world, method, back.order_id), 1, 'sent once');
      assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'REFUNDED']);
    });

    scenario(`before ${name} arrived: not sent again, whatever happens`, async (world) => {
      const made = await paid(world);
      await world.advance(days * 24 * 60 * MINUTE);
      const numbers = async () => (await world.unionpay.ask('GET', '/log')).log.filter((line) => line.method === method).map(({ order_id: number }) => number);
      const before = (await numbers()).length;
      await world.unionpay.fault(method, 'drop_before');
      const { refund_id: id } = await world.shop.refund(refundOf(world, made));
      await until('the call to be lost', async () => (await numbers()).length > before);
      for (let i = 0; i < 2; i++) {
        await world.crashAndRestart();
        await world.advance(20 * MINUTE);
        await untilAsked(world, (await numbers()).at(-1), 'query', i + 1);
        assert.equal((await world.shop.getRefund(id, { refresh: true })).state, 'REFUND_STATE_SUBMITTED');
      }
      assert.equal((await numbers()).length, before + 1);
      assert.deepEqual((await world.unionpay.order(made.number)).backs, []);
    });
  }

  scenario('while the settlement file is taken: its lines count once', async (world) => {
    const made = await paid(world);
    await world.unionpay.consoleRefund(made.number, 12345);
    const { mark, day } = await afterSettlement(world, made.number);
    await until('the file to be asked for', async () => (await world.unionpay.ask('GET', '/log')).log.some(({ method, code }) => method === 'file' && code === '00'));
    await world.crashAndRestart();
    await world.logged(new RegExp(`statement taken.*DAY=${day}`), mark);
    await until('it to be booked', async () => (await world.shop.get(made.id)).refunded_minor === 12345);
    await world.crashAndRestart();
    const payment = await asked(made);
    assert.deepEqual([payment.refunded_minor, payment.refunds.length], [12345, 1]);
  });

  scenario('between two paid tries and the refund of the later: it is not forgotten, and not given twice', async (world) => {
    const hurried = await world.storefront('hurried');
    for (let round = 0; round < 3; round++) {
      const made = await opened(world, hurried);
      const second = await unionpay.open(world.buyer, made.link);
      await world.unionpay.pay(made.number);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
      await world.unionpay.pay(second.number);
      await until('the second to be noticed', async () => (await hurried.get({ payment_id: made.id })).double_paid);
      await world.crashAndRestart();
      await until('the refund', async () => (await asked(made)).refunded_minor === AMOUNT.minor);
      await onlyBack(world, second.number);
      assert.deepEqual((await world.unionpay.order(made.number)).backs, []);
    }
  }, { skipMoney: true });
});
