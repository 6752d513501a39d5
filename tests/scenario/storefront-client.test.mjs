// SPDX-License-Identifier: Apache-2.0
// The client that storefronts copy (tests/storefront/fenqi.mjs): it repeats safely, finds a daemon that answers, and
// believes nothing that is not signed.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { Router } from 'zeromq';
import { Fenqi, NoAnswer, openReply, readStatus, Refused, STATUS_TYPE, timeOrderedId } from '../storefront/fenqi.mjs';
import { freePort } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';
import { AMOUNT } from './harness/world.mjs';

const at = (port) => `tcp://127.0.0.1:${port}`;

/** A client of the world's shop; closed by `body`'s end. */
async function withClient(world, options, body) {
  const { publicKey, secretKey } = world.merchants.find(({ id }) => id === 'shop').curve;
  const dropped = [];
  const fenqi = new Fenqi({ addresses: [at(world.frontPort)], serverKey: world.keys.server.publicKey, publicKey, secretKey,
    keys: world.publicKeys, merchantId: 'shop', withinMs: 30_000, onDropped: (error) => dropped.push(error.message), ...options });
  try {
    return await body(fenqi, dropped);
  } finally {
    fenqi.close();
  }
}

/** Whoever holds the daemon's CURVE key, but not its signing key: answers each request with what `lie` makes of it. */
async function withImpostor(world, lie, body) {
  const port = await freePort();
  const router = new Router({ curveServer: true, curveSecretKey: world.keys.server.secretKey, linger: 0 });
  await router.bind(at(port));
  const running = (async () => {
    for await (const [id, empty, bytes] of router) await router.send([id, empty, await lie(bytes)]);
  })();
  try {
    return await body(port);
  } finally {
    router.close();
    await running;
  }
}

const tampered = (bytes, needle) => {
  const other = Buffer.from(bytes);
  const place = other.indexOf(needle);
  assert.ok(place > 0, `${needle} stands in it`);
  other[place] ^= 1;
  return other;
};

async function created(world, fenqi) {
  const wish = { ...(await world.wish()), idempotency_key: timeOrderedId() };
  const { payment } = await fenqi.call('create_payment', wish);
  world.payments.set(payment.payment_id, world.shop);
  return { wish, payment };
}

