// SPDX-License-Identifier: Apache-2.0
// UnionPay's settlement file: it confirms terms, books what no message told, and is believed as little as any message.
import assert from 'node:assert/strict';
import { afterSettlement, asked, callsOf, inCardWorld, MINUTE, onlyBack, opened, paid, QUICK, refundOf, statementTaken, statementTakenOf, untilAsked } from './harness/cards.mjs';
import { readStatus } from './harness/status.mjs';
import { refused } from './harness/storefront.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const terms = ({ terms: { asked: wish, used, match } }) => [wish, used, match];

/** A platform on a busy machine may take seconds to pack a large file; nothing hangs here. */
const PATIENT = { ...QUICK, channel: { timeout: '60s' } };

inCardWorld('the settlement file', { card: { options: { statements: true } }, conf: PATIENT }, (scenario) => {
  const unconfirmed = async (world, instalments) => {
    await world.unionpay.settings({ instal_trans_info: false });
    const made = await opened(world);
    await world.unionpay.pay(made.number, { instalments });
    assert.equal((await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true })).terms.match, 'MATCH_UNCONFIRMED');
    return made;
  };

  scenario('confirms the terms', async (world) => {
    const made = await unconfirmed(world, 12);
    assert.match(await statementTaken(world, made.number), /REFUSED=0/);
    assert.deepEqual(terms(await world.shop.get(made.id)), [12, 12, 'MATCH_CONFIRMED']);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('tells that they are others; taken once, whatever is restarted', async (world) => {
    const made = await unconfirmed(world, 3);
    const mark = world.logMark;
    await statementTaken(world, made.number);
    const payment = await world.shop.get(made.id);
    assert.deepEqual(terms(payment), [12, 3, 'MATCH_DIFFERENT']);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'TERMS_DIFFER']);
    await world.crashAndRestart();
    const next = await unconfirmed(world, 12);
    await statementTaken(world, next.number);
    assert.equal((await world.shop.get(made.id)).version, payment.version, 'nothing moved again');
    const days = [...world.log.slice(mark).matchAll(/statement taken.*DAY=(\d+)/g)].map(([, day]) => day);
    assert.equal(new Set(days).size, days.length, `each day once: ${days}`);
  });

  scenario('of each day that passed while the daemon was down is taken afterwards', async (world) => {
    await world.unionpay.settings({ late_pay: 'success' });
    const days = [await opened(world), await opened(world)];
    await statementTaken(world, (await paid(world)).number);
    const mark = world.logMark;
    await world.crash();
    for (const { number } of days) {
      await world.unionpay.pay(number, { even_if_late: true });
      await world.advance(24 * 60 * MINUTE);
    }
    await world.startDaemon();
    for (const made of days) assert.equal((await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true })).terms.match, 'MATCH_CONFIRMED');
    const taken = () => [...world.log.slice(mark).matchAll(/statement taken.*DAY=(\d+)/g)].map(([, day]) => day);
    await until('both days', () => taken().length === 2);
    assert.deepEqual([...new Set(taken())].sort(), taken(), 'in their order, each once');
  });

  scenario('an unbelievable file changes nothing, and the sound one does afterwards', async (world) => {
    const made = await unconfirmed(world, 12);
    await world.unionpay.fault('file', 'bad_signature', { count: -1 });
    const { mark, day } = await afterSettlement(world, made.number);
    await world.logged(/no word that can be believed.*CALL=statement.*signature is bad/, mark);
    assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_UNCONFIRMED');
    await world.unionpay.calm();
    await world.advance(31 * 60_000);
    await statementTakenOf(world, day, mark);
    assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_CONFIRMED');
  });

  scenario('tells of a success after payTimeout that no message told', async (world) => {
    await world.unionpay.settings({ late_pay: 'success' });
    const made = await opened(world);
    await world.advance(36 * MINUTE);
    await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    await unionpay.pay(world.buyer, made.page);
    assert.deepEqual(await world.unionpay.notified(made.number), [], 'nobody is told');
    await statementTaken(world, made.number);
    const payment = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([payment.late_success, payment.terms.match], [true, 'MATCH_CONFIRMED']);
    assert.equal(payment.platform_ref, (await world.unionpay.order(made.number)).query_id);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED', 'LATE_SUCCESS']);
  });

  for (const code of ['74', '75']) {
    scenario(`ends what UnionPay called debited, but not posted (${code})`, async (world) => {
      const made = await opened(world);
      await world.unionpay.pay(made.number, { code });
      assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN');
      await statementTaken(world, made.number);
      assert.deepEqual(terms(await world.state(made, 'PAYMENT_STATE_PAID')), [12, 12, 'MATCH_CONFIRMED']);
    });
  }

  scenario('a success after payTimeout is told by the buyer\'s browser, too, which brings UnionPay\'s word', async (world) => {
    await world.unionpay.settings({ late_pay: 'success' });
    const made = await opened(world);
    await world.advance(36 * MINUTE);
    await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    const home = await unionpay.comeBack(world.buyer, await unionpay.pay(world.buyer, made.page));
    assert.equal(home.status, 303);
    assert.equal(readStatus(world, home.location).state, 'PAID');
    assert.equal((await world.shop.get(made.id)).late_success, true);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_CLOSED', 'LATE_SUCCESS']);
  });

  scenario('a late success is given back where the policy says so', async (world) => {
    await world.unionpay.settings({ late_pay: 'success' });
    const made = await opened(world, world.boutique);
    await world.advance(36 * MINUTE);
    await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    await unionpay.comeBack(world.buyer, await unionpay.pay(world.buyer, made.page));
    await until('the refund', async () => (await asked(made)).refunded_minor === AMOUNT.minor);
    assert.equal((await onlyBack(world, made.number)).txn_type, '04');
  });

  scenario('books what was refunded in UnionPay\'s portal', async (world) => {
    const made = await paid(world);
    await world.unionpay.consoleRefund(made.number, 12345);
    await statementTaken(world, made.number);
    const payment = await until('it to be booked', async () => {
      const one = await world.shop.get(made.id);
      return one.refunded_minor === 12345 && one;
    });
    assert.deepEqual(payment.refunds.map(({ origin, state }) => [origin, state]), [['REFUND_ORIGIN_PLATFORM', 'REFUND_STATE_REFUNDED']]);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'FOREIGN_REFUND']);
    await refused(world.shop.refund(refundOf(world, made)), { reason: 'MORE_THAN_LEFT' });
  });

  scenario('settles a refund whose request seemed lost, which is never sent twice', async (world) => {
    const made = await paid(world);
    await world.unionpay.fault('notify', 'never', { count: -1 });
    await world.unionpay.fault('refund', 'drop_after');
    const { refund_id: id } = await world.shop.refund(refundOf(world, made));
    const back = await until('UnionPay to have it', () => onlyBack(world, made.number));
    await world.unionpay.fault('query', 'not_found', { order_id: back.order_id, count: -1 });
    await untilAsked(world, back.order_id);
    await statementTaken(world, made.number);
    await world.refundState(made, id, 'REFUND_STATE_REFUNDED');
    assert.equal(await callsOf(world, 'refund', back.order_id), 1, 'and sent once');
  });

  for (const [flaw, reason] of [['bomb', null], ['traversal', null], ['truncated', /unzipped|inflated/], ['width', /malformed in line 1/]]) {
    scenario(`a file with a flaw: ${flaw}${reason ? '' : ', that is not ours to look at'}`, async (world) => {
      const made = await unconfirmed(world, 12);
      await world.unionpay.settings({ file_flaw: flaw });
      const { mark, day } = await afterSettlement(world, made.number);
      if (reason) {
        assert.match(await world.logged(/CALL=statement/, mark), reason);
        assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_UNCONFIRMED');
        await world.unionpay.settings({ file_flaw: 'none' });
        await world.advance(31 * 60_000);
      }
      await statementTakenOf(world, day, mark);
      assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_CONFIRMED');
    });
  }
});
