// SPDX-License-Identifier: Apache-2.0
// Quotes that a buyer can trust: what stands in them, what binds them, what ends them, what was disclosed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inCardWorld, opened } from './harness/cards.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { AMOUNT } from './harness/world.mjs';

const INVALID = 'CODE_INVALID_ARGUMENT';
const LATE = 'CODE_FAILED_PRECONDITION';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const raw = (text) => ({ toString: () => text }); /* as it stands, in fenqid.conf */
const desktop = (more) => ({ amount: AMOUNT, terminal: 'TERMINAL_DESKTOP', ...more });

/** The annual rates of a schedule: 12 r and (1 + r)^12 - 1, by halving. */
function annual({ principal_minor: principal, schedule }) {
  const worth = (r) => schedule.reduce((sum, line, k) => sum + Number(line.total_minor) / (1 + r) ** (k + 1), 0);
  let [low, high] = [0, 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (worth(middle) > Number(principal)) low = middle;
    else high = middle;
  }
  return [Math.round(12 * low * 1e4), Math.round(((1 + low) ** 12 - 1) * 1e4)];
}

inWorld('quotes', { merchants: [{ id: 'careful', disclosure_min: '8s' }] }, (scenario) => {
  scenario('a plan is whole: schedule, total, true rates, cost table', async (world) => {
    const { channels: [channel] } = await world.shop.quote(desktop());
    assert.deepEqual(channel.plans.map(({ instalments, bearer }) => [instalments, bearer]),
      [[3, 'BEARER_BUYER'], [3, 'BEARER_MERCHANT'], [6, 'BEARER_BUYER'], [12, 'BEARER_BUYER']]);
    for (const plan of channel.plans) {
      const sum = (name) => plan.schedule.reduce((total, line) => total + Number(line[name]), 0);
      assert.equal(plan.schedule.length, plan.instalments);
      assert.equal(sum('principal_minor'), AMOUNT.minor);
      assert.equal(sum('fee_minor'), Number(plan.buyer_fee_minor));
      assert.equal(sum('total_minor'), Number(plan.buyer_total_minor));
      assert.deepEqual([plan.nominal_annual_bp, plan.effective_annual_bp].map(Number), annual(plan));
      const [row] = plan.cost.rows;
      assert.equal(plan.cost.rows.length, 1);
      assert.deepEqual([row.item_zh, row.amount_minor, row.annual_bp], [channel.fee_word_zh, plan.buyer_fee_minor, plan.nominal_annual_bp]);
      assert.equal(plan.cost.total_annual_bp, plan.nominal_annual_bp);
    }
    const published = channel.plans.map((plan) => [plan.instalments, Number(plan.nominal_annual_bp), Number(plan.effective_annual_bp), Number(plan.simple_annual_bp)]);
    assert.deepEqual(published, [[3, 1375, 1465, 920], [3, 0, 0, 0], [6, 1527, 1638, 900], [12, 1357, 1444, 750]], 'the table that everybody can compute');
    assert.match(channel.plans[1].cost.rows[0].standard_zh, /由商家承担125\.98元，消费者免付/);
    assert.deepEqual(channel.cost.rows.map(({ on_default: late }) => late), [true]);
    assert.equal(channel.cost.texts_digest.length, 32);
    assert.ok(channel.cost.method_zh && channel.cost.method_en);
  });

  scenario('the payment repeats what was quoted and disclosed', async (world) => {
    const plan = await world.plan();
    const shown = world.now();
    await world.advance(5000);
    const { payment } = await world.created(world.shop, { quote: plan.quote, disclosure: { shown_at_unix_ms: shown, seconds: 5, confirmed: true } });
    const { terms } = payment;
    assert.deepEqual([terms.nominal_annual_bp, terms.effective_annual_bp, terms.simple_annual_bp].map(Number), [1357, 1444, 750]);
    assert.deepEqual([Number(terms.disclosed.shown_at_unix_ms), Number(terms.disclosed.seconds), terms.disclosed.confirmed], [shown, 5, true]);
    assert.equal(terms.texts_digest.length, 32);
    assert.equal(terms.issuer, '');
  });

  scenario('the buyer\'s page shows the same', async (world) => {
    const { link } = await world.created();
    const { body } = await world.buyer.visit(link);
    assert.match(body, /<tr><td>1<\/td><td>583\.25<\/td><td>43\.78<\/td><td>627\.03<\/td><\/tr><tr><td>2–12<\/td>/);
    assert.match(body, /还款总额 ¥7,523\.92，综合年化成本（IRR）13\.57%/);
    assert.match(body, /In all ¥7,523\.92, annual rate \(IRR\) 13\.57%/);
  });

  scenario('the shop\'s price changes between quote and payment', async (world) => {
    const wish = await world.wish();
    await refused(world.shop.create({ ...wish, amount: { minor: AMOUNT.minor - 10000, currency: 'CNY' } }),
      { code: INVALID, reason: 'AMOUNT_MISMATCH', field: 'create_payment.amount.minor' });
    const amount = { minor: AMOUNT.minor - 10000, currency: 'CNY' };
    await world.created(world.shop, {}, { amount });
  });

  scenario('an expired quote', async (world) => {
    const wish = await world.wish();
    await world.advance(15 * MINUTE);
    await refused(world.shop.create(wish), { code: LATE, reason: 'QUOTE_EXPIRED' });
  });

  scenario('a quote of another merchant; a plan that is put together from two', async (world) => {
    const wish = await world.wish();
    const theirs = await world.plan(world.boutique);
    await refused(world.shop.create({ ...wish, quote: theirs.quote }), { code: INVALID, reason: 'QUOTE_OF_ANOTHER_MERCHANT' });
    const other = await world.plan(world.shop, { instalments: 3 });
    const mixed = Buffer.concat([Buffer.from(wish.quote).subarray(0, -32), Buffer.from(other.quote).subarray(-32)]);
    await refused(world.shop.create({ ...wish, quote: mixed }), { code: INVALID, reason: 'QUOTE_INVALID', field: 'create_payment.quote' });
    const dearer = Buffer.from(Buffer.from(wish.quote).toString('latin1').replace('instalments=12', 'instalments=24'), 'latin1');
    await refused(world.shop.create({ ...wish, quote: dearer }), { reason: 'QUOTE_INVALID' });
  });

  scenario('another plan under the same key is another request', async (world) => {
    const { wish } = await world.created();
    const { quote } = await world.plan(world.shop, { instalments: 3 });
    await refused(world.shop.create({ ...wish, quote }), { code: 'CODE_ALREADY_EXISTS', field: 'create_payment.idempotency_key' });
  });

  scenario('reading time: too short, impossible, not confirmed, not of this quote', async (world) => {
    const careful = world.careful ??= await world.storefront('careful');
    const wish = await world.wish(careful);
    const issued = world.now();
    await world.advance(10_000);
    const told = { shown_at_unix_ms: issued, seconds: 8, confirmed: true };
    const wrong = [
      [{ confirmed: false }, 'confirmed', 'DISCLOSURE_NOT_CONFIRMED'],
      [{ seconds: 7 }, 'seconds', 'DISCLOSURE_TOO_SHORT'],
      [{ seconds: 60 }, 'seconds', 'DISCLOSURE_TIME_IMPOSSIBLE'],
      [{ seconds: -1 }, 'seconds', 'DISCLOSURE_TOO_SHORT'],
      [{ shown_at_unix_ms: 0 }, 'shown_at_unix_ms', 'DISCLOSURE_TIME_MISSING'],
      [{ shown_at_unix_ms: issued - HOUR }, 'shown_at_unix_ms', 'DISCLOSURE_BEFORE_QUOTE'],
      [{ shown_at_unix_ms: issued + HOUR }, 'shown_at_unix_ms', 'DISCLOSURE_IN_FUTURE'],
    ];
    for (const [change, field, reason] of wrong)
      await refused(careful.create({ ...wish, disclosure: { ...told, ...change } }), { code: INVALID, field: `create_payment.disclosure.${field}`, reason });
    await refused(careful.create({ ...wish, disclosure: undefined }), { code: INVALID });
    await careful.create({ ...wish, disclosure: told });
  });

  scenario('order lines that do not sum to the amount', async (world) => {
    const line = (minor, currency = 'CNY') => ({ kind: 'KIND_GOODS', name: 'x', amount: minor === null ? undefined : { minor, currency } });
    const lines = (...list) => world.shop.quote(desktop({ lines: list }));
    const field = 'quote_plans.lines';
    await refused(lines(line(699899)), { code: INVALID, field, reason: 'LINES_SUM_MISMATCH' });
    await refused(lines(line('9223372036854775807'), line('9223372036854775807')), { code: INVALID, field, reason: 'LINES_SUM_MISMATCH' });
    await refused(lines(line(699900), line(null)), { code: INVALID, field, reason: 'LINES_UNLIKE' });
    await refused(lines(line(699900, 'USD')), { code: INVALID, field, reason: 'LINES_UNLIKE' });
    assert.equal((await lines(line(700000), line(-100))).channels[0].eligible, true, 'a discount is a line below zero');
    assert.equal((await lines(line(null), line(null))).channels[0].eligible, true);
  });

  scenario('terms that the buyer changed at the platform are told', async (world) => {
    const made = await world.opened();
    await world.sandbox.pay(made.number, { instalments: 6 });
    const { terms } = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([terms.asked, terms.used, terms.match], [12, 6, 'MATCH_DIFFERENT']);
    assert.equal(Number(terms.nominal_annual_bp), 1357, 'as it was disclosed');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'TERMS_DIFFER']);
  });

  scenario('no bank is known where no channel has banks', async (world) => {
    await refused(world.shop.quote(desktop({ issuer: 'icbc' })), { code: INVALID, field: 'quote_plans.issuer', reason: 'ISSUER_UNKNOWN' });
    const { channels: [channel] } = await world.shop.quote(desktop({ card_prefix: '6222' }));
    assert.equal(channel.eligible, true, 'and digits are nothing to such a channel');
  });
});

