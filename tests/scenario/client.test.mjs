// SPDX-License-Identifier: Apache-2.0
// libfenqi as a storefront uses it: the examples of proto/client, built as it would build them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curveKeyPair } from './harness/keys.mjs';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

/** A file of the keys that are believed. */
function pinned(world) {
  const path = join(world.folder, 'fenqi-keys');
  const raw = (key) => key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  writeFileSync(path, [...world.publicKeys].map(([id, key]) => `${id} ${raw(key)}\n`).join(''));
  return path;
}

/** One of the examples, as the merchant "shop". */
function example(world, name, args, more = {}) {
  const { curve } = world.merchants[0];
  const env = {
    FENQI_ENDPOINT: `tcp://127.0.0.1:${world.frontPort}`,
    FENQI_SERVER_KEY: world.keys.server.publicKey,
    FENQI_PUBLIC_KEY: curve.publicKey,
    FENQI_SECRET_KEY: curve.secretKey,
    FENQI_KEYS: pinned(world),
    ...more,
  };
  return Program.start(name, binary(`examples/${name}`), args, { env });
}

/** The events that one of them has shown, as [cursor, kind, payment]. */
const shown = (consumer) => consumer.lines.filter((line) => /signed by/.test(line)).map((line) => {
  const [cursor, kind, payment] = line.split(' ');
  return [Number(cursor), kind.replace('EVENT_KIND_', ''), payment];
});
const saw = (consumer, made) => shown(consumer).some(([, , payment]) => payment === made.id);

inWorld('libfenqi', {}, (scenario) => {
  scenario('pay.c: from the quote to the verified receipt', async (world) => {
    const pay = example(world, 'pay', ['example-order-1', 'https://shop.example.com/paid/']);
    const line = () => pay.lines.find((one) => one.startsWith('open '));
    await until('the link', () => line() !== undefined || pay.hasEnded);
    assert.ok(line(), pay.text);
    world.shop.onPayment(world.shop, await world.shop.get({ merchant_order_id: 'example-order-1' }));
    const way = await world.buyer.open(line().slice('open '.length));
    await world.buyer.confirm(await world.buyer.verify(way.cashier));
    await until('pay.c to end', () => pay.hasEnded);
    assert.deepEqual(pay.ended, { code: 0, signal: null }, pay.text);
    assert.equal(pay.lines.at(-1), 'state 2, proven by key test-1');
  });

  scenario('events.c: follows, stands by, takes over, and outlives the daemon', async (world) => {
    const consumers = [example(world, 'events', ['books']), undefined];
    const first = await world.paid();
    await until('the first event', () => saw(consumers[0], first));
    consumers[1] = example(world, 'events', ['books']);
    await consumers[0].signal('SIGKILL');
    const second = await world.paid();
    await until('the other one to take over', () => saw(consumers[1], second));
    await world.crashAndRestart();
    for (const storefront of world.storefronts) await storefront.call('get_info', {}, { withinMs: 20_000 });
    const third = await world.paid();
    await until('an event after the crash', () => saw(consumers[1], third));
    const cursors = shown(consumers[1]).map(([cursor]) => cursor);
    assert.deepEqual(cursors, [...new Set(cursors)].sort((a, b) => a - b), 'each once, in order');
    assert.ok(!saw(consumers[1], first), 'what was acknowledged does not come again');
    assert.deepEqual(await consumers[1].signal('SIGTERM'), { code: 0, signal: null }, consumers[1].text);
  });

  scenario('events.c: from a cursor, by way of a second address', async (world) => {
    const endpoint = `tcp://127.0.0.1:${world.frontPort}`;
    const made = await world.paid();
    const consumer = example(world, 'events', ['again', '0'], { FENQI_ENDPOINT: 'tcp://127.0.0.1:1', FENQI_ENDPOINT_2: endpoint });
    await until('the event', () => saw(consumer, made));
    const { events } = await world.shop.events();
    await until('all of them', () => shown(consumer).length === events.length);
    assert.deepEqual(shown(consumer).map(([cursor]) => cursor), events.map(({ cursor }) => cursor));
    await consumer.signal('SIGTERM');
  });

  scenario('whoever is not let in hears why', async (world) => {
    const file = (name, text) => {
      const path = join(world.folder, name);
      writeFileSync(path, `${text}\n`, { mode: 0o600 });
      return path;
    };
    const fenqictl = Program.start('fenqictl', binary('fenqictl'), ['channels', '--timeout', '2',
      '--server', `tcp://127.0.0.1:${world.frontPort}`, '--server-key', file('server.public', world.keys.server.publicKey),
      '--client-key', file('stranger.secret', curveKeyPair().secretKey), '--keys', pinned(world)]);
    await until('fenqictl to end', () => fenqictl.hasEnded);
    assert.match(fenqictl.text, /does not let us in/);
    const ahead = example(world, 'events', ['ahead', '999999']);
    await until('events.c to end', () => ahead.hasEnded);
    assert.match(ahead.text, /no event with this cursor/);
  });
});
