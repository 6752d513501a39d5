// SPDX-License-Identifier: Apache-2.0
// The scripted day: every kind of payment once, in one order, each step after the one before has come true.
import assert from 'node:assert/strict';
import { refused } from '../scenario/harness/storefront.mjs';
import * as unionpay from '../scenario/harness/unionpay.mjs';
import { until } from '../scenario/harness/wait.mjs';

const MINUTE = 60_000;
const UNANSWERED_MS = 6000; /* a slow machine kills within it, too */

export async function wish(stage, terminal = 'TERMINAL_DESKTOP', channel = 'huabei') {
  return stage.doing(() => stage.world.wish(stage.world.shop, {}, { terminal, channel }));
}

async function created(stage, terminal, channel) {
  const body = await wish(stage, terminal, channel);
  const payment = await stage.create(body);
  return { body, payment, id: payment.payment_id, link: payment.next_action?.hosted_url };
}

const refundOf = (stage, { id }, minor) =>
  ({ idempotency_key: stage.world.order('key'), payment_id: id, amount: { minor, currency: 'CNY' } });

/** The buyer posts the link: off to Huabei. */
async function led(stage, made) {
  const way = await stage.doing(() => stage.world.buyer.go(made.link));
  stage.witness.isLedTo(way.number, made.id);
  return way;
}

async function opened(stage, made) {
  const way = await led(stage, made);
  await stage.world.buyer.visit(way.url);
  return way.number;
}

/** UnionPay's form; undefined where an earlier one was lost on its way to the buyer. */
async function ledByForm(stage, made) {
  const answer = await stage.doing(async () => {
    const page = await stage.world.buyer.visit(made.link, { method: 'POST', form: {} });
    assert.equal(page.status, 200, page.body);
    return page;
  });
  const form = unionpay.formsOf(answer).find(({ fields }) => fields.some(([name]) => name === 'txnType'));
  if (!form) return undefined;
  const { orderId: number } = Object.fromEntries(form.fields);
  stage.witness.isLedTo(number, made.id);
  await stage.world.buyer.visit(form.action, { method: 'POST', form: form.fields });
  return number;
}

// ---- the steps ----

async function page(stage) {
  const body = await wish(stage);
  await stage.doing(() => Promise.all([stage.ask('create', body), stage.ask('create', body)]));
  const payment = await stage.create(body);
  const made = { id: payment.payment_id, link: payment.next_action.hosted_url };
  const number = await opened(stage, made);
  await stage.world.sandbox.pay(number);
  await stage.state(made.id, 'PAID');
  return { made, number };
}

async function partialRefunds(stage, { made, number }) {
  const first = refundOf(stage, made, 100000);
  await stage.doing(() => Promise.all([stage.ask('refund', first), stage.ask('refund', first)]));
  await stage.refunded(made.id, (await stage.refund(first)).refund_id);
  const { refund_id: second } = await stage.refund(refundOf(stage, made, 1));
  await stage.refunded(made.id, second);
  await stage.world.sandbox.ask('POST', '/refunds/console', { out_trade_no: number, amount: '10.00' });
  await stage.doing(() => refused(stage.world.shop.refund(refundOf(stage, made, 650000)), { reason: 'MORE_THAN_LEFT' }));
}

/** The same request again and again, until it brings what it is for. */
async function actionOf(stage, made, name) {
  return stage.until(`a ${name}`, async () => (await stage.ask('create', made.body)).next_action?.[name]);
}

async function code(stage) {
  const made = await created(stage, 'TERMINAL_QR');
  const text = await actionOf(stage, made, 'qr_code');
  const trade = await stage.world.sandbox.scan(text);
  await stage.world.sandbox.pay(trade.out_trade_no);
  await stage.state(made.id, 'PAID');
}

async function app(stage) {
  const made = await created(stage, 'TERMINAL_APP');
  assert.equal((await stage.world.sandbox.phone(await actionOf(stage, made, 'app_sdk'))).resultStatus, '9000');
  await stage.state(made.id, 'PAID');
}

async function declinedThenPaid(stage) {
  const made = await created(stage);
  const number = await opened(stage, made);
  await stage.world.sandbox.act(number, 'decline');
  await stage.get(made.id, { refresh: true });
  await stage.world.sandbox.pay(number);
  await stage.state(made.id, 'PAID');
}

async function closed(stage) {
  const made = await created(stage);
  await stage.world.sandbox.act(await opened(stage, made), 'open');
  await stage.close(made.id);
  await stage.state(made.id, 'CLOSED');
}

async function unheard(stage) {
  const made = await created(stage);
  const number = await opened(stage, made);
  await stage.world.sandbox.fault('notify', 'never', { count: 1 });
  await stage.world.sandbox.pay(number);
  await stage.until('the query to tell', async () => (await stage.look(made.id, { refresh: true })).state === 'PAYMENT_STATE_PAID');
}

async function card(stage) {
  const made = await created(stage, 'TERMINAL_DESKTOP', 'bankcard');
  const number = await ledByForm(stage, made);
  if (!number) return;
  await stage.world.unionpay.act(number, 'decline');
  await stage.get(made.id, { refresh: true });
  await stage.world.unionpay.pay(number);
  await stage.state(made.id, 'PAID');
  const ask = refundOf(stage, made, 50000);
  await stage.refund(ask);
  await stage.refund(ask);
}

async function abandoned(stage) {
  await led(stage, await created(stage));
  await ledByForm(stage, await created(stage, 'TERMINAL_DESKTOP', 'bankcard'));
  await created(stage);
}

async function expired(stage) {
  const open = [...stage.witness.payments.values()].filter((one) => one.state === 'PAYMENT_STATE_OPEN');
  await stage.world.advance(36 * MINUTE);
  for (const { payment_id: id } of open)
    await stage.until(`${id} to end`, async () => (await stage.look(id, { refresh: true })).state !== 'PAYMENT_STATE_OPEN');
}

/**
 * From the first request to the last comparison. `places` names what is done at the day's two
 * places: noon (a crash, and the start behind it) and evening (a stop).
 */
export async function live(stage, { noon, evening } = {}) {
  const paid = await page(stage);
  await partialRefunds(stage, paid);
  await code(stage);
  await app(stage);
  await noon?.();
  await declinedThenPaid(stage);
  await closed(stage);
  await unheard(stage);
  await card(stage);
  await abandoned(stage);
  await expired(stage);
  await stage.events();
  await evening?.();
  await stage.settle('evening');
}

/** A paid order, and a death while the platform has a refund of it and has not answered yet. */
export async function dieUnanswered(stage) {
  await stage.begin();
  const { made } = await page(stage);
  await stage.world.sandbox.fault('alipay.trade.refund', 'delay', { delay_ms: UNANSWERED_MS });
  const ask = refundOf(stage, made, 100);
  const asked = stage.ask('refund', ask).catch(() => undefined);
  await until('the platform to have the refund', async () => (await stage.platforms.facts()).refundCalls.size > 0);
  await stage.crash();
  await asked;
  await stage.refunded(made.id, (await stage.refund(ask)).refund_id);
  await stage.settle('evening');
}
