// SPDX-License-Identifier: Apache-2.0
// What each of UnionPay's codes does to a payment: paid, provisional, unknown, over; and what no code does.
import assert from 'node:assert/strict';
import { asked, inCardWorld, loggedAgain, MINUTE, opened, untilAsked } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';

const OPEN = 'PAYMENT_STATE_OPEN';
const LIFE = 30 * MINUTE;
const OVER = 36 * MINUTE; /* payTimeout and the margin behind it */

/** However often the platform is asked, the payment is still open. */
async function staysOpen(world, made) {
  for (let i = 0; i < 2; i++) assert.equal((await asked(made)).state, OPEN);
  assert.ok((await world.unionpay.log('query', made.number)).length >= 2);
}

const paid = (world, made) => world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });

const closed = async (world, made, reason) => {
  const payment = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
  assert.equal(payment.close_reason, `CLOSE_REASON_${reason}`);
  return payment;
};

inCardWorld('codes', {}, (scenario) => {
  scenario('A6, success with a defect: paid, and the code is told', async (world) => {
    const made = await opened(world);
    await world.unionpay.pay(made.number, { code: 'A6' });
    const payment = await paid(world, made);
    assert.match(payment.platform_code, /^A6\b/);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  for (const code of ['03', '04', '05', '83']) {
    scenario(`${code}, not yet: open until the platform says 00`, async (world) => {
      const made = await opened(world);
      await world.unionpay.pay(made.number, { code });
      await staysOpen(world, made);
      assert.deepEqual(await world.eventsOf(made), []);
      await world.unionpay.settle(made.number, '00');
      await paid(world, made);
    });
  }

  scenario('05 past payTimeout is no end either', async (world) => {
    const made = await opened(world);
    await world.unionpay.pay(made.number, { code: '05' });
    await world.advance(OVER);
    await staysOpen(world, made);
    await world.unionpay.settle(made.number, '00');
    await paid(world, made);
  });

  for (const code of ['03', '12', '34', '74', '75', '99', 'ZZ']) {
    scenario(`${code} of the order in a query decides nothing; the next word does`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('query', 'lie', { field: 'origRespCode', value: code, count: -1 });
      await world.unionpay.pay(made.number);
      await staysOpen(world, made);
      assert.deepEqual(await world.eventsOf(made), []);
      await world.unionpay.calm();
      await paid(world, made);
    });
  }

  scenario('34 before the order has arrived everywhere, then 05, then 00', async (world) => {
    await world.unionpay.settings({ arrival_delay_ms: 5 * MINUTE, pay_pending_ms: 10 * MINUTE });
    const made = await opened(world);
    await world.unionpay.pay(made.number);
    const codes = async () => (await world.unionpay.log('query', made.number)).map(({ code }) => code);
    await asked(made);
    assert.equal((await codes()).at(-1), '34');
    await world.advance(6 * MINUTE);
    assert.equal((await asked(made)).state, OPEN, 'being processed');
    assert.equal((await codes()).at(-1), '00');
    await world.advance(5 * MINUTE);
    await paid(world, made);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('37, too many queries: asked less often', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('query', 'answer', { value: '37', count: -1 });
    await untilAsked(world, made.number);
    await until('the last of a round', async () => (await world.unionpay.log('query', made.number)).at(-1).code === '37');
    const n = (await world.unionpay.log('query', made.number)).length;
    await world.advance(50_000);
    await untilAsked(world, (await opened(world)).number); /* a round has passed */
    assert.equal((await world.shop.get(made.id)).state, OPEN);
    assert.equal((await world.unionpay.log('query', made.number)).length, n, 'not asked for a minute');
    await world.unionpay.calm();
    await world.unionpay.pay(made.number);
    await paid(world, made);
  });
  for (const code of ['60', '64', '71', '01', '02']) {
    scenario(`${code} before payTimeout is provisional: the buyer tries again, and pays`, async (world) => {
      const made = await opened(world);
      await world.unionpay.act(made.number, 'decline', { code });
      await staysOpen(world, made);
    assert.deepEqual(await world.eventsOf(made), ['ATTEMPT_DECLINED']);
      assert.equal((await asked(made)).state, OPEN);
      await unionpay.pay(world.buyer, made.page);
      await paid(world, made);
      assert.deepEqual(await world.eventsOf(made), ['ATTEMPT_DECLINED', 'PAYMENT_PAID']);
    });
  }

  scenario('a decline on the page, and another card', async (world) => {
    const made = await opened(world);
    const refused = await unionpay.enterCard(world.buyer, made.page, unionpay.DEBIT_CARD);
    assert.match(refused.body, /name="card_number"/, 'the page asks for a card again');
    await staysOpen(world, made);
    assert.deepEqual(await world.eventsOf(made), ['ATTEMPT_DECLINED']);
    await unionpay.pay(world.buyer, refused);
    assert.equal((await paid(world, made)).terms.match, 'MATCH_CONFIRMED');
  });

  scenario('declined to the end: CLOSED, DECLINED, after payTimeout and its margin', async (world) => {
    const made = await opened(world);
    await world.unionpay.act(made.number, 'decline');
    await staysOpen(world, made);
    await world.advance(LIFE + MINUTE);
    assert.equal((await asked(made)).state, OPEN, 'the margin is not over');
    await world.advance(5 * MINUTE);
    await closed(world, made, 'DECLINED');
    assert.deepEqual(await world.eventsOf(made), ['ATTEMPT_DECLINED', 'PAYMENT_CLOSED']);
  });

  scenario('being processed, then failed: CLOSED, DECLINED', async (world) => {
    const made = await opened(world);
    await world.unionpay.pay(made.number, { code: '05' });
    await world.unionpay.settle(made.number, '64');
    await staysOpen(world, made);
    assert.deepEqual(await world.eventsOf(made), ['ATTEMPT_DECLINED']);
    await world.advance(OVER);
    await closed(world, made, 'DECLINED');
  });

  for (const [answer, reason] of [['34', 'EXPIRED'], ['01', 'DECLINED']]) {
    scenario(`left, and ${answer} after payTimeout: CLOSED, ${reason}`, async (world) => {
      await world.unionpay.settings({ expired_answer: answer });
      const made = await opened(world);
      await unionpay.press(world.buyer, made.page, 'cancel');
      await world.advance(LIFE - MINUTE);
      assert.equal((await asked(made)).state, OPEN);
      await world.advance(OVER - LIFE + MINUTE);
      await closed(world, made, reason);
    });
  }

  scenario('the form never reached the platform: 34 ends it after payTimeout', async (world) => {
    const made = await world.created();
    const { number } = await unionpay.go(world.buyer, made.link);
    await untilAsked(world, number);
    assert.equal((await world.shop.get(made.id)).state, OPEN);
    await world.advance(OVER);
    await closed(world, made, 'EXPIRED');
  });

  scenario('42, debited too late: CLOSED, and UnionPay gives the money back', async (world) => {
    await world.unionpay.settings({ late_pay: 'refund' });
    const made = await opened(world);
    await world.advance(LIFE + MINUTE);
    await unionpay.pay(world.buyer, made.page);
    assert.equal((await world.unionpay.order(made.number)).code, '42');
    await world.advance(5 * MINUTE);
    assert.match((await closed(world, made, 'DECLINED')).platform_code, /^42\b/);
    await world.advance(8 * 24 * 60 * MINUTE);
    const { charged_fen: charged, refunded_fen: refunded } = await world.unionpay.order(made.number);
    assert.equal(charged, refunded);
  }, { skipMoney: true });

  for (const code of ['74', '75']) {
    scenario(`${code}, debited but not posted: neither paid nor over, and for the operator`, async (world) => {
      const made = await opened(world);
      await world.unionpay.pay(made.number, { code });
      await world.advance(OVER);
      await staysOpen(world, made);
      const mark = world.logMark;
      await world.advance(25 * 60 * MINUTE);
      await until('the operator to be told', async () => (await world.eventsOf(made)).includes('FOR_OPERATOR'));
      assert.equal((await asked(made)).state, OPEN);
      assert.match(await world.logged(/debited, but not posted/, mark), /reconciled by hand/);
    }, { skipMoney: true });
  }
});

inCardWorld('what is no word of UnionPay\'s', { conf: { poll: { first: '100ms', max: '400ms' }, channel: { timeout: '500ms' } } }, (scenario) => {
  const faults = [['unsigned', { value: '01' }], ['unsigned', { value: '34' }], ['http_500'], ['http_502'], ['garbage'], ['truncate'],
    ['wrong_length'], ['drop_before'], ['drop_after'], ['delay', { delay_ms: 1000 }]];
  for (const [kind, more] of faults) {
    scenario(`${kind} ${more?.value ?? ''} is never an end, not even after payTimeout`, async (world) => {
      const made = await opened(world);
      await world.unionpay.fault('query', kind, { count: -1, ...more });
      await world.advance(OVER);
      const mark = world.logMark;
      const before = await world.shop.get(made.id);
      const during = await asked(made);
      assert.deepEqual([during.state, during.version], [OPEN, before.version]);
      assert.match(await loggedAgain(world, /no word that can be believed/, mark, () => asked(made)), /CALL=query/);
      await world.unionpay.calm();
      await closed(world, made, 'EXPIRED');
    });
  }
});
