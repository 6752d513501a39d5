// SPDX-License-Identifier: Apache-2.0
// Rules against cash-out: the hour, the amount, a buyer's pace and refunds, a shop's bursts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { AMOUNT, BUYER, binary } from './harness/world.mjs';

const LATE = 'CODE_FAILED_PRECONDITION';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REFERENCE = 'Canary-customer-77'; /* the log may not show it */
const rules = (text) => ({ toString: () => `{ ${text} }` }); /* as it stands, in the merchant's file */

/** How long until that time of the day in Beijing. */
const untilTime = (world, hour, minute = 0) => {
  const wanted = (hour * 60 + minute) * MINUTE;
  const now = (world.now() + 8 * HOUR) % DAY;
  return (wanted - now + DAY) % DAY;
};

inWorld('risk', {
  merchants: [
    { id: 'daytime', risk: rules('hours = "23:00-05:30"; amount_max = "7000.00";') },
    { id: 'paced', risk: rules('buyer_payments_per_day = 2; buyer_amount_per_day = "15000.00";') },
    { id: 'strict', risk: rules('buyer_refunds_per_week = 2;') },
    { id: 'busy', risk: rules('payments_per_hour = 3;') },
  ],
}, (scenario) => {
  const asker = async (world, id) => (world[id] ??= await world.storefront(id));
  const by = (reference = REFERENCE) => ({ buyer: { ...BUYER, reference } });
  const quoted = async (storefront, more) => {
    const { channels: [{ eligible, reason, plans }] } = await storefront.quote({ amount: AMOUNT, terminal: 'TERMINAL_DESKTOP', ...more });
    assert.equal(plans.length > 0, eligible);
    return reason;
  };
  /** Refused, nothing stored, the key as good as new. */
  const refusal = async (world, storefront, wish, reason) => {
    const mark = world.logMark;
    const error = await refused(storefront.create(wish), { code: LATE, reason, may_repeat: false });
    await refused(storefront.get({ idempotency_key: wish.idempotency_key }), { code: 'CODE_NOT_FOUND' });
    assert.match(await world.logged(/cash-out/, mark), new RegExp(`MERCHANT=${storefront.merchantId} .*RULE=\\w+ REASON=${reason}`));
    return Number(error.retry_after_ms);
  };

  scenario('hours: from the first second to the last, across midnight in Beijing', async (world) => {
    const shop = await asker(world, 'daytime');
    await world.advance(untilTime(world, 22, 58));
    const wish = await world.wish(shop);
    assert.equal(await quoted(shop), '');
    await world.advance(untilTime(world, 23));
    assert.equal(await quoted(shop), 'RISK');
    const retry = await refusal(world, shop, wish, 'RISK_HOURS');
    assert.ok(Math.abs(retry - 6.5 * HOUR) < MINUTE, `in six hours and a half, not in ${retry} ms`);
    await world.advance(untilTime(world, 0, 30));
    assert.equal(await quoted(shop), 'RISK', 'after midnight too');
    await world.advance(untilTime(world, 5, 30));
    assert.equal(await quoted(shop), '');
    await world.created(shop);
  });

  scenario('hours: a payment that was made before goes on', async (world) => {
    const shop = await asker(world, 'daytime');
    await world.advance(untilTime(world, 22, 55));
    const made = await world.created(shop);
    await world.advance(untilTime(world, 23));
    assert.equal((await shop.create(made.wish)).payment_id, made.id, 'a repetition is answered');
    const { number } = await world.buyer.open(made.link);
    await world.sandbox.pay(number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('an amount above the limit', async (world) => {
    const shop = await asker(world, 'daytime');
    await world.advance(untilTime(world, 12));
    const amount = { minor: 700001, currency: 'CNY' };
    assert.equal(await quoted(shop, { amount }), 'RISK');
    assert.equal(await quoted(shop, { amount: { minor: 700000, currency: 'CNY' } }), '');
  });

  scenario('an amount above a limit that came by a reload, after the quote', async (world) => {
    const wish = await world.wish();
    const file = join(world.folder, 'merchants.d', 'shop.conf');
    const before = readFileSync(file, 'utf8');
    const reload = async (text) => {
      const mark = world.logMark;
      writeFileSync(file, text);
      world.fenqid.child.kill('SIGHUP');
      await world.logged(/ reloaded CHANNELS=/, mark);
    };
    await reload(`${before}risk: { amount_max = "6998.99"; };\n`);
    try {
      assert.equal(await refusal(world, world.shop, wish, 'RISK_AMOUNT'), 0, 'no time heals it');
    } finally {
      await reload(before);
    }
    await world.shop.create(wish);
  });

  scenario('a buyer must be known where a rule asks, by a good reference', async (world) => {
    const shop = await asker(world, 'paced');
    const wish = await world.wish(shop);
    const field = 'create_payment.buyer.reference';
    await refused(shop.create(wish), { code: 'CODE_INVALID_ARGUMENT', reason: 'BUYER_REFERENCE_MISSING', field });
    await refused(shop.create({ ...wish, ...by('张三') }), { code: 'CODE_INVALID_ARGUMENT', reason: 'BUYER_REFERENCE_INVALID', field });
    await refused(shop.create({ ...wish, ...by('x'.repeat(65)) }), { code: 'CODE_INVALID_ARGUMENT', reason: 'TOO_LONG', field });
    await refused(quoted(shop, { buyer_reference: '张三' }), { field: 'quote_plans.buyer_reference' });
    assert.equal((await shop.create({ ...wish, ...by('x'.repeat(64)) })).state, 'PAYMENT_STATE_OPEN');
  });

  scenario('a buyer\'s third payment in a day, another buyer, the day after', async (world) => {
    const shop = await asker(world, 'paced');
    await world.paid(shop, by());
    assert.equal(await quoted(shop, { buyer_reference: REFERENCE }), '');
    await world.advance(HOUR);
    const second = await world.created(shop, by());
    assert.equal(await quoted(shop, { buyer_reference: REFERENCE }), 'RISK', 'before the buyer chooses');
    assert.equal(await quoted(shop), '', 'nobody said whose');
    const retry = await refusal(world, shop, await world.wish(shop, by()), 'RISK_BUYER_VELOCITY');
    assert.ok(Math.abs(retry - 23 * HOUR) < MINUTE, `when the first is a day old, not in ${retry} ms`);
    await world.created(shop, by('Canary-customer-78'));
    await shop.closePayment(second.id);
    await world.created(shop, by());
    await refusal(world, shop, await world.wish(shop, by()), 'RISK_BUYER_VELOCITY');
    await world.advance(23 * HOUR + MINUTE);
    await world.created(shop, by());
  });

  scenario('two at once, of which one is too many', async (world) => {
    const shop = await asker(world, 'paced');
    const buyer = by('Canary-customer-79');
    await world.created(shop, buyer);
    const wishes = [await world.wish(shop, buyer), await world.wish(shop, buyer), await world.wish(shop, buyer)];
    const made = await Promise.allSettled(wishes.map((wish) => shop.create(wish)));
    assert.deepEqual(made.map(({ value, reason }) => value?.state ?? reason.reason).sort(),
      ['PAYMENT_STATE_OPEN', 'RISK_BUYER_VELOCITY', 'RISK_BUYER_VELOCITY']);
  });

  scenario('too much for one buyer in a day', async (world) => {
    const shop = await asker(world, 'paced');
    const buyer = by('Canary-customer-80');
    await world.created(shop, buyer, { amount: { minor: 800_101, currency: 'CNY' } });
    const wish = await world.wish(shop, buyer, { amount: AMOUNT });
    const mark = world.logMark;
    await refusal(world, shop, wish, 'RISK_BUYER_VELOCITY');
    assert.match(world.log.slice(mark), /RULE=buyer_amount_per_day/);
    await world.created(shop, buyer, { amount: { minor: 699_899, currency: 'CNY' } });
  });

  scenario('a buyer whose money went back twice within a day, for a week', async (world) => {
    const shop = await asker(world, 'strict');
    for (let i = 0; i < 2; i++) {
      const made = await world.paid(shop, by());
      const { refund_id: refund } = await shop.refund({ idempotency_key: world.order('refund'), payment_id: made.id, amount: AMOUNT });
      await world.refundState(made, refund, 'REFUND_STATE_REFUNDED', { refresh: true });
    }
    assert.equal(await quoted(shop, { buyer_reference: REFERENCE }), 'RISK');
    const retry = await refusal(world, shop, await world.wish(shop, by()), 'RISK_BUYER_REFUNDS');
    assert.ok(retry > 6 * DAY && retry <= 7 * DAY, `${retry} ms`);
    await world.created(shop, by('Canary-customer-81'));
    await world.advance(7 * DAY + MINUTE);
    await world.created(shop, by());
  });

  scenario('the same buyer at another shop is another buyer', async (world) => {
    const shop = await asker(world, 'paced');
    const buyer = by('Canary-customer-82');
    await world.created(shop, buyer);
    await world.created(shop, buyer);
    await refusal(world, shop, await world.wish(shop, buyer), 'RISK_BUYER_VELOCITY');
    await world.created(await asker(world, 'strict'), buyer);
  });

  scenario('a burst of a shop\'s payments, and after a restart', async (world) => {
    const shop = await asker(world, 'busy');
    for (let i = 0; i < 2; i++) await world.created(shop);
    await world.advance(10 * MINUTE);
    const wish = await world.wish(shop);
    await world.created(shop);
    await world.crashAndRestart();
    assert.equal(await quoted(shop), 'RISK');
    const retry = await refusal(world, shop, wish, 'RISK_BURST');
    assert.ok(Math.abs(retry - 50 * MINUTE) < MINUTE, `${retry} ms`);
    await world.advance(50 * MINUTE + 1000);
    await world.created(shop);
  });

  scenario('fenqictl says whose', async (world) => {
    await asker(world, 'strict');
    const folder = world.folder;
    const { curve } = world.merchants.find(({ id }) => id === 'strict');
    writeFileSync(join(folder, 'ctl.secret'), curve.secretKey, { mode: 0o600 });
    writeFileSync(join(folder, 'ctl.server'), world.keys.server.publicKey);
    writeFileSync(join(folder, 'ctl.keys'), await (await fetch(`${world.web}/.well-known/fenqi-keys`)).text());
    writeFileSync(join(folder, 'ctl.profile'), `server tcp://127.0.0.1:${world.frontPort}\nserver-key ctl.server\nclient-key ctl.secret\nkeys ctl.keys\n`);
    const run = (...words) => spawnSync(binary('fenqictl'), [...words, '-c', join(folder, 'ctl.profile')], { encoding: 'utf8', env: { ...process.env, ...world.calendar.environment } });
    const pay = (...words) => run('pay', '--amount', '6999.00', '--instalments', '12', '--order', world.order(), '--subject', 'A phone',
      '--return-url', 'https://strict.example.com/paid/', ...words);
    const nobody = pay();
    assert.match(nobody.stderr, /BUYER_REFERENCE_MISSING/, nobody.stdout);
    const shown = run('quote', '--amount', '6999.00', '--buyer', 'Canary-customer-83');
    assert.equal(shown.status, 0, shown.stderr);
    const paid = pay('--buyer', 'Canary-customer-83');
    assert.equal(paid.status, 0, paid.stderr);
    assert.match(paid.stdout, /state +OPEN/);
  });

  scenario('what is kept of a buyer is not the reference', async (world) => {
    const kept = Buffer.concat(['ledger.db', 'ledger.db-wal'].map((name) => readFileSync(join(world.folder, name))));
    assert.ok(kept.includes('strict'), 'it is the ledger');
    assert.ok(!kept.includes('Canary-customer'), 'nor is it in the log, as after every scenario');
  });
});
