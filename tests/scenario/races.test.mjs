// SPDX-License-Identifier: Apache-2.0
// Everything at once, again and again: whoever comes first, the money is taken once and all is told truly.
import assert from 'node:assert/strict';
import { linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Buyer } from './harness/buyer.mjs';
import { inCardWorld } from './harness/cards.mjs';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { Refused } from './harness/storefront.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT, binary } from './harness/world.mjs';

const MINUTE = 60_000;
const conf = { poll: { first: '100ms', max: '400ms' }, front: { rate_per_second: 100_000, rate_burst: 100_000 } };
const refresh = ({ storefront, id }) => storefront.get({ payment_id: id, refresh: true });
const times = (n, body) => Array.from({ length: n }, (_, i) => body(i));
const settled = (promises) => Promise.allSettled(promises).then((all) => all.map(({ value, reason }) => value ?? reason));
const anotherBuyer = (world) => new Buyer(readFileSync(join(world.folder, 'tls.crt')));

function shuffled(all) {
  for (let i = all.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [all[i], all[k]] = [all[k], all[i]];
  }
  return all;
}

/** Refused for a reason that the race allows; anything else is a mistake. */
function allowed(outcomes, ...reasons) {
  for (const one of outcomes)
    if (one instanceof Error) assert.ok(one instanceof Refused && reasons.includes(one.reason), String(one));
  return outcomes.filter((one) => !(one instanceof Error));
}

