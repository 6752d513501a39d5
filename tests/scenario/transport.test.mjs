// SPDX-License-Identifier: Apache-2.0
// The way in: who is served, what bytes are read, and how much of it.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Dealer } from 'zeromq';
import { curveKeyPair } from './harness/keys.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { encodeRequest } from './harness/wire.mjs';

const INFO = { get_info: {} };
const info = (id = randomUUID(), more = {}) => encodeRequest({ request_id: id, ...INFO, ...more });
/** One field on the wire: number, type 2. */
const field = (number, bytes) => Buffer.concat([varint(number << 3 | 2), varint(bytes.length), bytes]);
const varint = (value) => {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push(value & 127 | 128);
  return Buffer.from([...bytes, value]);
};

inWorld('transport', {}, (scenario) => {
  scenario('REQ and DEALER, with and without an empty frame', async (world) => {
    const { shop } = world;
    assert.equal((await shop.callByReq('get_info', {})).info.instance, 't1');
    assert.equal((await shop.call('get_info', {})).info.instance, 't1');
    for (const envelope of [[], [Buffer.from('tag'), Buffer.alloc(0)], [Buffer.from('a'), Buffer.from('b'), Buffer.alloc(0)]]) {
      const id = randomUUID();
      assert.equal((await shop.sendRaw(info(id), id, { envelope })).request_id, id);
    }
  });

  scenario('the keys of the answers are published', async (world) => {
    const { keys } = (await world.shop.call('get_keys', {})).keys;
    assert.deepEqual(keys.map((key) => [key.key_id, key.algorithm, key.public_key.length]), [['test-1', 'ed25519', 32]]);
    assert.equal(world.publicKeys.get('test-1').export({ type: 'spki', format: 'pem' }), world.keys.signingPublic);
  });

  scenario('a stranger gets no answer', async (world) => {
    const mark = world.logMark;
    const endpoint = `tcp://127.0.0.1:${world.frontPort}`;
    const curve = (client, serverKey) => ({ curveServerKey: serverKey, curvePublicKey: client.publicKey, curveSecretKey: client.secretKey });
    const strangers = [
      new Dealer({ ...curve(curveKeyPair(), world.keys.server.publicKey), linger: 0 }),
      new Dealer({ ...curve(world.merchants[0].curve, curveKeyPair().publicKey), linger: 0 }),
      new Dealer({ linger: 0 }),
    ];
    let nAnswers = 0;
    for (const socket of strangers) {
      socket.connect(endpoint);
      socket.receive().then(() => nAnswers++, () => {});
      socket.send(['', info()]).catch(() => {});
    }
    for (let i = 0; i < 20; i++) await world.shop.call('get_info', {});
    await pause(300); /* the time in which an answer would have come */
    assert.equal(nAnswers, 0);
    for (const socket of strangers) socket.close();
    assert.doesNotMatch(world.log.slice(mark), /FAULT=ours/);
  });

  scenario('bytes that are no request', async (world) => {
    const { shop } = world;
    const id = randomUUID();
    const good = info(id);
    const named = Buffer.from(encodeRequest({ request_id: id }));
    const nested = (depth) => depth === 0 ? Buffer.alloc(0) : field(11, nested(depth - 1));
    const messages = [
      ['garbage', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x01]), ''],
      ['random', Buffer.concat([Buffer.from([0x07]), randomBytes(200)]), ''],
      ['truncated', Buffer.concat([named, Buffer.from([0x5a, 0x7f, 1])]), id],
      ['no operation', named, id],
      ['unknown operation', Buffer.concat([named, Buffer.from([0xfa, 0x0f, 0])]), id],
      ['two operations', Buffer.concat([good, encodeRequest({ get_keys: {} })]), id],
      ['no request id', encodeRequest(INFO), ''],
      ['a request id twice', Buffer.concat([good, named]), id],
      ['a NUL in a text', Buffer.concat([named, field(15, field(1, Buffer.from('a\0b')))]), id],
      ['bad UTF-8', Buffer.concat([named, field(15, field(1, Buffer.from([0xff, 0xfe])))]), id],
      ['an over-long text', Buffer.concat([named, field(15, field(1, Buffer.alloc(9000, 'x')))]), id],
      ['a group', Buffer.concat([named, Buffer.from([0x5b, 0x5c])]), id],
      ['nested deep', Buffer.concat([named, nested(400)]), id],
      ['an unknown field where state changes', Buffer.concat([named, field(13, Buffer.concat([field(1, Buffer.from('p')), Buffer.from([0xf8, 0x07, 1])]))]), id],
      ['a wrong wire type', Buffer.concat([named, field(13, Buffer.from([0x08, 1]))]), id],
      ['a varint without end', Buffer.concat([named, Buffer.alloc(11, 0xff)]), id],
    ];
    for (const [name, bytes, requestId] of messages) {
      const reply = await shop.sendRaw(bytes, requestId);
      assert.ok(reply.error, name);
      assert.match(reply.error.code, /INVALID_ARGUMENT|UNIMPLEMENTED/, name);
      assert.equal(reply.error.blame, 'BLAME_CALLER', name);
      assert.ok(reply.error.reason, name);
    }
    const tolerated = Buffer.concat([good, Buffer.from([0xf8, 0x07, 1])]);
    assert.ok((await shop.sendRaw(tolerated, id)).info, 'unknown fields are no matter where nothing changes');
  });

  scenario('a later storefront asks an earlier daemon', async (world) => {
    const ask = async (...parts) => {
      const id = randomUUID();
      return shop.sendRaw(Buffer.concat([encodeRequest({ request_id: id }), ...parts]), id);
    };
    const { shop } = world;
    const later = Buffer.from([0xf8, 0x07, 1]); /* field 127 */
    const unknown = (await ask(field(22, Buffer.alloc(0)))).error;
    assert.deepEqual([unknown.code, unknown.reason], ['CODE_UNIMPLEMENTED', 'UNKNOWN_OPERATION']);
    const read = await ask(field(12, Buffer.concat([field(1, Buffer.from('p1jn4bbarr0002kb4c9a204qd0a6h7')), later])));
    assert.equal(read.error.code, 'CODE_NOT_FOUND', 'ignored where nothing changes');
    for (const [number, name] of [[11, 'create_payment'], [13, 'close_payment'], [14, 'create_refund']]) {
      const { error } = await ask(field(number, later));
      assert.deepEqual([error.code, error.reason, error.field], ['CODE_INVALID_ARGUMENT', 'UNKNOWN_FIELD', `${name}.127`]);
    }
  });

  scenario('too large, and far too large', async (world) => {
    const id = randomUUID();
    const large = Buffer.concat([info(id), field(9, Buffer.alloc(70_000))]);
    const reply = await world.shop.sendRaw(large, id);
    assert.deepEqual([reply.error.code, reply.error.reason], ['CODE_RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE']);
    const hog = await world.storefront('shop');
    hog.sendRaw(Buffer.alloc(1_000_000), 'hog').catch(() => {});
    await pause(100);
    assert.ok((await world.shop.call('get_info', {})).info, 'others are served');
    hog.close();
  });

  scenario('odd envelopes', async (world) => {
    const odd = await world.storefront('boutique');
    for (const envelope of [Array(5).fill(Buffer.alloc(0)), Array(40).fill(Buffer.from('x')), [Buffer.from('not empty')], [Buffer.alloc(300), Buffer.alloc(0)]])
      odd.sendRaw(info('odd'), 'odd', { envelope }).catch(() => {});
    for (let i = 0; i < 10; i++) assert.ok((await odd.call('get_info', {})).info);
    assert.equal(odd.nUnsolicited, 0);
    odd.close();
  });

  scenario('many at once, each with its own answer', async (world) => {
    const plans = await Promise.all(Array.from({ length: 60 }, (_, i) => world.shop.quote({ amount: { minor: 1000 + i, currency: 'CNY' }, terminal: 'TERMINAL_DESKTOP' })));
    plans.forEach((answer, i) => assert.equal(answer.amount.minor, 1000 + i));
  });
});

