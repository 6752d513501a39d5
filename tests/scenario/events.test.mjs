// SPDX-License-Identifier: Apache-2.0
// Events are pushed: at least once, in order, to one consumer of each group; nothing is lost when it
// stops, is slow, is wrong, or when the daemon is started again.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer } from './harness/consumer.mjs';
import { curveKeyPair } from './harness/keys.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';

const lease = { conf: { events: { lease: '1s' } } };

let nGroups = 0;
const newGroup = () => `books-${++nGroups}`;

/** A group that has handled everything so far, and a consumer of it that is active. */
async function upToDate(world, who = 'shop', options = {}) {
  const consumer = new Consumer(world, who, { group: newGroup(), ...options });
  const all = await allEvents(world, who);
  await consumer.subscribe({ cursor: all.at(-1)?.cursor ?? 0 });
  return consumer;
}

async function allEvents(world, who = 'shop') {
  const all = [];
  for (;;) {
    const { events } = await world[who].events(all.at(-1)?.cursor ?? 0);
    all.push(...events);
    if (events.length < 200) return all;
  }
}

/** A payment of this storefront's that is paid: one event. */
const sold = (world, who = 'shop') => world.paid(world[who]);

inWorld('events', lease, (scenario) => {
  scenario('pushed as they happen, in the order of their cursors', async (world) => {
    const consumer = await upToDate(world);
    assert.equal(consumer.isActive, true);
    const made = [await sold(world), await sold(world)];
    const [first, second] = await consumer.heard(2);
    assert.deepEqual([first, second].map((event) => [event.kind, event.payment_id]),
      made.map(({ id }) => ['EVENT_KIND_PAYMENT_PAID', id]));
    assert.equal(second.cursor, first.cursor + 1);
    const { events, subscription } = await consumer.ack();
    assert.deepEqual(events, []);
    assert.deepEqual(subscription, { group: consumer.group, is_active: true, acknowledged_cursor: second.cursor, lease_ms: 1000 });
    consumer.close();
  });

  scenario('what was not acknowledged comes again, what was does not', async (world) => {
    const one = await upToDate(world);
    for (let i = 0; i < 3; i++) await sold(world);
    const [first, ...others] = await one.heard(3);
    await one.ack(first.cursor);
    one.close();
    const two = new Consumer(world, 'shop', { group: one.group });
    await two.subscribe();
    assert.deepEqual(await two.heard(2), others);
    two.close();
  });

  scenario('resumes from any cursor, and a new group from the first event', async (world) => {
    const all = await allEvents(world);
    const consumer = new Consumer(world, 'shop', { group: newGroup() });
    const { subscription } = await consumer.subscribe();
    assert.equal(subscription.acknowledged_cursor, 0);
    assert.deepEqual(await consumer.heard(all.length), all);
    await consumer.ack();
    consumer.events = [];
    await consumer.subscribe({ cursor: all.at(-2).cursor });
    assert.deepEqual(await consumer.heard(1), all.slice(-1));
    await consumer.ack();
    consumer.events = [];
    assert.equal((await consumer.subscribe({ cursor: 0 })).subscription.is_active, true);
    assert.deepEqual(await consumer.heard(all.length), all);
    consumer.close();
  });

  scenario('each group sees everything; another merchant\'s group of the same name is another group', async (world) => {
    const mine = await upToDate(world);
    const second = await upToDate(world);
    const foreign = await upToDate(world, 'boutique', {});
    const sameName = new Consumer(world, 'boutique', { group: mine.group });
    const { subscription } = await sameName.subscribe({ cursor: 0 });
    assert.equal(subscription.is_active, true, 'the shop\'s consumer does not stand before it');
    const { id } = await sold(world);
    assert.equal((await mine.heard(1))[0].payment_id, id);
    assert.equal((await second.heard(1))[0].payment_id, id);
    const { id: foreignId } = await sold(world, 'boutique');
    assert.equal((await foreign.heard(1))[0].payment_id, foreignId);
    assert.equal((await until('its own event', () => sameName.events.at(-1))).payment_id, foreignId);
    assert.equal(mine.events.length, 1);
    await refused(sameName.ack(foreign.cursor, foreign.group), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_SUBSCRIBED' });
    for (const one of [mine, second, foreign, sameName]) one.close();
  });

  scenario('by group: refunds and closings too, never a word about who pays', async (world) => {
    const consumer = await upToDate(world);
    const made = await sold(world);
    const refund = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: made.payment.amount });
    const [paid, refunded] = await consumer.heard(2);
    assert.deepEqual([paid.kind, refunded.kind, refunded.refund_id], ['EVENT_KIND_PAYMENT_PAID', 'EVENT_KIND_REFUNDED', refund.refund_id]);
    assert.ok(refunded.payment_version > paid.payment_version);
    consumer.close();
  });
});