inWorld('notification, return, poll, close, refund and expiry', { conf }, (scenario) => {
  for (const [name, after] of [['the notification in time', 'duplicate'], ['no notification', 'never'], ['a late notification', 'delay']]) {
    for (let round = 1; round <= 3; round++) {
      scenario(`at once, ${name} (${round})`, async (world) => {
        const made = await world.opened();
        await world.sandbox.fault('notify', after, { count: 1, delay_ms: 300 });
        const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
        const ask = { idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 12300, currency: 'CNY' } };
        const everything = [
          ...times(4, () => () => refresh(made)),
          ...times(3, () => () => world.buyer.visit(back)),
          ...times(2, () => () => world.shop.closePayment(made.id)),
          ...times(3, () => () => world.shop.refund(ask)),
          () => world.shop.get({ payment_id: made.id, wait_ms: 3000 }),
          () => world.advance(31 * MINUTE),
          () => world.sandbox.resend(made.number).catch(() => undefined), /* where one was sent */
        ];
        allowed(await settled(shuffled(everything).map((one) => one())), 'NOT_PAID');
        const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
        assert.deepEqual([paid.late_success, paid.closing], [false, false], 'it was never closed');
        const refund = await world.shop.refund(ask);
        await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
        assert.deepEqual((await world.eventsOf(made)).sort(), ['PAYMENT_PAID', 'REFUNDED'], 'each told once');
        const { refunds } = await world.sandbox.trade(made.number);
        assert.deepEqual(refunds.map((one) => one.refund_amount), ['123.00'], 'once');
      });
    }
  }

  for (let round = 1; round <= 3; round++) {
    scenario(`at once, and nobody pays (${round})`, async (world) => {
      const made = await world.opened();
      const page = await world.buyer.verify(made.cashier);
      const everything = [
        ...times(4, () => () => refresh(made)),
        ...times(3, () => () => world.shop.closePayment(made.id)),
        ...times(3, () => () => anotherBuyer(world).visit(made.link, { method: 'POST', form: {} })),
        () => world.buyer.submit(page, 'leave').catch(() => undefined), /* where it can still be left */
        () => world.shop.get({ payment_id: made.id, wait_ms: 3000 }),
        () => world.advance(33 * MINUTE),
      ];
      allowed(await settled(shuffled(everything).map((one) => one())));
      const closed = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
      assert.ok(['CLOSE_REASON_REQUESTED', 'CLOSE_REASON_EXPIRED'].includes(closed.close_reason));
      assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED'], 'told once');
      assert.equal((await world.buyer.visit(made.link, { method: 'POST', form: {} })).status, 410);
    });
  }

  for (let round = 1; round <= 5; round++) {
    scenario(`the buyer pays while the shop closes (${round})`, async (world) => {
      const made = await world.opened();
      await world.sandbox.act(made.number, 'open');
      const race = [() => world.sandbox.pay(made.number).catch(() => undefined), () => world.shop.closePayment(made.id), () => refresh(made)];
      await Promise.all((round % 2 ? race : race.reverse()).map((one) => one()));
      const { state } = await world.sandbox.trade(made.number);
      const payment = await until('both to agree', async () => {
        const one = await refresh(made);
        return one.state !== 'PAYMENT_STATE_OPEN' && one;
      });
      assert.equal(payment.state, state === 'TRADE_SUCCESS' ? 'PAYMENT_STATE_PAID' : 'PAYMENT_STATE_CLOSED');
      assert.equal(payment.late_success, false);
      assert.equal((await world.eventsOf(made)).length, 1);
    });
  }

  for (let round = 1; round <= 4; round++) {
    scenario(`the buyer pays while the order expires${round % 2 ? '' : ', and nobody tells'} (${round})`, async (world) => {
      const made = await world.opened();
      await world.sandbox.act(made.number, 'open');
      if (round % 2 === 0) await world.sandbox.fault('notify', 'never', { count: 1 });
      const race = [() => world.sandbox.pay(made.number).catch(() => undefined), () => world.advance(33 * MINUTE),
        ...times(3, () => () => refresh(made)), () => world.shop.get({ payment_id: made.id, wait_ms: 1000 })];
      await Promise.all((round > 2 ? race : race.reverse()).map((one) => one()));
      const { gmt_payment: isCharged } = await world.sandbox.trade(made.number);
      const payment = await until('both to agree', async () => {
        const one = await refresh(made);
        return one.state !== 'PAYMENT_STATE_OPEN' && one;
      });
      assert.equal(payment.state, isCharged ? 'PAYMENT_STATE_PAID' : 'PAYMENT_STATE_CLOSED');
      assert.equal(payment.late_success, false, 'it was not closed before the platform had decided');
      assert.deepEqual(await world.eventsOf(made), [isCharged ? 'PAYMENT_PAID' : 'PAYMENT_CLOSED'], 'told once');
    });
  }

  scenario('declined, asked about, tried again on the same page, paid', async (world) => {
    const made = await world.opened();
    let page = await world.buyer.verify(made.cashier);
    for (let i = 0; i < 3; i++) {
      const asked = times(4, () => refresh(made));
      page = await world.buyer.submit(page, 'decline');
      for (const one of await Promise.all([...asked, refresh(made)])) assert.equal(one.state, 'PAYMENT_STATE_OPEN', 'a decline ends nothing');
    }
    const [, ...all] = await Promise.all([world.buyer.confirm(page), ...times(4, () => refresh(made))]);
    for (const one of all) assert.ok(['PAYMENT_STATE_OPEN', 'PAYMENT_STATE_PAID'].includes(one.state));
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });
});

