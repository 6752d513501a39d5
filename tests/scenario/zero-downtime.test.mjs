// SPDX-License-Identifier: Apache-2.0
// Adapters and configuration are reloaded, fenqid is restarted and killed, while shops sell, buyers click and
// the platform notifies: no request is lost or done twice, no visitor is turned away, no notification is lost.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fenqi } from '../storefront/fenqi.mjs';
import { ctl } from './harness/fenqictl.mjs';
import { underKeeper } from './harness/keeper.mjs';
import { inWorld } from './harness/scenario.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const N_SHOPS = 3; /* connections that sell */
const N_VISITORS = 2;
const ROUNDS = Number(process.env.FENQI_DOWNTIME_ROUNDS ?? 1); /* of everything */
const STOP_MS = 30_000; /* TimeoutStopSec of the unit */
const CUT = new Set(['ECONNRESET', 'EPIPE']); /* a process that is killed takes its connections along */
const QUERY = 'alipay.trade.query';
const conf = { control: { path: 'control' }, work: { adapters_dir: 'adapters' } };

/** Shops and visitors that go on until they are stopped, whatever happens to fenqid. */
class Load {
  n = { sold: 0, visits: 0, cut: 0, slowestMs: 0 };
  sales = new Map(); /* idempotency key -> { ids, order, number } */
  mayCut = false;
  #isOver = false;

  static start(world, link) {
    const load = new Load();
    load.world = world;
    const { publicKey, secretKey } = world.merchants.find(({ id }) => id === 'shop').curve;
    load.clients = Array.from({ length: N_SHOPS }, () => new Fenqi({ addresses: [`tcp://127.0.0.1:${world.frontPort}`], serverKey: world.keys.server.publicKey,
      publicKey, secretKey, keys: world.publicKeys, merchantId: 'shop', tryMs: 700 * SLOWNESS, withinMs: 20_000 * SLOWNESS }));
    load.all = Promise.all([
      ...load.clients.map((client) => load.#forever(() => load.#sell(client))),
      ...Array.from({ length: N_VISITORS }, () => load.#forever(async () => assert.equal((await load.#visit(link)).status, 200))),
    ]);
    load.all.catch(() => {}); // it is told by whoever waits
    return load;
  }

  async #forever(body) {
    while (!this.#isOver) await body();
  }

  /** Quote, payment (asked for twice at once), the buyer's way, and the result, which a notification has brought. */
  async #sell(client) {
    const began = performance.now();
    const { world } = this;
    const wish = await world.wish({ merchantId: 'shop', quote: async (body) => (await client.call('quote_plans', body)).quote_plans });
    const answers = await Promise.all([1, 2].map(() => client.call('create_payment', wish)));
    const sale = { ids: new Set(answers.map(({ payment }) => payment.payment_id)), order: wish.merchant_order_id };
    this.sales.set(wish.idempotency_key, sale);
    const way = await this.#visit(answers[0].payment.next_action.hosted_url, { method: 'POST', form: {} });
    assert.equal(way.status, 303, way.body);
    sale.number = JSON.parse(new URL(way.location).searchParams.get('biz_content')).out_trade_no;
    await world.buyer.visit(way.location);
    await world.sandbox.pay(sale.number);
    await until(`${sale.order} to be paid`, async () => (await client.call('get_payment', { payment_id: [...sale.ids][0], wait_ms: 1000 })).payment.state === 'PAYMENT_STATE_PAID', 20_000);
    this.n.sold++;
    this.n.slowestMs = Math.max(this.n.slowestMs, performance.now() - began);
  }

  /** Only a killed process may cut a visitor off, who then loads the page again. */
  async #visit(url, options) {
    for (;;) {
      this.n.visits++;
      try {
        return await this.world.buyer.visit(url, options);
      } catch (error) {
        if (!this.mayCut || !CUT.has(error.code)) throw error;
        this.n.cut++;
      }
    }
  }

  /** Until each shop has sold something from beginning to end, and more. */
  async goesOn() {
    const { sold, visits } = this.n;
    await Promise.race([this.all, until('shops to sell and buyers to visit', () => this.n.sold >= sold + 2 * N_SHOPS && this.n.visits > visits + 10, 30_000)]);
  }

  /** Whatever comes of it. */
  async end() {
    this.#isOver = true;
    await this.all.catch(() => {});
    for (const client of this.clients) client.close();
  }
}

