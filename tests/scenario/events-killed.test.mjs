// SPDX-License-Identifier: Apache-2.0
// Consumers and the daemon are killed, stopped and hung at random while payments go on: every group
// sees every event at least once, in order, and none that is not in the log. FENQI_SEED repeats one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chance, ConsumerProcess } from './harness/consumer-process.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until, SLOWNESS } from './harness/wait.mjs';

const seed = Number(process.env.FENQI_SEED ?? Math.floor(Math.random() * 2 ** 31));
const GROUPS = [['shop', 'books'], ['shop', 'mail'], ['boutique', 'books']];
const CONSUMERS_OF_EACH = 2;
const LEASE_MS = 1000;
const SALES = 40;
const DEEDS = [...Array(5).fill('kill the daemon'), ...Array(2).fill('stop the daemon'),
  ...Array(14).fill('kill a consumer'), ...Array(4).fill('hang a consumer')];

/** A storefront's day: payments, some of them refunded, until enough are sold. Whatever fails is let go. */
async function sell(world, who, draw, today) {
  while (!today.isOver) {
    try {
      await pause(draw() * 400);
      if (today.nSales === SALES) return;
      const made = await world.paid(world[who]);
      today.nSales++;
      if (draw() < 0.3)
        await world[who].refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: made.payment.amount });
    } catch {
      await pause(50); // the daemon is down
    }
  }
}

class Crowd {
  #places = [];
  #nStarted = 0;

  constructor(world) {
    this.world = world;
    for (const [merchantId, group] of GROUPS)
      for (let i = 0; i < CONSUMERS_OF_EACH; i++) this.#places.push({ merchantId, group });
    for (const place of this.#places) this.#start(place);
  }

  path = (merchantId, group) => join(this.world.folder, `seen-${merchantId}-${group}`);

  #start(place) {
    const { world } = this;
    const { merchantId, group } = place;
    place.process = ConsumerProcess.start({ merchantId, group, frontPort: world.frontPort, serverKey: world.keys.server.publicKey,
      clientKeys: world.merchants.find(({ id }) => id === merchantId).curve, path: this.path(merchantId, group),
      publicKeys: world.rawKeys, leaseMs: LEASE_MS, seed: seed + ++this.#nStarted });
  }

  async kill(place) {
    await place.process.kill();
    this.#start(place);
  }

  /** None ends by itself, unless it was told what must not be. */
  checkAlive() {
    for (const { process } of this.#places) assert.ok(!process.hasFailed, `a consumer failed:\n${process.said}`);
  }

  any(draw) {
    return this.#places[Math.floor(draw() * this.#places.length)];
  }

  async end() {
    for (const { process } of this.#places) await process.kill();
  }
}

/** What a group wrote down, in the order in which it did. */
function seenBy(crowd, merchantId, group) {
  try {
    return readFileSync(crowd.path(merchantId, group), 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

async function logOf(storefront) {
  const all = [];
  for (;;) {
    const { events } = await storefront.events(all.at(-1)?.cursor ?? 0);
    all.push(...events);
    if (events.length < 200) return all;
  }
}

/** Each event as the log has it; each for the first time after the one before it; to each consumer without a gap. */
function check(name, seen, log) {
  const known = new Set();
  const last = new Map(); // process -> its last cursor
  for (const { pid, acknowledged, ...event } of seen) {
    assert.deepEqual(event, log[event.cursor - 1], `${name}: an event that is not in the log`);
    assert.ok(event.cursor === 1 || known.has(event.cursor - 1), `${name}: event ${event.cursor} came before the one before it`);
    assert.ok(event.cursor <= Math.max(acknowledged, last.get(pid) ?? 0) + 1, `${name}: a gap before ${event.cursor}`);
    known.add(event.cursor);
    last.set(pid, event.cursor);
  }
  assert.equal(known.size, log.length, `${name}: events that it never saw`);
}

/** Everything that goes wrong, in an order of chance; then what each group saw is compared with the log. */
async function underFire(world, crowd, draw) {
  const today = { isOver: false, nSales: 0 };
  const shops = ['shop', 'shop', 'boutique'].map((who) => sell(world, who, draw, today));
  const deeds = {
    'kill the daemon': () => world.crashAndRestart(),
    'stop the daemon': async () => {
      await world.stopDaemon();
      await world.startDaemon();
    },
    'kill a consumer': () => crowd.kill(crowd.any(draw)),
    'hang a consumer': () => {
      const { process } = crowd.any(draw);
      process.signal('SIGSTOP');
      setTimeout(() => process.signal('SIGCONT'), 1.5 * LEASE_MS * SLOWNESS).unref();
    },
  };
  for (const left = [...DEEDS]; left.length > 0;) {
    const [deed] = left.splice(Math.floor(draw() * left.length), 1);
    crowd.checkAlive();
    await deeds[deed]();
    await pause(draw() * 400);
  }
  today.isOver = true;
  await Promise.all(shops);
  for (const [merchantId, group] of GROUPS) {
    const name = `${merchantId}'s ${group}`;
    const settled = await until(`${name} to see the end of the log`, async () => {
      const seen = seenBy(crowd, merchantId, group); // first: the log goes on
      const log = await logOf(world[merchantId]);
      return log.length > 0 && seen.some(({ cursor }) => cursor === log.length) && { log, seen };
    }, 20_000);
    assert.ok(settled.log.length >= 5, `only ${settled.log.length} events happened`);
    check(name, settled.seen, settled.log);
  }
  crowd.checkAlive();
}

inWorld(`events under fire, seed ${seed}`, { conf: { events: { lease: '1s' }, poll: { first: '100ms', max: '400ms' } } }, (scenario) => {
  scenario('nothing is lost, nothing is forged, everything is in order', async (world) => {
    const draw = chance(seed);
    world.rawKeys = (await (await fetch(`${world.web}/.well-known/fenqi-keys`)).json()).keys.map((key) => [key.key_id, key.public_key]);
    const crowd = new Crowd(world);
    try {
      await underFire(world, crowd, draw);
    } finally {
      await crowd.end();
    }
  });
});
