// SPDX-License-Identifier: Apache-2.0
// What a storefront engineer tries first: the examples of libfenqi, as they stand, and the Node client, copied.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { build } from './harness/world.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** An example as its reader starts it: by the environment that proto/README.md names. */
async function example(world, name, ...args) {
  const file = join(world.folder, 'fenqid-keys');
  writeFileSync(file, await (await fetch(`${world.web}/.well-known/fenqi-keys`)).text());
  const { publicKey, secretKey } = world.merchants.find(({ id }) => id === 'shop').curve;
  return Program.start(name, join(build, 'examples', name), args, { stdin: true, env: {
    FENQI_ENDPOINT: `tcp://127.0.0.1:${world.frontPort}`, FENQI_SERVER_KEY: world.keys.server.publicKey,
    FENQI_PUBLIC_KEY: publicKey, FENQI_SECRET_KEY: secretKey, FENQI_KEYS: file } });
}

/** A purchase: the buyer at the browser, `pay` on the console, and `events` beside it. */
async function follow(world, pay, events) {
  await until('what it costs', () => pay.lines.some((line) => /^\d+ instalments, \d+ fen in all, .* % a year/.test(line)));
  pay.child.stdin.end('\n');
  await until('the link', () => pay.lines.some((line) => line.startsWith('open ')));
  const way = await world.buyer.open(pay.lines.find((line) => line.startsWith('open ')).slice(5));
  await world.sandbox.pay(way.number);
  assert.deepEqual(await pay.exit, { code: 0, signal: null }, pay.text);
  assert.match(pay.text, /^state 2, proven by key test-1$/m);
  const told = /^\d+ EVENT_KIND_PAYMENT_PAID (p\w+) version \d+, signed by test-1$/m;
  await until('the event', () => told.test(events.text));
  world.payments.set(told.exec(events.text)[1], world.shop); /* the world checks its money, too */
  assert.deepEqual(await events.signal('SIGTERM'), { code: 0, signal: null }, events.text);
}

inWorld('examples', {}, (scenario) => {
  scenario('pay: a link, a buyer, a receipt that is proven; events: tells of it', async (world) => {
    const events = await example(world, 'events', 'tried');
    const pay = await example(world, 'pay', world.order(), 'https://shop.example.com/paid/');
    try {
      await follow(world, pay, events);
    } finally {
      await Promise.all([pay, events].map((one) => one.signal('SIGKILL')));
    }
  });

  scenario('fenqi.mjs in a folder of its own, with fenqi.proto and two packages', async (world) => {
    const folder = join(world.folder, 'copied');
    mkdirSync(folder);
    copyFileSync(join(ROOT, 'tests/storefront/fenqi.mjs'), join(folder, 'fenqi.mjs'));
    copyFileSync(join(ROOT, 'proto/fenqi.proto'), join(folder, 'fenqi.proto'));
    symlinkSync(join(ROOT, 'tests/node_modules'), join(folder, 'node_modules'));
    const { Fenqi, publishedKeys, timeOrderedId } = await import(join(folder, 'fenqi.mjs'));
    const { publicKey, secretKey } = world.merchants.find(({ id }) => id === 'shop').curve;
    const fenqi = new Fenqi({ addresses: [`tcp://127.0.0.1:${world.frontPort}`], serverKey: world.keys.server.publicKey, publicKey, secretKey,
      keys: await publishedKeys(world.web), merchantId: 'shop' });
    try { /* from here on as in proto/README.md */
      const [amount, terminal] = [{ minor: 699900, currency: 'CNY' }, 'TERMINAL_DESKTOP'];
      const { quote_plans: { channels: [{ plans: [{ quote }] }] } } = await fenqi.call('quote_plans', { amount, terminal });
      const { payment } = await fenqi.call('create_payment', { quote, amount, terminal, subject: 'A phone',
        merchant_order_id: world.order(), idempotency_key: timeOrderedId(), return_url: 'https://shop.example.com/paid/' });
      assert.ok(payment.next_action.hosted_url.startsWith(`${world.web}/r/`));
    } finally {
      fenqi.close();
    }
  });
});