inWorld('the same request from twenty connections', { conf }, (scenario) => {
  const twenty = (world) => Promise.all(times(20, () => world.storefront('shop')));

  for (const terminal of ['TERMINAL_DESKTOP', 'TERMINAL_QR', 'TERMINAL_APP']) {
    scenario(`one payment: ${terminal}`, async (world) => {
      const fronts = await twenty(world);
      const wish = await world.wish(world.shop, {}, { terminal });
      if (terminal === 'TERMINAL_QR') await world.sandbox.fault('alipay.trade.precreate', 'delay', { delay_ms: 300 });
      const all = await Promise.all(fronts.map((one) => one.create(wish)));
      for (const payment of all) {
        assert.equal(payment.payment_id, all[0].payment_id);
        assert.ok(payment.next_action, 'each is told what to do next');
        assert.deepEqual(payment.next_action, all[0].next_action);
      }
      const log = (await world.sandbox.ask('GET', '/log')).log.filter((line) => line.method === 'alipay.trade.precreate');
      if (terminal === 'TERMINAL_QR') assert.equal(log.length, 1, 'one call');
      const { payment_id: id } = await world.shop.get({ merchant_order_id: wish.merchant_order_id });
      assert.equal(id, all[0].payment_id);
    });
  }

  scenario('one key for twenty different orders: one of them', async (world) => {
    const fronts = await twenty(world);
    const wish = await world.wish();
    const outcomes = await settled(fronts.map((one) => one.create({ ...wish, merchant_order_id: world.order() })));
    assert.equal(allowed(outcomes, 'IDEMPOTENCY_KEY_REUSED').length, 1);
  });

  scenario('one order under twenty keys: one payment', async (world) => {
    const fronts = await twenty(world);
    const wish = await world.wish();
    const outcomes = await settled(fronts.map((one) => one.create({ ...wish, idempotency_key: world.order('key') })));
    const [payment, ...more] = allowed(outcomes, 'ORDER_HAS_LIVE_PAYMENT');
    assert.equal(more.length, 0);
    for (const no of outcomes.filter((one) => one instanceof Refused)) assert.ok(no.text.includes(payment.payment_id), no.text);
  });

  scenario('twenty refreshes of one payment: the platform is asked once, or nearly', async (world) => {
    const fronts = await twenty(world);
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.fault('alipay.trade.query', 'delay', { count: -1, delay_ms: 1200 });
    await world.sandbox.pay(made.number);
    const all = await Promise.all(fronts.map((storefront) => refresh({ ...made, storefront })));
    for (const { state } of all) assert.equal(state, 'PAYMENT_STATE_PAID');
    const { length } = await world.sandbox.log('alipay.trade.query', made.number);
    assert.ok(length <= 4, `${length} questions`); /* the rounds', and whoever came late on a busy machine */
  });

  scenario('twenty closes of one payment, and twenty refunds under one key', async (world) => {
    const fronts = await twenty(world);
    const open = await world.created();
    const closed = await Promise.all(fronts.map((one) => one.closePayment(open.id)));
    for (const one of closed) assert.deepEqual([one.state, one.close_reason], ['PAYMENT_STATE_CLOSED', 'CLOSE_REASON_REQUESTED']);
    assert.deepEqual(await world.eventsOf(open), ['PAYMENT_CLOSED']);
    const made = await world.paid();
    const ask = { idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 100, currency: 'CNY' } };
    const refunds = await Promise.all(fronts.map((one) => one.refund(ask)));
    assert.equal(new Set(refunds.map((one) => one.refund_id)).size, 1);
    await world.refundState(made, refunds[0].refund_id, 'REFUND_STATE_REFUNDED');
    assert.equal((await world.sandbox.trade(made.number)).refunds.length, 1);
  });
});

inWorld('one link, two phones', { conf }, (scenario) => {
  scenario('Huabei: both stand before the same order, which is paid once', async (world) => {
    const made = await world.created();
    const buyers = [world.buyer, anotherBuyer(world)];
    const ways = await Promise.all(buyers.map((buyer) => buyer.open(made.link)));
    assert.equal(ways[0].number, ways[1].number, 'one order');
    const pages = await Promise.all(buyers.map((buyer, i) => buyer.verify(ways[i].cashier)));
    const channel = /name="channel" value="(\d+)"/.exec(pages[0].body)[1];
    await Promise.all(buyers.map((buyer, i) => buyer.submit(pages[i], 'pay', { channel })));
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
    for (const buyer of buyers) {
      const page = await buyer.visit(made.link, { method: 'POST', form: {} });
      assert.match(page.body, /已付款|支付成功|Paid/, 'the link says that it is paid');
    }
  });
});

