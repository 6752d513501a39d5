// SPDX-License-Identifier: Apache-2.0
// Every way to the cashier besides the desktop: mobile web, the phone app, a code to scan.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { readStatus } from './harness/status.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';

const PRECREATE = 'alipay.trade.precreate';
const QUERY = 'alipay.trade.query';
const MINUTE = 60_000;

/** The fields of a string for the phone app, each value decoded once. */
function fieldsOf(appSdk) {
  const fields = Object.fromEntries(appSdk.split('&').map((pair) => pair.split('=').map(decodeURIComponent)));
  return { ...fields, biz: JSON.parse(fields.biz_content) };
}

/** The order number behind a code, without scanning it. */
async function numberOf(world, code) {
  const token = new URL(code).pathname.split('/').at(-1);
  const trade = (await world.sandbox.trades()).find((one) => one.cashier_path.endsWith(token));
  assert.ok(trade, `the platform knows the code ${code}`);
  return trade.out_trade_no;
}

/** A payment in an app: `appSdk` and the order number. */
async function inApp(world, changes) {
  const made = await world.created(world.shop, changes, { terminal: 'TERMINAL_APP' });
  return withApp(world, made);
}

function withApp(world, made) {
  const appSdk = made.payment.next_action?.app_sdk;
  assert.ok(appSdk, `a string for the app: ${JSON.stringify(made.payment)}`);
  const number = fieldsOf(appSdk).biz.out_trade_no;
  world.owners.set(number, made.id);
  return { ...made, appSdk, number };
}

/** A payment by a code: `code` and the order number. */
async function byCode(world, changes) {
  const made = await world.created(world.shop, changes, { terminal: 'TERMINAL_QR' });
  return withCode(world, made);
}

async function withCode(world, made) {
  const code = made.payment.next_action?.qr_code;
  assert.ok(code, `a code: ${JSON.stringify(made.payment)}`);
  const number = await numberOf(world, code);
  world.owners.set(number, made.id);
  return { ...made, code, number };
}

const nCalls = async (world, method, number) => (await world.sandbox.log(method, number)).length;

inWorld('mobile web', {}, (scenario) => {
  scenario('a link to the platform\'s mobile cashier, and back', async (world) => {
    const made = await world.opened(world.shop, {}, { terminal: 'TERMINAL_MOBILE_WEB' });
    const { searchParams } = new URL(made.url);
    assert.equal(searchParams.get('method'), 'alipay.trade.wap.pay');
    assert.equal(made.biz.product_code, 'QUICK_WAP_WAY');
    assert.equal(made.biz.quit_url, searchParams.get('return_url'), 'who leaves comes to us, and on to the shop');
    assert.equal(made.biz.extend_params.hb_fq_num, '12');
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    const home = await world.buyer.visit(back);
    assert.equal(readStatus(world, home.location).state, 'PAID');
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.terms.match, 'MATCH_CONFIRMED');
  });

  scenario('a buyer who leaves may come back by the same link', async (world) => {
    const made = await world.opened(world.shop, {}, { terminal: 'TERMINAL_MOBILE_WEB' });
    const left = await world.buyer.visit(made.biz.quit_url);
    assert.ok([200, 303].includes(left.status), `${left.status} ${left.body}`);
    const again = await world.buyer.open(made.link);
    assert.equal(again.number, made.number);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });
});

