// SPDX-License-Identifier: Apache-2.0
// What UnionPay's gateway looks at before anything else: what it says of it reaches the operator, and is no end of a payment.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { asked, inCardWorld, loggedAgain, MINUTE, opened, unmoved } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { binary } from './harness/world.mjs';

/** yyyymmddHHMMSS */
const beijing = (ms) => new Date(ms + 8 * 60 * MINUTE).toISOString().replace(/[-T:]/g, '').slice(0, 14);

const codeOf = (page) => /id="resp_code"[^>]*>([0-9A-Z]{2})/.exec(page.body)?.[1];

/** Posts the form as a browser does; `change` alters it, `again` signs it anew with the merchant's key. */
async function post(world, { form }, change = {}, { again = false } = {}) {
  const { signature, ...fields } = Object.fromEntries(form.fields);
  const wish = Object.fromEntries(Object.entries({ ...fields, ...change }).filter(([, value]) => value !== undefined));
  const all = again ? unionpay.signed(world.card, wish) : { ...wish, signature };
  return world.buyer.visit(form.action, { method: 'POST', form: all });
}

inCardWorld('the gateway', { conf: {} }, (scenario) => {
  const gone = async (world) => {
    const made = await world.created();
    return { ...made, ...(await unionpay.go(world.buyer, made.link)) };
  };

  scenario('takes our form as it is, and the same one not twice: 12', async (world) => {
    const made = await gone(world);
    await world.unionpay.settings({ txn_time_tolerance_ms: 600_000 });
    assert.match((await post(world, made)).body, /name="card_number"/);
    assert.equal(codeOf(await post(world, made)), '12');
    const other = await post(world, made, { txnTime: beijing(world.now() - MINUTE) }, { again: true });
    assert.match(other.body, /name="card_number"/, 'another time is another transaction: we send none');
  });

  for (const [name, change, code] of [
    ['a changed amount', { txnAmt: '1' }, '11'], ['another way home', { frontUrl: 'https://evil.example.com/' }, '11'], ['a field taken out', { payTimeout: undefined }, '11']]) {
    scenario(`a form that the buyer has altered, ${name}: refused there, nothing moves here`, async (world) => {
      const made = await gone(world);
      await unmoved(made, async () => {
        assert.equal(codeOf(await post(world, made, change)), code);
        assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN');
      });
      assert.match((await post(world, made)).body, /name="card_number"/, 'the true one still works');
    });
  }

  for (const [name, change, code, text] of [
    ['a missing field', { backUrl: undefined }, '10', /6100030/], ['a merchant number that is not ours', { merId: '999999999999999' }, '31', /./],
    ['a time of an hour ago', { txnTime: '20200101000000' }, '39', /./], ['another merchant\'s certificate', { certId: '12345' }, '11', /9100004/]]) {
    scenario(`knows ${name} even if it is signed: ${code}`, async (world) => {
      await world.unionpay.settings({ txn_time_tolerance_ms: 600_000, unknown_merchant: 'signed' });
      const page = await post(world, await gone(world), change, { again: true });
      assert.equal(codeOf(page), code);
      assert.match(page.body, text);
    });
  }

  const configured = async (world, changes, body) => {
    const before = { ...world.card };
    const restart = async (values) => {
      Object.assign(world.card, values);
      world.writeConf();
      await world.stopDaemon();
      await world.startDaemon();
    };
    await restart(changes);
    try {
      await body();
    } finally {
      await restart(before);
    }
  };

  /** A question about a paid order is refused: the operator reads why, and nothing moves until it is answered. */
  const toldWhy = async (world, changes, reason, more = async () => {}) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.pay(made.number);
    await configured(world, changes, async () => {
      const mark = world.logMark;
      await unmoved(made, async () => {
        assert.match(await loggedAgain(world, /no word that can be believed/, mark, () => asked(made)), reason);
      });
      await more();
    });
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  };

  scenario('11, when our key is not the one that is registered: told, nothing changed', async (world) => {
    const other = unionpay.makeMerchant(world.folder, { prefix: 'other-' });
    const keys = { ...world.card.keys, sign: other.keys.sign, sign_cert: other.keys.sign_cert };
    await toldWhy(world, { keys }, /DETAIL=\S*11\/9100004/, async () => {
      const made = await world.created();
      assert.equal(codeOf((await unionpay.open(world.buyer, made.link)).page), '11', 'the buyer sees a page of UnionPay\'s');
      assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN');
    });
  });

  scenario('31, when our merchant number is another one: told, nothing changed', async (world) => {
    await toldWhy(world, { merId: '999999999999999' }, /DETAIL="?31\//);
  });

  for (const [unknown, reason] of [['signed', /DETAIL=\S*11\/9100004/], ['unsigned', /no signature/], ['http_500', /status is not 200/]])
    scenario(`a certificate that nobody registered, answered as UnionPay may do it (${unknown}): told, nothing changed`, async (world) => {
      await world.unionpay.settings({ unknown_merchant: unknown });
      const other = unionpay.makeMerchant(world.folder, { prefix: 'unknown-', serial: '0x1046900149abcdef02' });
      const keys = { ...world.card.keys, sign: other.keys.sign, sign_cert: other.keys.sign_cert };
      await toldWhy(world, { keys }, reason);
    });

  scenario('39, when our clock is wrong: nothing is charged, and nothing is ended by it', async (world) => {
    await world.unionpay.settings({ txn_time_tolerance_ms: 10 * MINUTE });
    world.calendar.advance(20 * MINUTE);
    const made = await world.created();
    assert.equal(codeOf((await unionpay.open(world.buyer, made.link)).page), '39');
    assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN');
    await world.unionpay.advance(20 * MINUTE);
    assert.match((await opened(world)).page.body, /name="card_number"/);
  });

  scenario('a key and a certificate that do not belong together are refused at start', async (world) => {
    const other = unionpay.makeMerchant(world.folder, { prefix: 'stranger-' });
    const { keys } = world.card;
    world.card.keys = { ...keys, sign: other.keys.sign };
    world.writeConf();
    const { status, stdout, stderr } = spawnSync(binary('fenqid'), ['-c', join(world.folder, 'fenqid.conf'), '--check-config'], { encoding: 'utf8' });
    world.card.keys = keys;
    world.writeConf();
    assert.equal(status, 78, stdout + stderr);
    assert.match(stdout + stderr, /keys\.sign(_cert)?: /);
  });
});