// ---- the words, and rates for a time ----

const words = (defaultZh) => raw(`{ collector_zh = "某消费金融公司"; collector_en = "A Consumer Finance Company"; default_zh = "${defaultZh}"; default_en = "0.05% a day"; }`);
const midnight = Math.floor((Date.now() + 8 * HOUR) / DAY) * DAY + 2 * DAY - 8 * HOUR; /* that of the day after today, Beijing */
const beijing = (unixMs) => new Date(unixMs + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ');
const campaigns = raw(`( { id = "sale"; from = "2026-01-01 00:00"; until = "${beijing(midnight)}"; merchants = [ "shop" ];
  rates = ( { instalments = 12; bearer = "merchant"; rate = "7.50%"; } ); } )`);

const SIX = { instalments: 6 };

inWorld('words and campaigns', { conf: { channel: { disclosure: words('每日0.05%'), campaigns } } }, (scenario) => {
  scenario('the words are the configuration\'s, their digest stands everywhere, the texts are kept', async (world) => {
    const { channels: [{ plans, cost }] } = await world.shop.quote(desktop());
    assert.equal(cost.rows[0].standard_zh, '每日0.05%');
    assert.equal(cost.rows[0].standard_en, '0.05% a day');
    assert.equal(plans[0].cost.rows[0].collector_zh, '某消费金融公司');
    const { payment } = await world.created(world.shop, {}, SIX);
    assert.deepEqual(Buffer.from(payment.terms.texts_digest), Buffer.from(cost.texts_digest));
    const kept = Buffer.concat(['ledger.db', 'ledger.db-wal'].map((name) => readFileSync(join(world.folder, name))));
    const from = kept.indexOf('form=disclosure.1\n');
    const text = kept.subarray(from, kept.indexOf('\n', kept.indexOf('method_en=', from)) + 1);
    assert.match(text.toString(), /\ndefault_zh=每日0\.05%25\n/);
    assert.deepEqual(createHash('sha256').update(text).digest(), Buffer.from(cost.texts_digest));
    assert.ok(kept.includes(Buffer.from(cost.texts_digest).toString('hex')), 'under its digest');
  });

  scenario('words that change by a reload: quote again', async (world) => {
    const wish = await world.wish(world.shop, {}, SIX);
    const file = join(world.folder, 'fenqid.conf');
    const before = readFileSync(file, 'utf8');
    const reload = async (text) => {
      const mark = world.logMark;
      writeFileSync(file, text);
      world.fenqid.child.kill('SIGHUP');
      await world.logged(/ reloaded CHANNELS=/, mark);
    };
    await reload(before.replace('每日0.05%', '每日0.06%'));
    try {
      await refused(world.shop.create(wish), { code: LATE, reason: 'DISCLOSURE_CHANGED' });
      const { payment } = await world.created(world.shop, {}, SIX);
      assert.equal(payment.state, 'PAYMENT_STATE_OPEN');
    } finally {
      await reload(before);
    }
    await world.shop.create(wish);
  });

  scenario('a campaign is for its merchants, and ends at midnight in Beijing', async (world) => {
    assert.equal((await world.plan(world.boutique)).campaign, '');
    assert.ok(world.now() < midnight - 20 * MINUTE);
    await world.advance(midnight - 5 * MINUTE - world.now());
    const free = await world.plan(world.shop, { bearer: 'BEARER_MERCHANT' });
    assert.deepEqual([free.campaign, Number(free.buyer_fee_minor), Number(free.merchant_fee_minor), Number(free.nominal_annual_bp)], ['sale', 0, 52492, 0]);
    assert.equal(Number(free.expires_at_unix_ms), midnight, 'not in 15 minutes');
    assert.equal(await world.plan(), undefined, 'its rows take the place of all of 12 instalments');
    assert.ok(Number((await world.plan(world.shop, { instalments: 6 })).expires_at_unix_ms) > midnight);
    const early = await world.wish(world.shop, {}, { bearer: 'BEARER_MERCHANT' });
    const late = await world.wish(world.shop, {}, { bearer: 'BEARER_MERCHANT' });
    assert.equal((await world.shop.create(early)).terms.bearer, 'BEARER_MERCHANT');
    await world.advance(midnight - world.now());
    await refused(world.shop.create(late), { code: LATE, reason: 'QUOTE_EXPIRED' });
    const plan = await world.plan();
    assert.deepEqual([plan.campaign, Number(plan.buyer_fee_minor)], ['', 52492]);
  });
});

// ---- banks ----

const issuers = fileURLToPath(new URL('../../conf/issuers/unionpay-example.conf', import.meta.url));

inCardWorld('banks', { card: { options: { issuers_file: issuers } }, merchants: [{ id: 'cardless', channels: ['huabei'] }] }, (scenario) => {
  const card = async (world, more) => (await world.shop.quote(desktop({ channels: ['bankcard'], ...more }))).channels[0];

  scenario('the list names them, and quotes by bank have its rates', async (world) => {
    const { channel_list: { channels } } = await world.shop.call('list_channels', {});
    assert.deepEqual(channels.map(({ channel, indicative, fee_word_zh: word }) => [channel, indicative, word]),
      [['huabei', false, '分期手续费'], ['bankcard', true, '利息']]);
    assert.equal(channels[0].issuers.length, 0);
    const icbc = channels[1].issuers.find(({ issuer }) => issuer === 'icbc');
    assert.deepEqual(icbc.instalments, [3, 6, 9, 12, 18, 24, 36]);
    const channel = await card(world, { issuer: 'icbc' });
    assert.deepEqual(channel.plans.map(({ instalments }) => instalments), icbc.instalments);
    assert.deepEqual([channel.issuer.issuer, channel.issuer.title_zh], ['icbc', '工商银行']);
    assert.equal(channel.plans[0].cost.rows[0].item_zh, '利息');
    const byCard = await card(world, { card_prefix: '62223012' });
    assert.deepEqual(byCard.plans.map(({ rate_ppm: rate }) => rate), channel.plans.map(({ rate_ppm: rate }) => rate));
  });

  scenario('where the platform\'s page decides, that and the highest rate are said', async (world) => {
    const channel = await card(world);
    assert.equal(channel.indicative, true);
    assert.ok(channel.plans.every(({ indicative }) => indicative));
    const rates = channel.plans.map(({ nominal_annual_bp: rate }) => Number(rate));
    assert.ok(Number(channel.highest_nominal_annual_bp) > Math.max(...rates), 'some bank is dearer than the channel\'s own table');
    assert.match(channel.note_zh, /^实际期数与费用以支付平台页面为准；最高年化利率（IRR）\d+\.\d\d%/);
    assert.match(channel.note_en, /own page decides/);
  });

  scenario('a payment says whose card it is for', async (world) => {
    const channel = await card(world, { issuer: 'icbc' });
    const { quote } = channel.plans.find(({ instalments }) => instalments === 24);
    const made = await opened(world, world.shop, { quote });
    assert.deepEqual([made.payment.channel, made.payment.terms.issuer, made.payment.terms.asked], ['bankcard', 'icbc', 24]);
  });

  scenario('digits of a card: four to eight, never nine', async (world) => {
    const field = 'quote_plans.card_prefix';
    const error = await refused(card(world, { card_prefix: '622230123' }), { code: INVALID, field, reason: 'CARD_PREFIX_TOO_LONG' });
    assert.match(error.text, /card numbers stay at the platform/);
    await refused(card(world, { card_prefix: '6222301234567890' }), { code: INVALID, field, reason: 'CARD_PREFIX_TOO_LONG' });
    for (const digits of ['622', '62223x', '6222-623', ' 62223'])
      await refused(card(world, { card_prefix: digits }), { code: INVALID, field, reason: 'CARD_PREFIX_INVALID' });
    await refused(card(world, { card_prefix: '6222' }), { code: INVALID, field, reason: 'CARD_PREFIX_AMBIGUOUS' });
    await refused(card(world, { card_prefix: '622230', issuer: 'icbc' }), { code: INVALID, field, reason: 'ISSUER_GIVEN_TWICE' });
    assert.ok(!world.log.includes('622230123'), 'nor is it logged');
  });

  scenario('unknown banks and cards', async (world) => {
    await refused(card(world, { issuer: 'nobody' }), { code: INVALID, field: 'quote_plans.issuer', reason: 'ISSUER_UNKNOWN' });
    const { eligible, reason } = await card(world, { card_prefix: '40000000' });
    assert.deepEqual([eligible, reason], [false, 'ISSUER_NOT_SUPPORTED']);
  });

  scenario('a bank\'s own amounts', async (world) => {
    const low = await card(world, { issuer: 'icbc', amount: { minor: 59_999, currency: 'CNY' } });
    assert.deepEqual([low.eligible, low.reason], [false, 'AMOUNT_TOO_SMALL']);
    assert.equal((await card(world, { amount: { minor: 59_999, currency: 'CNY' } })).eligible, true);
  });

  scenario('a channel that the merchant has not', async (world) => {
    const cardless = world.cardless ??= await world.storefront('cardless');
    const { channels } = await cardless.quote(desktop());
    assert.deepEqual(channels.map(({ channel, eligible, reason }) => [channel, eligible, reason]),
      [['huabei', true, ''], ['bankcard', false, 'NOT_CONTRACTED']]);
    const named = await cardless.quote(desktop({ channels: ['bankcard'] }));
    assert.equal(named.channels[0].reason, 'NOT_CONTRACTED');
    await refused(cardless.quote(desktop({ channels: ['nothing'] })), { code: INVALID, reason: 'CHANNEL_UNKNOWN' });
    const { channel_list: list } = await cardless.call('list_channels', {});
    assert.deepEqual(list.channels.map(({ channel }) => channel), ['huabei']);
    const theirs = (await card(world)).plans[0].quote;
    await refused(cardless.create(await world.wish(cardless, { quote: theirs }, { channel: 'huabei' })), { reason: 'QUOTE_OF_ANOTHER_MERCHANT' });
  });
});
