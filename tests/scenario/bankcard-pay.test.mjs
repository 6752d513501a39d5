// SPDX-License-Identifier: Apache-2.0
// Paying by card: from indicative plans to the signed result.
import assert from 'node:assert/strict';
import { inCardWorld, opened, paid } from './harness/cards.mjs';
import { readStatus } from './harness/status.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const terms = ({ terms: { asked: wish, used, match } }) => [wish, used, match];

inCardWorld('paying by card', {}, (scenario) => {
  scenario('12 instalments, chosen on UnionPay\'s page, as a browser without scripts does it', async (world) => {
    const { shop, buyer } = world;
    const { channels } = await shop.quote({ amount: AMOUNT, terminal: 'TERMINAL_DESKTOP' });
    assert.deepEqual(channels.map(({ channel, indicative }) => [channel, indicative]), [['huabei', false], ['bankcard', true]]);
    const plan = await world.plan();
    assert.equal(plan.indicative, true, 'the platform\'s own page decides');
    assert.equal(plan.schedule.length, 12);

    const made = await world.created();
    assert.equal(made.payment.channel, 'bankcard');
    const way = await unionpay.open(buyer, made.link);
    assert.deepEqual([way.fields.txnType, way.fields.txnSubType, way.fields.bizType, way.fields.channelType, way.fields.txnAmt, way.fields.currencyCode],
      ['01', '03', '000201', '07', '699900', '156']);
    assert.ok(!('instalTransInfo' in way.fields), 'the payer chooses');
    assert.equal((await shop.get(made.id)).verification, 'VERIFICATION_OPENED');

    const waiting = shop.get({ payment_id: made.id, wait_ms: 25_000 });
    const done = await unionpay.pay(buyer, way.page);
    assert.match(done.body, /id="paid"/);
    const payment = await waiting;
    assert.equal(payment.state, 'PAYMENT_STATE_PAID', 'the notification ends the wait');
    assert.deepEqual(terms(payment), [12, 12, 'MATCH_CONFIRMED']);
    assert.equal(payment.identity.result, 'RESULT_NOT_ASKED');
    const order = await world.unionpay.order(way.number);
    assert.equal(payment.platform_ref, order.query_id);
    await until('the acknowledgement', async () => {
      const [one] = await world.unionpay.notified(way.number);
      assert.deepEqual(one.deliveries.map(({ status }) => status), [200]);
      return one.done;
    });
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);

    const home = await unionpay.comeBack(buyer, done);
    assert.equal(home.status, 303);
    assert.ok(home.location.startsWith('https://shop.example.com/paid/?fenqi='));
    const status = readStatus(world, home.location);
    assert.deepEqual([status.payment, status.state, status.amount], [made.id, 'PAID', '699900']);
  });

  scenario('on a phone', async (world) => {
    const made = await opened(world, world.shop, {}, { terminal: 'TERMINAL_MOBILE_WEB' });
    assert.equal(made.fields.channelType, '08');
    await unionpay.pay(world.buyer, made.page, { code: unionpay.SMS.mobile });
    assert.deepEqual(terms(await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true })), [12, 12, 'MATCH_CONFIRMED']);
  });

  scenario('6 instalments in place of 12: DIFFERENT, told', async (world) => {
    const made = await opened(world);
    await unionpay.pay(world.buyer, made.page, { instalments: 6 });
    assert.deepEqual(terms(await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true })), [12, 6, 'MATCH_DIFFERENT']);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'TERMS_DIFFER']);
  });

  scenario('terms that the platform does not name: UNCONFIRMED', async (world) => {
    await world.unionpay.settings({ instal_trans_info: false });
    const made = await paid(world);
    assert.deepEqual(terms(made.payment), [12, 0, 'MATCH_UNCONFIRMED']);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('terms with a subsidy beside them', async (world) => {
    await world.unionpay.settings({ subsidy_ppm: 6172 });
    const made = await paid(world);
    assert.deepEqual(terms(made.payment), [12, 12, 'MATCH_CONFIRMED']);
  });

  scenario('the browser\'s return is a hint: nothing before the platform was asked', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never', { count: -1 });
    await world.unionpay.fault('query', 'http_500', { count: -1 });
    const done = await unionpay.pay(world.buyer, made.page);
    const page = await unionpay.comeBack(world.buyer, done);
    assert.equal(page.status, 200);
    assert.match(page.body, /正在确认付款结果/);
    const open = await world.shop.get(made.id);
    assert.deepEqual([open.state, open.verification], ['PAYMENT_STATE_OPEN', 'VERIFICATION_RETURNED']);
    await world.unionpay.calm();
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal((await unionpay.comeBack(world.buyer, done)).status, 303, 'and once it is paid the same form leads to the shop');
  });

  scenario('a return that is another order\'s, or nobody\'s, is shown the state and no more', async (world) => {
    const [made, other] = [await opened(world), await paid(world)];
    const url = made.fields.frontUrl;
    const { fields } = await world.unionpay.wayBack(other.number);
    for (const form of [fields, [['respCode', '00']], []]) {
      const page = await world.buyer.visit(url, { method: 'POST', form });
      assert.deepEqual([page.status, /正在确认付款结果/.test(page.body)], [200, true]);
    }
    assert.equal((await world.buyer.visit(url)).status, 200, 'by GET, too');
    const payment = await world.shop.get(made.id);
    assert.deepEqual([payment.state, payment.verification], ['PAYMENT_STATE_OPEN', 'VERIFICATION_OPENED']);
  });

  scenario('both channels at once, each with its own platform', async (world) => {
    const card = await opened(world);
    const huabei = await world.opened(world.shop, {}, { channel: 'huabei' });
    await Promise.all([world.unionpay.pay(card.number), world.sandbox.pay(huabei.number)]);
    const payments = [await world.state(card, 'PAYMENT_STATE_PAID', { refresh: true }), await world.state(huabei, 'PAYMENT_STATE_PAID')];
    assert.deepEqual(payments.map(({ channel, terms: { match } }) => [channel, match]), [['bankcard', 'MATCH_CONFIRMED'], ['huabei', 'MATCH_CONFIRMED']]);
    assert.deepEqual((await world.unionpay.orders()).filter(({ order_id: id }) => id === huabei.number), []);
  });
});