inWorld('the client that storefronts copy', { conf: { events: { lease: '1s' } } }, (scenario) => {
  scenario('asks, waits for the result, and keeps a receipt that is verified offline', (world) => withClient(world, {}, async (fenqi) => {
    const { payment } = await created(world, fenqi);
    const { number } = await world.buyer.open(payment.next_action.hosted_url);
    const { payment: opened } = await fenqi.call('get_payment', { payment_id: payment.payment_id });
    const [paid] = await Promise.all([
      until('the payment to be paid', async () => {
        const reply = await fenqi.call('get_payment', { payment_id: payment.payment_id, wait_ms: 20_000, known_version: opened.version });
        return reply.payment.state === 'PAYMENT_STATE_PAID' && reply;
      }),
      world.sandbox.pay(number),
    ]);
    const receipt = openReply(paid.signed, world.publicKeys);
    assert.equal(receipt.payment.amount.minor, AMOUNT.minor);
    assert.equal(receipt.key_id, 'test-1');
    assert.throws(() => openReply(tampered(paid.signed, payment.payment_id), world.publicKeys), /no good signature/);
  }));

  scenario('an address where nobody answers costs one try; the one that answered is asked first', async (world) => {
    const dead = await freePort();
    await withClient(world, { addresses: [at(dead), at(world.frontPort)], tryMs: 1500 * SLOWNESS }, async (fenqi) => {
      const replies = await Promise.all([1, 2, 3].map(() => fenqi.call('get_info', {})));
      assert.deepEqual(replies.map(({ info }) => info.instance), ['t1', 't1', 't1']);
      await fenqi.call('get_info', {}, { withinMs: 1400 * SLOWNESS }); /* less than a try at the dead one takes */
    });
    await withClient(world, { addresses: [at(dead)], tryMs: 100 }, (fenqi) =>
      assert.rejects(fenqi.call('get_info', {}, { withinMs: 400 }), NoAnswer));
  });

  scenario('a daemon that dies under a request is asked again; it is one payment', (world) => withClient(world, { tryMs: 300 }, async (fenqi) => {
    const { wish, payment } = await created(world, fenqi);
    await world.crash();
    const again = fenqi.call('create_payment', wish);
    await world.startDaemon();
    assert.equal((await again).payment.payment_id, payment.payment_id);
  }));

  scenario('forged, foreign and replayed answers are not believed', async (world) => {
    const old = await withClient(world, {}, async (fenqi) => (await fenqi.call('get_keys', {}, { requestId: 'old' })).signed);
    const others = await world.boutique.call('get_info', {}, { requestId: 'same' }).then(() => world.boutique.heard.at(-1));
    const lies = [
      [/another request/, 'old', () => old],
      [/no good signature/, 'x', () => tampered(old, 'shop')],
      [/an answer for boutique/, 'same', () => others],
      [/./, 'x', () => Buffer.from('rubbish')],
    ];
    for (const [reason, requestId, lie] of lies)
      await withImpostor(world, lie, (port) => withClient(world, { addresses: [at(port), at(world.frontPort)], tryMs: 1000 }, async (fenqi, dropped) => {
        const { info } = await fenqi.call('get_info', {}, { requestId });
        assert.equal(info.instance, 't1', 'the honest one was asked');
        assert.ok(dropped.some((one) => reason.test(one)), `${reason} among ${dropped}`);
      }));
  });

  scenario('a refusal is told with its reason', (world) => withClient(world, {}, async (fenqi) => {
    const error = await fenqi.call('get_payment', { payment_id: 'p0' }).catch((one) => one);
    assert.ok(error instanceof Refused);
    assert.ok(error.reason && error.text && error.code.startsWith('CODE_'), error.message);
  }));

  scenario('the status in the URL is believed while it is fresh and signed', (world) => withClient(world, {}, async (fenqi) => {
    const { payment, wish } = await created(world, fenqi);
    const { cashier } = await world.buyer.open(payment.next_action.hosted_url);
    const way = await world.buyer.confirm(await world.buyer.verify(cashier));
    const { location } = await world.buyer.visit(way);
    const status = readStatus(location, world.publicKeys);
    assert.deepEqual([status.payment, status.order, status.state, status.amount], [payment.payment_id, wish.merchant_order_id, 'PAID', AMOUNT.minor]);
    assert.throws(() => readStatus(location, world.publicKeys, status.expires + 1), /too old/);
    assert.throws(() => readStatus(location.replace('fenqi=', 'fenqi=A'), world.publicKeys), /not signed/);
    assert.throws(() => readStatus('https://shop.example.com/paid/', world.publicKeys), /not signed/);
    const { privateKey } = generateKeyPairSync('ed25519');
    const forged = Buffer.from('form=status.1\nstate=PAID\n');
    const pae = Buffer.concat([Buffer.from(`DSSEv1 ${STATUS_TYPE.length} ${STATUS_TYPE} ${forged.length} `), forged]);
    const value = [forged.toString('base64url'), 'test-1', sign(null, pae, privateKey).toString('base64url')].join('.');
    assert.throws(() => readStatus(`https://shop.example.com/paid/?fenqi=${value}`, world.publicKeys), /not signed/);
  }));

  scenario('is told of what happens, in order, and again of what it could not handle', (world) => withClient(world, {}, async (fenqi) => {
    const heard = [];
    let nRefused = 0;
    const events = fenqi.subscribe('books', (event) => {
      if (heard.length === 1 && nRefused++ === 0) throw new Error('the books are locked');
      heard.push(event);
    }, { retryMs: 50 });
    const made = [await world.paid(), await world.paid(), await world.paid()];
    await until('all to be heard of', () => made.every(({ id }) => heard.some((one) => one.payment_id === id)));
    await events.stop();
    assert.equal(nRefused, 2, 'refused once, then handled');
    const cursors = heard.map(({ cursor }) => cursor);
    assert.deepEqual([...new Set(cursors)], [...cursors].sort((a, b) => a - b).filter((one, i, all) => one !== all[i - 1]), 'at least once, rising');
  }));

  scenario('the daemon dies and comes back: nothing is missed', (world) => withClient(world, {}, async (fenqi) => {
    const heard = new Set();
    const events = fenqi.subscribe('stock', ({ payment_id: id }) => heard.add(id), { retryMs: 50 });
    const before = await world.paid();
    await until('the first', () => heard.has(before.id));
    await world.crash();
    await world.startDaemon();
    const after = await world.paid();
    await until('the second', () => heard.has(after.id));
    await events.stop();
  }));

  scenario('of two consumers one is told; the other takes over', (world) => withClient(world, {}, async (fenqi) => {
    const told = { one: [], two: [] };
    const active = {};
    const consumer = (name) => fenqi.subscribe('mail', (event) => told[name].push(event.payment_id), { onState: (isActive) => { active[name] = isActive; } });
    const one = consumer('one');
    await until('one to be active', () => active.one);
    const two = consumer('two');
    const first = await world.paid();
    await until('one to be told', () => told.one.includes(first.id));
    await one.stop();
    const second = await world.paid();
    await until('two to be told', () => told.two.includes(second.id));
    assert.ok(!told.one.includes(second.id));
    await two.stop();
  }));
});
