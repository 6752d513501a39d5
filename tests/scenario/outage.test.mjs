// SPDX-License-Identifier: Apache-2.0
// The platform hangs: its channel is paused, the rest goes on, and all is taken up again when it answers.
import assert from 'node:assert/strict';
import { inCardWorld, opened, paid, refundOf } from './harness/cards.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const QUERY = 'alipay.trade.query';
const PAUSE_MS = 60_000;
const conf = { channel: { timeout: '500ms', breaker_failures: 3, breaker_pause: '1min' } };
const refresh = ({ storefront, id }) => storefront.get({ payment_id: id, refresh: true });
const calls = async (world) => (await world.sandbox.ask('GET', '/log')).log.length;

/** Every call hangs until it is given up; the channel is paused then. */
async function hang(world, made) {
  const mark = world.logMark;
  await world.sandbox.fault('*', 'delay', { count: -1, delay_ms: 1500 });
  for (let i = 0; i < 3; i++) await refresh(made);
  const line = await world.logged(/the channel is paused: the platform does not answer/, mark);
  assert.match(line, /^warning: .*CHANNEL=huabei .*FAILURES=3 .*PAUSE_MS=60000 .*FAULT=theirs .*NEXT=/);
  return mark;
}

inWorld('a platform that hangs', { conf }, (scenario) => {
  scenario('is not waited for, and asked again after the pause', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.pay(made.number);
    const mark = await hang(world, made);
    const nCalls = await calls(world);
    const began = Date.now();
    for (let i = 0; i < 10; i++) assert.equal((await refresh(made)).state, 'PAYMENT_STATE_OPEN');
    assert.ok(Date.now() - began < 5000, 'ten answers, none after a timeout of half a second');
    assert.equal(await calls(world), nCalls, 'nobody asked');
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    assert.equal((await refresh(made)).state, 'PAYMENT_STATE_PAID', 'the first try ends it');
    await world.logged(/notice: the platform answers again CHANNEL=huabei/, mark);
    assert.equal(world.log.slice(mark).match(/the channel is paused: the platform does not answer CHANNEL/g).length, 1, 'told once');
  });

  scenario('is tried by one exchange, and paused for twice as long', async (world) => {
    const made = await world.opened();
    const mark = await hang(world, made);
    await world.advance(PAUSE_MS);
    const nCalls = (await world.sandbox.log(QUERY, made.number)).length;
    await Promise.all(Array.from({ length: 5 }, () => refresh(made)));
    assert.match(await world.logged(/the channel stays paused/, mark), /FAILURES=4 PAUSE_MS=120000/);
    assert.equal((await world.sandbox.log(QUERY, made.number)).length, nCalls + 1, 'one tried');
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    assert.equal(await calls(world).then(async (before) => (await refresh(made), await calls(world) - before)), 0, 'still paused');
    await world.advance(PAUSE_MS);
    await refresh(made);
    await world.logged(/the platform answers again/, mark);
  });

  scenario('browsers go on, notifications are taken, codes are not made', async (world) => {
    const made = await world.opened();
    const mark = await hang(world, made);
    const other = await world.opened();
    await world.sandbox.pay(other.number);
    await world.state(other, 'PAYMENT_STATE_PAID');
    const wish = await world.wish(world.shop, { terminal: 'TERMINAL_QR' }, { terminal: 'TERMINAL_QR' });
    const began = Date.now();
    const no = await refused(world.shop.create(wish), { code: 'CODE_UNAVAILABLE', reason: 'CHANNEL_PAUSED', blame: 'BLAME_PLATFORM', may_repeat: true });
    assert.ok(no.retry_after_ms > 0 && no.retry_after_ms <= PAUSE_MS, `${no.retry_after_ms}`);
    assert.ok(Date.now() - began < 2000, 'at once');
    await refused(world.shop.get({ merchant_order_id: wish.merchant_order_id }), { code: 'CODE_NOT_FOUND' });
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    const payment = await world.shop.create(wish);
    assert.ok(payment.next_action.qr_code, 'the same request, later');
    await world.logged(/the platform answers again/, mark);
  });

  scenario('a reload keeps the pause', async (world) => {
    const made = await world.opened();
    const mark = await hang(world, made);
    world.fenqid.child.kill('SIGHUP');
    await world.logged(/: reloaded /, mark);
    const nCalls = await calls(world);
    await refresh(made);
    assert.equal(await calls(world), nCalls);
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    await until('the payment to be asked about', async () => (await refresh(made), await calls(world) > nCalls));
  });
});

const quick = { ...conf, poll: { first: '100ms', max: '400ms' } };

inWorld('what a platform that hangs owes', { conf: quick }, (scenario) => {
  scenario('a close and a refund wait for it, and are done', async (world) => {
    const paid = await world.paid();
    const made = await world.opened();
    await world.sandbox.act(made.number, 'open');
    const mark = await hang(world, made);
    const refund = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: paid.id, amount: { minor: 100, currency: 'CNY' } });
    assert.equal((await world.shop.closePayment(made.id)).closing, true);
    assert.equal((await world.shop.getRefund(refund.refund_id)).state, 'REFUND_STATE_RESERVED');
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    await world.logged(/the platform answers again CHANNEL=huabei/, mark);
    await world.refundState(paid, refund.refund_id, 'REFUND_STATE_REFUNDED');
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED');
    assert.equal(closed.close_reason, 'CLOSE_REASON_REQUESTED');
  });
});

inCardWorld('a platform behind a gateway', { conf }, (scenario) => {
  scenario('that cannot reach it (HTTP 502) is paused, too', async (world) => {
    const made = await opened(world);
    await world.unionpay.pay(made.number);
    const mark = world.logMark;
    await world.unionpay.fault('query', 'http_502', { count: -1 });
    for (let i = 0; i < 3; i++) assert.equal((await refresh(made)).state, 'PAYMENT_STATE_OPEN');
    assert.match(await world.logged(/the channel is paused/, mark), /CHANNEL=bankcard .*REASON="HTTP 502: a gateway cannot reach the platform"/);
    await world.unionpay.calm();
    await world.advance(PAUSE_MS);
    assert.equal((await refresh(made)).state, 'PAYMENT_STATE_PAID');
    await world.logged(/the platform answers again CHANNEL=bankcard/, mark);
  });
});

inCardWorld('one platform hangs, beside another', { conf }, (scenario) => {
  scenario('its channel alone is paused: the other is paid, asked and refunded', async (world) => {
    const made = await world.opened(world.shop, {}, { channel: 'huabei' });
    const mark = await hang(world, made);
    const other = await paid(world);
    await world.shop.refund(refundOf(world, other));
    await until('the refund by card', async () => (await refresh(other)).refunded_minor === AMOUNT.minor);
    assert.doesNotMatch(world.log.slice(mark), /the channel (is|stays) paused.*CHANNEL=bankcard/);
    const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_QR', channel: 'huabei' });
    await refused(world.shop.create(wish), { code: 'CODE_UNAVAILABLE', reason: 'CHANNEL_PAUSED', may_repeat: true });
    await world.sandbox.calm();
    await world.advance(PAUSE_MS);
    await refresh(made);
    await world.logged(/the platform answers again CHANNEL=huabei/, mark);
  });
});
