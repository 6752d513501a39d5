// SPDX-License-Identifier: Apache-2.0
// The page that posts itself to UnionPay, and the buyer who posts it more than once.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { asked, inCardWorld, MINUTE, opened, refundOf } from './harness/cards.mjs';
import * as unionpay from './harness/unionpay.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const post = { method: 'POST', form: {} };
const shop = { access_type: '2', sub_mer_id: '777290058110001', sub_mer_name: 'Söhne <店>', sub_mer_abbr: '<b>店</b>' };

inCardWorld('the page that leads to UnionPay', { card: { settings: shop } }, (scenario) => {
  scenario('posts itself by the one script that its policy allows, or by a button', async (world) => {
    const made = await world.created(world.shop, { subject: '"><script>alert(\'1\')</script>'.replaceAll('/', '|') });
    const { version } = await world.shop.get(made.id);
    const look = await world.buyer.visit(made.link);
    assert.equal(look.status, 200);
    assert.equal((await world.shop.get(made.id)).version, version, 'looking changes nothing');
    const page = await world.buyer.visit(made.link, post);
    assert.deepEqual([page.status, page.headers['cache-control'], page.headers['referrer-policy']], [200, 'no-store', 'no-referrer']);
    const policy = page.headers['content-security-policy'];
    const [script, ...more] = [...page.body.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]);
    assert.deepEqual(more, []);
    assert.ok(policy.includes(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`), policy);
    assert.match(policy, /default-src 'none'.*form-action[^;]*https:.*frame-ancestors 'none'/);
    assert.match(page.body, /<button>/);
    assert.ok(page.body.includes('&quot;&gt;&lt;script&gt;alert'), 'the subject is text');
    assert.ok(!page.body.includes('<script>alert'));
  });

  scenario('escapes every value, and what the browser makes of them is what was signed', async (world) => {
    const made = await world.created();
    const page = await world.buyer.visit(made.link, post);
    const inputs = [...page.body.matchAll(/<input type="hidden" name="([^"<>]+)" value="([^"<>]*)">/g)];
    const form = unionpay.formsOf(page).find(({ fields }) => fields.length > 5);
    assert.equal(inputs.length, form.fields.length, 'no quote and no bracket inside of any');
    assert.equal(form.action, `https://127.0.0.1:${world.sandbox.port}/gateway/api/frontTransReq.do`);
    const fields = Object.fromEntries(form.fields);
    assert.equal(fields.subMerAbbr, shop.sub_mer_abbr);
    const { status, body } = await world.buyer.visit(form.action, { method: 'POST', form: form.fields });
    assert.equal(status, 200);
    assert.match(body, /name="card_number"/, 'the signature is good');
    assert.ok(form.fields.every(([, value]) => value !== '' && value === value.trim()));
  });

  scenario('is not sent twice: another tab\'s order is the first one\'s', async (world) => {
    const made = await opened(world);
    const again = await world.buyer.visit(made.form.action, { method: 'POST', form: made.form.fields });
    assert.equal(/id="resp_code"[^>]*>(\d\d)/.exec(again.body)?.[1], '12', 'a reload of the platform\'s page is refused there as a duplicate');
    await unionpay.pay(world.buyer, made.page);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    const page = await world.buyer.visit(made.link, post);
    assert.deepEqual([page.status, /付款成功/.test(page.body)], [200, true]);
  });
});

const attempts = { card: { options: { attempt_life: '2min' } },
  merchants: [{ id: 'hurried', reopen: 'allow', on_double_paid: 'refund' }] };

inCardWorld('each post is a try of its own', attempts, (scenario) => {
  const waits = async (world, link) => {
    const page = await world.buyer.visit(link, post);
    assert.equal(page.status, 200);
    assert.match(page.body, /正在确认付款结果/);
    assert.ok(!page.body.includes('txnType'), 'no form');
  };
  const next = (world, made) => until('the first to be proven dead, and a form for the next', async () => {
    const page = await world.buyer.visit(made.link, post);
    return unionpay.formsOf(page).map(({ fields }) => Object.fromEntries(fields)).find(({ txnType }) => txnType);
  });

  scenario('a second post while the first may still be paid: a page that waits', async (world) => {
    const made = await opened(world);
    await waits(world, made.link);
    await world.advance(3 * MINUTE); /* past payTimeout, within the margin */
    await waits(world, made.link);
    assert.equal((await world.unionpay.orders()).filter(({ front_url: url }) => url === made.fields.frontUrl).length, 1);
    await world.advance(5 * MINUTE);
    await next(world, made);
  });

  scenario('once the first is proven dead: a new number, a new time, and it can be paid', async (world) => {
    const made = await opened(world);
    const { payTimeout, txnTime } = made.fields;
    assert.equal(Date.parse(stamp(payTimeout)) - Date.parse(stamp(txnTime)), 2 * MINUTE);
    await world.advance(8 * MINUTE);
    assert.equal((await asked(made)).state, 'PAYMENT_STATE_OPEN', 'the payment lives on');
    const second = await unionpay.open(world.buyer, made.link);
    assert.notEqual(second.number, made.number);
    assert.ok(second.txnTime > made.txnTime);
    const late = await world.unionpay.pay(made.number).catch((error) => error);
    assert.match(late.message, /payTimeout has passed/, 'nobody can pay the first any more');
    await unionpay.pay(world.buyer, second.page);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(paid.platform_ref, (await world.unionpay.order(second.number)).query_id);
    assert.deepEqual([paid.double_paid, paid.terms.match], [false, 'MATCH_CONFIRMED']);
  });

  scenario('while the platform is silent about the first there is no second', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('query', 'http_500', { count: -1 });
    await world.advance(8 * MINUTE);
    await asked(made);
    await waits(world, made.link);
    await world.unionpay.calm();
    const { orderId } = await next(world, made); /* not at once: a question of before may still be on its way */
    assert.notEqual(orderId, made.number);
  });

  scenario('a first one that was paid after all stops the second', async (world) => {
    const made = await opened(world);
    await world.unionpay.fault('notify', 'never');
    await world.unionpay.pay(made.number);
    await world.buyer.visit(made.link, post);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(paid.double_paid, false);
    assert.match((await world.buyer.visit(made.link, post)).body, /付款成功/);
  });

  scenario('reopen = "allow": two tries are paid, the later one is given back whole, the first can be', async (world) => {
    const hurried = world.hurried ??= await world.storefront('hurried');
    const made = await opened(world, hurried);
    const second = await unionpay.open(world.buyer, made.link);
    assert.notEqual(second.number, made.number, 'at once');
    await world.unionpay.pay(made.number);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    await world.unionpay.pay(second.number);
    const payment = await until('the later one to be refunded', async () => {
      const one = await asked(made);
      return one.refunded_minor === AMOUNT.minor && one;
    });
    assert.deepEqual([payment.double_paid, payment.platform_ref], [true, paid.platform_ref]);
    assert.deepEqual(payment.refunds.map(({ origin }) => origin), ['REFUND_ORIGIN_AUTOMATIC']);
    const [first, later] = [await world.unionpay.order(made.number), await world.unionpay.order(second.number)];
    assert.deepEqual([first.refunded_fen, later.refunded_fen], [0, AMOUNT.minor]);
    const refund = await hurried.refund(refundOf(world, made));
    await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
    assert.equal((await world.unionpay.order(made.number)).refunded_fen, AMOUNT.minor, 'the first one\'s money');
  }, { skipMoney: true });
});

function stamp(text) {
  return text.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6+08:00');
}