inWorld('events: bad requests', lease, (scenario) => {
  scenario('credit, group, cursor', async (world) => {
    const consumer = new Consumer(world, 'shop', { group: newGroup() });
    for (const credit of [0, -1, 10_001, 2_000_000_000])
      await refused(consumer.subscribe({ credit }), { code: 'CODE_INVALID_ARGUMENT', field: 'subscribe.credit' });
    for (const group of ['', 'Books', 'a b', 'ü', 'x'.repeat(65)])
      await refused(consumer.subscribe({ group }), { code: 'CODE_INVALID_ARGUMENT', field: 'subscribe.group' });
    await refused(consumer.subscribe({ cursor: -1 }), { code: 'CODE_INVALID_ARGUMENT', field: 'subscribe.cursor' });
    await refused(consumer.subscribe({ cursor: 1 }), { code: 'CODE_OUT_OF_RANGE', reason: 'CURSOR_AHEAD' });
    await refused(consumer.ack(0), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_SUBSCRIBED' });
    assert.equal((await consumer.subscribe({ credit: 10_000 })).subscription.is_active, true, 'nobody is in the way of it');
    consumer.close();
  });

  scenario('acknowledgements: ahead, below zero, twice, of an earlier one', async (world) => {
    const consumer = await upToDate(world);
    await sold(world);
    await sold(world);
    const [first, second] = await consumer.heard(2);
    await refused(consumer.ack(second.cursor + 1), { code: 'CODE_OUT_OF_RANGE', reason: 'ACK_AHEAD' });
    await refused(consumer.ack(-1), { code: 'CODE_INVALID_ARGUMENT', field: 'ack_events.cursor' });
    for (const cursor of [second.cursor, second.cursor, first.cursor])
      assert.equal((await consumer.ack(cursor)).subscription.acknowledged_cursor, second.cursor);
    consumer.close();
  });

  scenario('too many consumers: those that are gone make room', async (world) => {
    const group = newGroup();
    const consumers = Array.from({ length: 16 }, () => new Consumer(world, 'shop', { group }));
    for (const one of consumers) await one.subscribe();
    const late = new Consumer(world, 'shop', { group });
    const { may_repeat: mayRepeat } = await refused(late.subscribe(), { code: 'CODE_RESOURCE_EXHAUSTED', reason: 'TOO_MANY_CONSUMERS' });
    assert.ok(mayRepeat);
    consumers.pop().close();
    await until('room for it', () => late.subscribe().then(() => true, () => false));
    for (const one of [...consumers, late]) one.close();
  });

  scenario('a key that nobody listed hears nothing', async (world) => {
    const stranger = new Consumer(world, 'shop', { group: newGroup(), clientKeys: curveKeyPair() });
    const nothing = Promise.race([stranger.subscribe().catch(() => 'refused'), new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
    assert.equal(await nothing, 'silence');
    stranger.close();
  });
});

inWorld('events: who is active', lease, (scenario) => {
  scenario('the second stands by, and takes over at once when the first goes away', async (world) => {
    const one = await upToDate(world);
    const two = new Consumer(world, 'shop', { group: one.group });
    assert.equal((await two.subscribe()).subscription.is_active, false);
    await refused(two.ack(0), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_ACTIVE' });
    await sold(world);
    await one.ack((await one.heard(1))[0].cursor);
    one.close();
    const { id } = await sold(world);
    assert.equal((await two.heard(1))[0].payment_id, id);
    assert.equal(two.isActive, true);
    two.close();
  });

  scenario('a silent one is replaced after its lease, and hears of it', async (world) => {
    const one = await upToDate(world);
    const two = new Consumer(world, 'shop', { group: one.group });
    await two.subscribe();
    const { id } = await sold(world);
    await one.heard(1);
    await two.becomesActive();
    assert.equal((await two.heard(1))[0].payment_id, id, 'what the first did not acknowledge');
    await one.becomesActive(false);
    await refused(one.ack(), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_ACTIVE' });
    await two.ack();
    await world.logged(/a consumer of events is silent, another takes over .*GROUP=/);
    for (const consumer of [one, two]) consumer.close();
  });

  scenario('signs of life keep the place', async (world) => {
    const one = await upToDate(world);
    const two = new Consumer(world, 'shop', { group: one.group });
    await two.subscribe();
    for (const until = Date.now() + 2500; Date.now() < until;) {
      assert.equal((await one.ack(0)).subscription.is_active, true);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(two.isActive, false);
    for (const consumer of [one, two]) consumer.close();
  });

  scenario('whoever comes back finds its dead connection out of the way', async (world) => {
    const one = await upToDate(world);
    one.close();
    const again = new Consumer(world, 'shop', { group: one.group });
    await again.subscribe();
    await again.becomesActive();
    again.close();
  });
});

inWorld('events: credit', lease, (scenario) => {
  scenario('no more than the credit is pushed; the rest follows what is acknowledged', async (world) => {
    const consumer = await upToDate(world);
    await consumer.subscribe({ credit: 2 });
    for (let i = 0; i < 5; i++) await sold(world);
    const [first] = await consumer.heard(2);
    const other = await upToDate(world);
    const { id } = await sold(world);
    assert.equal((await other.heard(1))[0].payment_id, id, 'others are not held up');
    assert.equal(consumer.events.length, 2);
    await consumer.ack(first.cursor);
    await consumer.heard(3);
    for (let n = 3; n < 6; n = consumer.events.length) {
      await consumer.ack();
      await consumer.heard(n + 1);
    }
    assert.deepEqual(consumer.events.map(({ cursor }) => cursor - first.cursor), [0, 1, 2, 3, 4, 5]);
    for (const one of [consumer, other]) one.close();
  });
});

inWorld('events: the daemon\'s own life', lease, (scenario) => {
  scenario('a restart resumes after what was acknowledged', async (world) => {
    const one = await upToDate(world);
    for (let i = 0; i < 2; i++) await sold(world);
    const [first, second] = await one.heard(2);
    await one.ack(first.cursor);
    await world.crashAndRestart();
    const refusal = await until('the connection to be back', () => one.ack().catch((error) => error.reason));
    assert.equal(refusal, 'NOT_SUBSCRIBED', 'so it knows that it has to subscribe again');
    one.events = [];
    const { subscription } = await one.subscribe();
    assert.deepEqual([subscription.is_active, subscription.acknowledged_cursor], [true, first.cursor]);
    assert.deepEqual(await one.heard(1), [second]);
    await one.ack();
    await world.stopDaemon();
    await world.startDaemon();
    one.events = [];
    assert.equal((await one.subscribe()).subscription.acknowledged_cursor, second.cursor);
    const { id } = await sold(world);
    assert.equal((await one.heard(1))[0].payment_id, id);
    one.close();
  });

  scenario('a key that is removed stops hearing at once', async (world) => {
    const file = join(world.folder, 'merchants.d', 'boutique.conf');
    const before = readFileSync(file, 'utf8');
    const hangUp = async () => {
      const mark = world.logMark;
      world.fenqid.child.kill('SIGHUP');
      await world.logged(/ reloaded CHANNELS=/, mark);
    };
    const removed = await upToDate(world, 'boutique');
    const made = await world.opened(world.boutique);
    writeFileSync(file, before.replace(/client_keys = \[ "[^"]*" \]/, () => `client_keys = [ "${curveKeyPair().publicKey}" ]`));
    await hangUp();
    await world.sandbox.pay(made.number);
    await until('the notification to be taken', async () =>
      (await world.sandbox.notified(made.number)).some((one) => one.deliveries.some(({ answer }) => answer === 'success')));
    const mine = await upToDate(world);
    await sold(world);
    await mine.heard(1);
    assert.equal(removed.events.length, 0);
    writeFileSync(file, before);
    await hangUp();
    await refused(removed.ack(0), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_SUBSCRIBED' });
    await removed.subscribe();
    assert.equal((await removed.heard(1))[0].payment_id, made.id, 'it was not lost');
    for (const one of [removed, mine]) one.close();
  });
});