inCardWorld('one order, two channels', { conf }, (scenario) => {
  /** CreatePayment of one order by each channel. */
  const both = async (world, storefront, more) => {
    const order = world.order();
    return Promise.all(['huabei', 'bankcard'].map((channel) =>
      world.wish(storefront, { merchant_order_id: order, ...more }, { channel })));
  };

  for (let round = 1; round <= 4; round++) {
    scenario(`at once: one of them is made (${round})`, async (world) => {
      const wishes = await both(world, world.shop);
      const outcomes = await settled((round % 2 ? wishes : wishes.reverse()).map((wish) => world.shop.create(wish)));
      const [payment, ...more] = allowed(outcomes, 'ORDER_HAS_LIVE_PAYMENT');
      assert.equal(more.length, 0);
      assert.ok(outcomes.find((one) => one instanceof Refused).text.includes(payment.payment_id));
    });
  }

  for (const [merchant, back] of [['shop', 0], ['boutique', AMOUNT.minor]]) {
    scenario(`both by the storefront's wish, and both paid: told, and ${back ? 'the later given back' : 'left to the shop'}`, async (world) => {
      const storefront = world[merchant];
      const wishes = await both(world, storefront, { allow_parallel: true });
      const [huabei, card] = await Promise.all(wishes.map((wish) => storefront.create(wish)));
      const first = { storefront, id: huabei.payment_id, ...(await world.buyer.open(huabei.next_action.hosted_url)) };
      const second = { storefront, id: card.payment_id, ...(await unionpay.open(world.buyer, card.next_action.hosted_url)) };
      await Promise.all([world.sandbox.pay(first.number), world.unionpay.pay(second.number)]);
      const paid = [await world.state(first, 'PAYMENT_STATE_PAID', { refresh: true }), await world.state(second, 'PAYMENT_STATE_PAID', { refresh: true })];
      const flagged = paid.filter((one) => one.double_paid);
      assert.equal(flagged.length, 1, 'the one that came later');
      await until('what is given back', async () => {
        const now = await Promise.all([refresh(first), refresh(second)]);
        assert.deepEqual(now.map((one) => one.refunded_minor).sort((a, b) => a - b), [0, back]);
        return true;
      });
      const events = [...await world.eventsOf(first), ...await world.eventsOf(second)];
      assert.equal(events.filter((one) => one === 'PAYMENT_PAID').length, 2);
      assert.equal(events.filter((one) => one === 'DOUBLE_PAID').length, 1);
      assert.equal(events.filter((one) => one === 'REFUNDED').length, back ? 1 : 0);
    });
  }

  for (let round = 1; round <= 3; round++) {
    scenario(`by card, notification, return, poll, close, refund and expiry at once (${round})`, async (world) => {
      const made = await world.created();
      const way = await unionpay.open(world.buyer, made.link);
      const page = await unionpay.pay(world.buyer, way.page);
      const ask = { idempotency_key: world.order('key'), payment_id: made.id, amount: AMOUNT };
      const everything = [
        ...times(4, () => () => refresh(made)),
        ...times(3, () => () => unionpay.comeBack(world.buyer, page)),
        ...times(2, () => () => world.shop.closePayment(made.id)),
        ...times(3, () => () => world.shop.refund(ask)),
        () => world.advance(33 * MINUTE),
        () => world.unionpay.resend(way.number).catch(() => undefined),
      ];
      allowed(await settled(shuffled(everything).map((one) => one())), 'NOT_PAID');
      const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
      assert.deepEqual([paid.late_success, paid.closing], [false, false], 'it was never closed');
      const refund = await world.shop.refund(ask);
      await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
      assert.deepEqual((await world.eventsOf(made)).sort(), ['PAYMENT_PAID', 'REFUNDED'], 'each told once');
      assert.equal((await world.unionpay.order(way.number)).backs.length, 1, 'given back once');
    });
  }

  scenario('one link by card on two phones: the second waits for the first', async (world) => {
    const made = await world.created();
    const posts = await Promise.all([world.buyer, anotherBuyer(world)].map((buyer) => buyer.visit(made.link, { method: 'POST', form: {} })));
    const forms = posts.filter((one) => one.body.includes('name="txnType"'));
    assert.equal(forms.length, 1, 'one order at a time');
    const number = /name="orderId" value="(\w+)"/.exec(forms[0].body)[1];
    const form = unionpay.formsOf(forms[0]).find(({ fields }) => fields.some(([name]) => name === 'txnType'));
    await world.buyer.visit(form.action, { method: 'POST', form: form.fields });
    await world.unionpay.pay(number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('a card accepted while an older "declined" is on its way, which arrives after the deadline', async (world) => {
    const made = await world.created();
    const way = await unionpay.open(world.buyer, made.link);
    await world.unionpay.act(way.number, 'decline');
    await world.unionpay.fault('notify', 'never', { count: -1 });
    await world.unionpay.fault('query', 'delay', { count: -1, delay_ms: 1500 });
    const asked = refresh(made);
    const nAsked = async () => (await world.unionpay.log('query', way.number)).length;
    await until('the question', async () => await nAsked() > 0);
    await world.unionpay.calm();
    await world.unionpay.pay(way.number);
    await world.advance(36 * MINUTE); /* the deadline, and what UnionPay may take beyond it */
    await asked;
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(paid.late_success, false, 'what was asked before the deadline ends nothing');
    assert.equal((await world.eventsOf(made)).at(-1), 'PAYMENT_PAID');
  });

  scenario('a card declined, asked about, and accepted on the same page', async (world) => {
    const made = await world.created();
    const way = await unionpay.open(world.buyer, made.link);
    for (let i = 0; i < 3; i++) {
      const [, ...all] = await Promise.all([world.unionpay.act(way.number, 'decline'), ...times(4, () => refresh(made))]);
      for (const one of all) assert.equal(one.state, 'PAYMENT_STATE_OPEN', 'a decline before the deadline ends nothing');
    }
    await Promise.all([world.unionpay.pay(way.number), ...times(4, () => refresh(made))]);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    const events = await world.eventsOf(made);
    assert.equal(events.at(-1), 'PAYMENT_PAID');
    assert.ok(events.slice(0, -1).every((one) => one === 'ATTEMPT_DECLINED') && events.length <= 4, `${events}`);
  });
});

inWorld('one ledger, two daemons', {}, (scenario) => {
  const write = (world, store = 'ledger.db') => {
    const good = readFileSync(join(world.folder, 'fenqid.conf'), 'utf8');
    const file = join(world.folder, 'second.conf');
    writeFileSync(file, good.replaceAll(`tcp://127.0.0.1:${world.frontPort}`, 'tcp://127.0.0.1:0')
      .replace(`address = "127.0.0.1:${world.webPort}"`, 'address = "127.0.0.1:0"').replace('path = "ledger.db"', `path = "${store}"`));
    return file;
  };
  const start = (file) => Program.start('another fenqid', binary('fenqid'), ['-c', file]);
  const clean = (world, ...names) => {
    for (const name of ['second.conf', ...names]) rmSync(join(world.folder, name), { force: true });
  };

  scenario('the second refuses, by whatever name it reaches the file', async (world) => {
    symlinkSync('ledger.db', join(world.folder, 'symbolic.db'));
    linkSync(join(world.folder, 'ledger.db'), join(world.folder, 'hard.db'));
    for (const name of ['ledger.db', 'symbolic.db', 'hard.db']) {
      const second = start(write(world, name));
      assert.equal((await second.exit).code, 1, second.text);
      assert.match(second.text, new RegExp(`another daemon has the ledger .*${name} open`));
    }
    const made = await world.paid();
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_PAID', 'the first goes on');
    clean(world, 'symbolic.db', 'hard.db');
  });

  scenario('the lock dies with its process', async (world) => {
    const made = await world.opened();
    await world.crashAndRestart();
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('of five that start at once one serves', async (world) => {
    await world.stopDaemon();
    const file = write(world);
    const five = times(5, () => start(file));
    const refusing = () => five.filter((one) => one.hasEnded);
    await until('four to refuse', () => refusing().length === 4);
    await until('one to serve', () => five.some((one) => one.text.includes(': started ')));
    for (const one of refusing()) assert.equal(one.ended.code, 1, one.text);
    const [winner] = five.filter((one) => !one.hasEnded);
    assert.deepEqual(await winner.signal('SIGTERM'), { code: 0, signal: null }, winner.text);
    clean(world);
    await world.startDaemon();
    assert.ok((await world.shop.call('get_info', {})).info);
  });
});