inWorld('limits', { merchants: [{ id: 'slow', rate_per_second: 2, rate_burst: 3 }], conf: { front: { in_flight_per_merchant: 2 } } }, (scenario) => {
  scenario('a rate', async (world) => {
    const slow = await world.storefront('slow');
    const outcomes = [];
    for (let i = 0; i < 6; i++) outcomes.push(await slow.call('get_info', {}).catch((error) => error));
    const no = outcomes.find((outcome) => outcome.reason === 'RATE');
    assert.ok(no, 'six requests are more than three and a bit');
    assert.deepEqual([no.code, no.may_repeat, no.blame], ['CODE_RESOURCE_EXHAUSTED', true, 'BLAME_CALLER']);
    assert.ok(no.retry_after_ms > 0 && no.retry_after_ms <= 1000, `${no.retry_after_ms}`);
    await until('the promise to hold', async () => {
      await pause(no.retry_after_ms);
      return slow.call('get_info', {});
    });
    slow.close();
  });

  scenario('requests that wait', async (world) => {
    const made = await world.opened();
    const waits = [1, 2].map(() => world.shop.get({ payment_id: made.id, wait_ms: 20_000 }));
    const no = await until('a third to be refused', () => world.shop.call('get_info', {}).then(() => undefined, (error) => error));
    assert.deepEqual([no.code, no.reason, no.may_repeat], ['CODE_RESOURCE_EXHAUSTED', 'IN_FLIGHT', true]);
    assert.ok(no.retry_after_ms > 0);
    assert.ok(await world.boutique.call('get_info', {}), 'others are served');
    await world.sandbox.pay(made.number);
    for (const payment of await Promise.all(waits)) assert.equal(payment.state, 'PAYMENT_STATE_PAID');
  });
});

inWorld('stopping', {}, (scenario) => {
  scenario('SIGTERM: what waits is answered, and nothing is lost', async (world) => {
    const made = await world.opened();
    const waiting = world.shop.get({ payment_id: made.id, wait_ms: 20_000 });
    await world.shop.call('get_info', {});
    await world.sandbox.fault('alipay.trade.query', 'delay', { delay_ms: 800 });
    const asking = world.boutique.create(await world.wish(world.boutique));
    const refreshing = world.shop.get({ payment_id: made.id, refresh: true });
    await until('the platform to be asked', async () => (await world.sandbox.log('alipay.trade.query', made.number)).length > 0);
    await world.stopDaemon();
    assert.equal((await waiting).state, 'PAYMENT_STATE_OPEN');
    assert.equal((await refreshing).payment_id, made.id);
    await asking;
    await world.startDaemon();
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });
});