/** Another file in the adapter's place, that says another version. */
function replaceAdapter(world, first) {
  const path = join(world.folder, 'adapters/huabei.so');
  const bytes = readFileSync(binary('adapters/huabei.so'));
  const version = /\0(\d+\.\d+\.\d+)\0/.exec(bytes.toString('latin1'))[1];
  for (let at = bytes.indexOf(`\0${version}\0`); at >= 0; at = bytes.indexOf(`\0${version}\0`, at + 1)) bytes.write(version.replace(/^./, first), at + 1);
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

inWorld('zero downtime', {
  conf,
  launch: (world, command) => {
    cpSync(binary('adapters'), join(world.folder, 'adapters'), { recursive: true });
    return command;
  },
}, (scenario) => {
  /** Every key has one payment and every order one, all of them paid, here as there; and nobody had to ask the platform. */
  const isRight = async (world, load, n) => {
    const { json } = await ctl(world, ['payments', 'list', '--json', '--limit', '1000', '--state', 'paid']);
    const paid = new Map(json.payments.map(({ order, id }) => [order, id]));
    const trades = new Map((await world.sandbox.trades()).filter((trade) => trade.gmt_payment).map((trade) => [trade.out_trade_no, trade]));
    assert.equal(paid.size, json.payments.length, 'an order has one payment');
    assert.deepEqual([paid.size, trades.size, load.sales.size], [load.n.sold, load.n.sold, load.n.sold]);
    for (const { ids, order, number } of load.sales.values()) {
      assert.deepEqual([...ids], [paid.get(order)], 'a key has one payment');
      assert.ok(trades.has(number), order);
    }
    const { log } = await world.sandbox.ask('GET', '/log');
    assert.equal(log.filter(({ method }) => method === QUERY).length, n.asked, 'who is paid is so by a notification');
  };

  scenario('adapters and configuration reloaded, restarted, killed: under load nothing is lost', async (world) => {
    const link = (await world.created()).link;
    const refreshed = await world.opened();
    const fenqid = await underKeeper(world);
    const load = Load.start(world, link);
    const n = { asked: 0 };
    const phase = async (name, act) => {
      const before = { ...load.n };
      const began = performance.now();
      await load.goesOn();
      const extra = await act();
      await load.goesOn();
      console.log(`# ${name}: ${load.n.sold - before.sold} sold, ${load.n.visits - before.visits} visits, ${load.n.cut - before.cut} cut off, ${((performance.now() - began) / 1000).toFixed(1)} s${extra ?? ''}`);
    };

    const everything = async (round) => {
      await phase('adapters reloaded', async () => {
        replaceAdapter(world, 9 - round % 2);
        assert.match((await ctl(world, ['adapter', 'reload'])).stdout, new RegExp(`huabei\\s+huabei\\s+${9 - round % 2}\\.`));
      });
      await phase('configuration reloaded', async () => {
        for (const timeout of ['3s', '2s']) {
          world.writeConf({ ...conf, channel: { timeout } });
          await ctl(world, ['reload']);
        }
      });
      await phase('restarted', async () => {
        await world.sandbox.fault(QUERY, 'delay', { delay_ms: 500 });
        const asked = world.shop.get({ payment_id: refreshed.id, refresh: true });
        await until('the platform to be asked', async () => (await world.sandbox.ask('GET', '/log')).log.filter(({ method }) => method === QUERY).length > n.asked);
        const began = performance.now();
        await fenqid.stop();
        const tookMs = performance.now() - began;
        assert.ok(tookMs < STOP_MS, `stopped within ${tookMs} ms`);
        assert.equal((await asked).state, 'PAYMENT_STATE_OPEN', 'what was under way is answered, once');
        n.asked++;
        await fenqid.start();
        return `, stopped within ${(tookMs / 1000).toFixed(1)} s`;
      });
      await phase('killed', async () => {
        load.mayCut = true;
        await fenqid.crash();
        await fenqid.start();
        await until('it to be back', async () => (await fetch(`${world.web}/readyz`)).status === 200, 20_000);
        await world.sandbox.advance(300_000); /* the platform says again what was not acknowledged */
        await load.goesOn();
        load.mayCut = false;
      });
    };
    try {
      for (let round = 0; round < ROUNDS; round++) await everything(round);
    } finally {
      await load.end();
    }
    await load.all;
    await isRight(world, load, n);
    const trades = await Promise.all([...load.sales.values()].map(({ number }) => world.sandbox.trade(number)));
    const deliveries = trades.flatMap(({ notifications }) => notifications.flatMap((one) => one.deliveries));
    console.log(`# ${load.n.sold} sold, each once; ${deliveries.length} notifications, ${deliveries.filter(({ answer }) => answer !== 'success').length} of them again; the slowest sale took ${load.n.slowestMs.toFixed(0)} ms`);
  }, { skipMoney: true });
});
