// SPDX-License-Identifier: Apache-2.0
// UnionPay's settlement file: it confirms terms, books what no message told, and is believed as little as any message.
import assert from 'node:assert/strict';
import { afterSettlement, callsOf, inCardWorld, opened, paid, refundOf, statementTaken } from './harness/cards.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const terms = ({ terms: { asked: wish, used, match } }) => [wish, used, match];

inCardWorld('the settlement file', { card: { options: { statements: true } } }, (scenario) => {
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

  scenario('an unbelievable file changes nothing, and the sound one does afterwards', async (world) => {
    const made = await unconfirmed(world, 12);
    await world.unionpay.fault('file', 'bad_signature', { count: -1 });
    const { mark } = await afterSettlement(world, made.number);
    await world.logged(/no word that can be believed.*CALL=statement.*signature is bad/, mark);
    assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_UNCONFIRMED');
    await world.unionpay.calm();
    await world.advance(31 * 60_000);
    await world.logged(/statement taken/, mark);
    assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_CONFIRMED');
  });

  for (const [flaw, reason] of [['bomb', null], ['traversal', null], ['truncated', /unzipped|inflated/], ['width', /malformed in line 1/]]) {
    scenario(`a file with a flaw: ${flaw}${reason ? '' : ', that is not ours to look at'}`, async (world) => {
      const made = await unconfirmed(world, 12);
      await world.unionpay.settings({ file_flaw: flaw });
      const { mark } = await afterSettlement(world, made.number);
      if (reason) {
        assert.match(await world.logged(/CALL=statement/, mark), reason);
        assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_UNCONFIRMED');
        await world.unionpay.settings({ file_flaw: 'none' });
        await world.advance(31 * 60_000);
      }
      await world.logged(/statement taken/, mark);
      assert.equal((await world.shop.get(made.id)).terms.match, 'MATCH_CONFIRMED');
    });
  }
});
