// SPDX-License-Identifier: Apache-2.0
// Payments by card in a World that was started with { card }: made, opened, paid; and days that pass.
import assert from 'node:assert/strict';
import { inWorld } from './scenario.mjs';
import { open } from './unionpay.mjs';
import { until } from './wait.mjs';
import { AMOUNT } from './world.mjs';

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const BEIJING = 8 * 60 * MINUTE;

/** Platforms are asked at once, and again and again. */
export const QUICK = { poll: { first: '100ms', max: '400ms' } };

/** inWorld with both channels in one daemon; `card` as makeCardAccount's. */
export const inCardWorld = (title, { card = {}, conf = QUICK, ...options }, define) =>
  inWorld(title, { card, conf, ...options }, define);

/** A payment whose buyer stands at UnionPay's first page. */
export async function opened(world, storefront, changes, terms) {
  const made = await world.created(storefront, changes, terms);
  return { ...made, ...(await open(world.buyer, made.link)) };
}

/** A payment that is PAID. */
export async function paid(world, storefront, changes, terms) {
  const made = await opened(world, storefront, changes, terms);
  await world.unionpay.pay(made.number);
  made.payment = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  return made;
}

/** Asks the platform now; the payment as it is then. */
export const asked = ({ storefront, id }) => storefront.get({ payment_id: id, refresh: true });

export const refundOf = (world, made, minor = AMOUNT.minor) =>
  ({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor, currency: 'CNY' } });

/** Waits for a line of the log. It takes only so many of a kind in a second: `again` makes fenqid say it once more. */
export const loggedAgain = (world, pattern, mark, again) => until(`a log line like ${pattern}`, async () => {
  const line = world.log.slice(mark).split('\n').find((one) => pattern.test(one));
  if (!line) await again();
  return line;
});

/** Nothing of the payment moved while `body` ran. */
export async function unmoved({ storefront, id }, body) {
  const before = await storefront.get(id);
  await body();
  const { version, state } = await storefront.get(id);
  assert.deepEqual([state, version], [before.state, before.version], 'nothing was changed');
}

/** The morning after the order's settlement day, when its file is there. */
export async function afterSettlement(world, number) {
  const { settle_date: date } = await world.unionpay.order(number);
  const now = world.now() + BEIJING;
  for (let day = Math.floor(now / DAY); ; day++) {
    const text = new Date(day * DAY).toISOString();
    if (text.slice(5, 7) + text.slice(8, 10) !== date) continue;
    const mark = world.logMark;
    await world.advance((day + 1) * DAY + 9.6 * 60 * MINUTE - now);
    return { mark, day: text.slice(0, 10).replaceAll('-', '') };
  }
}

/** Waits for a day's file to be taken; one of many megabytes takes its time. */
export function statementTakenOf(world, day, mark) {
  const pattern = new RegExp(`statement taken.*DAY=${day}`);
  return until(`the statement of ${day}`, () => world.log.slice(mark).split('\n').find((line) => pattern.test(line)), 60_000);
}

/** The same, and the file was taken. */
export async function statementTaken(world, number) {
  const { mark, day } = await afterSettlement(world, number);
  return statementTakenOf(world, day, mark);
}

/** How often the platform got a call of a method about a number, whatever became of it. */
export const callsOf = async (world, method, number) => (await world.unionpay.log(method, number)).length;

/** The refund, as UnionPay has it: there is exactly one under the payment. */
export async function onlyBack(world, number) {
  const { backs } = await world.unionpay.order(number);
  assert.equal(backs.length, 1, 'one refund at the platform');
  return backs[0];
}

export const untilAsked = (world, number, method = 'query', n = 1) =>
  until(`UnionPay to get ${n} calls of ${method}`, async () => (await callsOf(world, method, number)) >= n);