inWorld('the phone app', { conf: { poll: { first: '100ms', max: '400ms' } } }, (scenario) => {
  scenario('CreatePayment answers the string, and the phone pays by it', async (world) => {
    const made = await inApp(world);
    const fields = fieldsOf(made.appSdk);
    assert.equal(fields.method, 'alipay.trade.app.pay');
    assert.equal(fields.biz.product_code, 'QUICK_MSECURITY_PAY');
    assert.equal(made.appSdk.split('&').at(-1).split('=')[0], 'sign', 'sign is the last');
    assert.equal(fields.return_url, undefined, 'an app has no browser to send back');
    assert.equal(made.payment.next_action.expires_at_unix_ms, made.payment.expires_at_unix_ms);
    const told = await world.sandbox.phone(made.appSdk);
    assert.equal(told.resultStatus, '9000', JSON.stringify(told));
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([paid.terms.used, paid.terms.match], [12, 'MATCH_CONFIRMED']);
    assert.ok(!paid.next_action?.app_sdk, 'nothing is left to do');
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
  });

  scenario('asked again: the same string, to the byte', async (world) => {
    const made = await inApp(world);
    const again = await world.shop.create(made.wish);
    assert.equal(again.payment_id, made.id);
    assert.equal(again.next_action.app_sdk, made.appSdk);
    assert.equal((await world.shop.get(made.id)).next_action.app_sdk, made.appSdk);
    await world.crashAndRestart();
    assert.equal((await world.shop.create(made.wish)).next_action.app_sdk, made.appSdk, 'and after a crash');
    await world.sandbox.phone(made.appSdk);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('the phone hears nothing, or hears too early: only the platform counts', async (world) => {
    const lost = await inApp(world);
    await world.sandbox.fault('notify', 'never', { count: -1 });
    assert.equal((await world.sandbox.phone(lost.appSdk, 'lost')).resultStatus, '6002');
    await world.state(lost, 'PAYMENT_STATE_PAID', { refresh: true });
    const left = await inApp(world);
    assert.equal((await world.sandbox.phone(left.appSdk, 'cancel')).resultStatus, '6001');
    assert.equal((await world.shop.get({ payment_id: left.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    assert.equal((await world.sandbox.phone(left.appSdk)).resultStatus, '9000', 'the buyer changes their mind');
    await world.state(left, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('an order that nobody opened is not closed before its deadline', async (world) => {
    const made = await inApp(world);
    await until('"no such order" to be heard more than once', async () => await nCalls(world, QUERY, made.number) >= 3);
    const open = await world.shop.get({ payment_id: made.id, refresh: true });
    assert.equal(open.state, 'PAYMENT_STATE_OPEN');
    assert.equal(open.next_action.app_sdk, made.appSdk);
    await world.advance(29 * MINUTE);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.advance(4 * MINUTE);
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    assert.equal(closed.close_reason, 'CLOSE_REASON_EXPIRED');
    assert.ok(!closed.next_action?.app_sdk);
  });

  scenario('killed while the answer is on its way: one order, one string', async (world) => {
    for (let round = 0; round < 3; round++) {
      const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_APP' });
      const first = world.shop.create(wish).catch(() => undefined);
      if (round > 0) await Promise.race([first, world.logged(/payment created/, world.logMark)]);
      await world.crash();
      const answered = await first;
      await world.startDaemon();
      const payment = await world.shop.create(wish);
      const made = withApp(world, { storefront: world.shop, wish, payment, id: payment.payment_id });
      if (answered) assert.equal(made.appSdk, answered.next_action.app_sdk);
      await world.sandbox.phone(made.appSdk);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    }
  });
});

inWorld('a code to scan', { conf: { channel: { timeout: '700ms' } } }, (scenario) => {
  scenario('shown with its life, scanned, paid', async (world) => {
    const made = await byCode(world);
    assert.equal(made.payment.state, 'PAYMENT_STATE_OPEN');
    const { next_action: action, expires_at_unix_ms: expires } = made.payment;
    assert.ok(action.expires_at_unix_ms <= expires && action.expires_at_unix_ms > world.now() + 25 * MINUTE);
    assert.equal((await world.sandbox.trade(made.number)).state, 'NOT_OPENED');
    const trade = await world.sandbox.scan(made.code);
    assert.equal(trade.state, 'WAIT_BUYER_PAY');
    assert.equal(trade.hb_fq_num, '12');
    await world.sandbox.pay(made.number);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.terms.match, 'MATCH_CONFIRMED');
    assert.ok(!paid.next_action?.qr_code);
    assert.equal(await nCalls(world, PRECREATE, made.number), 1);
  });

  scenario('asked again: the same code, and the platform is not asked again', async (world) => {
    const made = await byCode(world);
    assert.equal((await world.shop.create(made.wish)).next_action.qr_code, made.code);
    assert.equal((await world.shop.get(made.id)).next_action.qr_code, made.code);
    await world.crashAndRestart();
    assert.equal((await world.shop.create(made.wish)).next_action.qr_code, made.code, 'and after a crash');
    assert.equal(await nCalls(world, PRECREATE, made.number), 1);
  });

  scenario('a code lives two hours, though the order lives longer', async (world) => {
    const made = await byCode(world, { expires_in_ms: 24 * 60 * MINUTE });
    const life = made.payment.next_action.expires_at_unix_ms - made.payment.created_at_unix_ms;
    assert.ok(Math.abs(life - 120 * MINUTE) < MINUTE, `${life} ms`);
    assert.ok(made.payment.expires_at_unix_ms > made.payment.next_action.expires_at_unix_ms);
    await world.advance(122 * MINUTE);
    await assert.rejects(world.sandbox.scan(made.code), /./, 'the platform refuses an old code');
  });

  scenario('a code that nobody scanned is not closed before its deadline', async (world) => {
    const made = await byCode(world);
    const open = await world.shop.get({ payment_id: made.id, refresh: true });
    assert.equal(open.state, 'PAYMENT_STATE_OPEN', '"no such order" is no end');
    assert.ok(await nCalls(world, QUERY, made.number) >= 1);
    await world.advance(20 * MINUTE);
    await world.sandbox.scan(made.code);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('closed by the shop before anybody scanned', async (world) => {
    const made = await byCode(world);
    const closing = await world.shop.closePayment(made.id);
    assert.ok(!closing.next_action?.qr_code, 'the code is not shown any more');
    await world.advance(33 * MINUTE);
    await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    await assert.rejects(world.sandbox.scan(made.code), /./);
  });

  for (const kind of ['drop_before', 'drop_after', 'delay', 'system_error', 'system_error_after', 'code_20000',
    'unsigned', 'bad_signature', 'http_500', 'garbage']) {
    scenario(`${kind}: a later call brings the code`, async (world) => {
      const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_QR' });
      await world.sandbox.fault(PRECREATE, kind, { count: -1, delay_ms: 1500 });
      const first = await world.shop.create(wish);
      assert.equal(first.state, 'PAYMENT_STATE_OPEN');
      assert.ok(!first.next_action?.qr_code, 'what nobody can believe is not shown');
      await world.sandbox.calm();
      const payment = await world.shop.create(wish);
      assert.equal(payment.payment_id, first.payment_id);
      const made = await withCode(world, { storefront: world.shop, wish, payment, id: payment.payment_id });
      assert.equal((await world.sandbox.trades()).filter((one) => world.owners.get(one.out_trade_no) === made.id).length, 1, 'one order');
      await world.sandbox.scan(made.code);
      await world.sandbox.pay(made.number);
      await world.state(made, 'PAYMENT_STATE_PAID');
    });
  }

  scenario('killed between the commit and the answer: the same order, one code', async (world) => {
    const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_QR' });
    const nBefore = (await world.sandbox.trades()).length;
    await world.sandbox.fault(PRECREATE, 'delay', { delay_ms: 600 });
    const lost = world.shop.create(wish).catch((error) => error);
    await until('the platform to be asked', async () => (await world.sandbox.trades()).length > nBefore);
    await world.crashAndRestart();
    assert.ok((await lost) instanceof Error);
    const payment = await world.shop.create(wish);
    const made = await withCode(world, { storefront: world.shop, wish, payment, id: payment.payment_id });
    assert.equal((await world.sandbox.trades()).length, nBefore + 1, 'no second order number');
    assert.equal(await nCalls(world, PRECREATE, made.number), 2);
    await world.sandbox.scan(made.code);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('an account that may not: the log says why, and the key is not burnt', async (world) => {
    const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_QR' });
    const mark = world.logMark;
    await world.sandbox.settings({ permissions: 'app' });
    assert.equal((await world.shop.create(wish)).state, 'PAYMENT_STATE_OPEN');
    assert.match(await world.logged(/proves nothing/, mark), /CALL=create .*40006\/isv\.insufficient-isv-permissions/);
    await world.sandbox.settings({ permissions: 'granted' });
    const payment = await world.shop.create(wish);
    await withCode(world, { storefront: world.shop, wish, payment, id: payment.payment_id });
  });
});

inWorld('terminals', {}, (scenario) => {
  scenario('a quote is for the terminal that it was asked for', async (world) => {
    const made = await world.created();
    await refused(world.shop.create({ ...made.wish, terminal: 'TERMINAL_APP' }), { code: 'CODE_ALREADY_EXISTS' });
  });

  scenario('a buyer\'s link of an app or a code is no link', async (world) => {
    for (const make of [inApp, byCode]) {
      const { payment } = await make(world);
      assert.ok(!payment.next_action.hosted_url);
    }
  });
});
