// SPDX-License-Identifier: Apache-2.0
// Messages that look like UnionPay's and are not: each is refused for its reason, and nothing moves.
import assert from 'node:assert/strict';
import { asked, inCardWorld, loggedAgain, MINUTE, opened, paid, unmoved } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';

const SELDOM = {}; /* as worlds have it: the platform is asked after 10 minutes */

/** What is done to a message, and why it is refused. */
const FORGERIES = [
  ['another merchant\'s certificate', 'wrong_cn', {}, /certificate is not UnionPay's/],
  ['a self-made certificate with the right name', 'self_made', {}, /does not lead up to the roots/],
  ['an expired leaf', 'expired_leaf', {}, /certificate has expired/],
  ['a downgrade to 5.0.0', 'downgrade_version', {}, /version is not 5\.1\.0/],
  ['a downgrade to signMethod 11', 'downgrade_method', {}, /signMethod is not 01/],
  ['no signature', 'unsigned', {}, /no signature|no certificate/],
  ['a spoilt signature', 'bad_signature', {}, /signature is bad/],
  ['another amount', 'tamper', {}, /signature is bad/],
  ['other terms', 'tamper', { field: 'instalTransInfo', value: '{numberOfInstallments=06}' }, /signature is bad/],
  ['another code', 'tamper', { field: 'respCode', value: 'A6' }, /signature is bad/],
  ['another order', 'tamper', { field: 'orderId', value: 'T0000000000000000' }, /signature is bad/],
  ['a field that was added', 'tamper', { field: 'q', value: '1' }, /signature is bad/],
  ['normalised line ends', 'line_ends', {}, /signature is bad/],
  ['a key twice', 'duplicate_key', {}, /twice/],
];

inCardWorld('what is not UnionPay\'s word', { conf: SELDOM, card: { digest: 'sha1' } }, (scenario) => {
  // ---- notifications ----

  const refusedOne = async (world, made, kind, more, reason) => {
    const mark = world.logMark;
    await world.unionpay.fault('notify', kind, { count: -1, ...more });
    await unmoved(made, async () => {
      await world.unionpay.pay(made.number);
      const [{ deliveries: [one] }] = await until('the delivery', async () => {
        const all = await world.unionpay.notified(made.number);
        return all.length > 0 && all;
      });
      assert.equal(one.status, 400);
      assert.match(await loggedAgain(world, /notification refused/, mark, () => world.unionpay.resend(made.number)), reason);
    });
    assert.equal((await world.unionpay.log('query', made.number)).length, 0, 'it does not even make us ask');
  };

  for (const [name, kind, more, reason] of FORGERIES) {
    scenario(`a notification with ${name}`, async (world) => {
      const made = await opened(world);
      await refusedOne(world, made, kind, more, reason);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    });
  }

  scenario('a notification with values encoded twice', async (world) => {
    const made = await opened(world);
    await refusedOne(world, made, 'double_encode', {}, /refused/);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  for (const signer of ['self_made', 'wrong_cn', 'expired_leaf', 'none']) {
    scenario(`a notification with good news that nobody paid for, signed: ${signer}`, async (world) => {
      const made = await opened(world);
      const mark = world.logMark;
      await unmoved(made, async () => {
        const forge = () => world.unionpay.forge({ order_id: made.number, signer, fields: { respCode: '00', instalTransInfo: '{numberOfInstallments=12}' } });
        await loggedAgain(world, /notification refused/, mark, forge);
      });
      assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN');
    });
  }

  for (const [name, fields, reason] of [
    ['another merchant\'s number', { merId: '777290058110097' }, /for another merchant/],
    ['an order that is not ours', { orderId: 'X2026000000000000' }, /no such order/],
    ['nobody\'s order', { orderId: '-' }, /names no order of ours/],
    ['another kind of transaction', { txnType: '02', txnSubType: '01' }, /no payment and no refund/]]) {
    scenario(`a notification with UnionPay's signature and ${name}`, async (world) => {
      const made = await opened(world);
      const mark = world.logMark;
      await unmoved(made, async () => {
        const forge = () => world.unionpay.forge({ order_id: made.number, signer: 'good', fields: { respCode: '00', ...fields } });
        assert.match(await loggedAgain(world, /notification refused/, mark, forge), reason);
      });
    });
  }

  for (const [name, more] of [['amount', {}], ['terms', { field: 'instalTransInfo', value: '{numberOfInstallments=06}' }], ['time', { field: 'txnTime', value: '20200101000000' }]]) {
    scenario(`a notification with UnionPay's signature and another ${name}: what the query says counts`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('notify', 'lie', more);
      await world.unionpay.pay(made.number);
      const { amount, terms } = await world.state(made, 'PAYMENT_STATE_PAID');
      assert.deepEqual([amount.minor, terms.match], [made.wish.amount.minor, 'MATCH_CONFIRMED']);
    });
  }

  scenario('a notification with UnionPay\'s word and no query that confirms it', async (world) => {
    const made = await opened(world);
    const mark = world.logMark;
    await world.unionpay.forge({ order_id: made.number, signer: 'good', fields: { respCode: '00' } });
    await until('the platform to be asked', async () => (await world.unionpay.log('query', made.number)).length > 0);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN');
    assert.ok(!world.log.slice(mark).includes('notification refused'), 'acknowledged: it is signed');
  });

  // ---- answers ----

  const unbelieved = async (world, kind, more, reason) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.pay(made.number);
    await world.unionpay.fault('query', kind, { count: -1, ...more });
    const mark = world.logMark;
    await unmoved(made, async () => {
      assert.match(await loggedAgain(world, /no word that can be believed/, mark, () => asked(made)), reason);
    });
    await world.advance(36 * MINUTE);
    assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN', 'and nothing ends by it');
    await world.unionpay.calm();
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  };

  for (const [name, kind, more, reason] of FORGERIES) scenario(`an answer with ${name}`, (world) => unbelieved(world, kind, more, reason));
  scenario('an answer with a brace that swallows the rest', (world) => unbelieved(world, 'open_brace', {}, /brace of the message does not close/));

  for (const [name, more, reason] of [
    ['another order', { field: 'orderId', value: 'T0000000000000000' }, /about another transaction/],
    ['another time', { field: 'txnTime', value: '20200101000000' }, /about another transaction/],
    ['another merchant', { field: 'merId', value: '777290058110097' }, /for another merchant/],
    ['another kind', { field: 'txnSubType', value: '01' }, /another kind of transaction/],
    ['no amount', { field: 'txnAmt', value: '' }, /says no amount/],
    ['another amount', {}, /amount/],
    ['another currency', { field: 'currencyCode', value: '840' }, /no amount in CNY/]])
    scenario(`an answer with UnionPay's signature and ${name}`, (world) => unbelieved(world, 'lie', more, reason));

  // ---- browsers ----

  for (const [name, kind, more] of FORGERIES) {
    scenario(`a browser that brings ${name}: a page that waits`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('notify', 'never');
      await world.unionpay.fault('return', kind, more);
      const done = await unionpay.pay(world.buyer, made.page);
      await world.unionpay.fault('query', 'http_500');
      const page = await unionpay.comeBack(world.buyer, done);
      assert.deepEqual([page.status, /正在确认付款结果/.test(page.body)], [200, true]);
      const payment = await world.shop.get(made.id);
      assert.deepEqual([payment.state, payment.verification], ['PAYMENT_STATE_OPEN', 'VERIFICATION_OPENED'], 'not even noted');
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    });
  }

  // ---- and what is ----

  scenario('a chain that is signed with SHA-1, as production\'s is, is good', async (world) => {
    await paid(world);
  });

  scenario('a leaf that is rotated while we run: the new one travels in the message, the old one stays good', async (world) => {
    const made = await opened(world);
    await paid(world);
    const { leaf_cert_id: before } = await world.unionpay.certificates();
    const { leaf_cert_id: after } = await world.unionpay.rotate('leaf');
    assert.notEqual(after, before);
    await world.unionpay.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal((await world.unionpay.notified(made.number))[0].deliveries[0].status, 200);
    await paid(world);
  });
});
