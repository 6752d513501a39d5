// SPDX-License-Identifier: Apache-2.0
// Two accounts in one daemon: each order goes to its own, and is believed by its own key alone.
import assert from 'node:assert/strict';
import { orderOf } from './harness/buyer.mjs';
import { inWorld } from './harness/scenario.mjs';
import { AMOUNT } from './harness/world.mjs';

const SECOND = { name: 'huabei-b', appId: '2021000199990002', sellerId: '2088721003890002', prefix: 'b-' };
const options = {
  others: [SECOND],
  merchants: [{ id: 'annex', channels: ['huabei-b'] }, { id: 'mall', channels: ['huabei', 'huabei-b'] }],
};

/** A payment of the second account, and its platform. */
async function second(world) {
  const annex = world.annex ??= await world.storefront('annex');
  const made = await world.opened(annex);
  return { ...made, sandbox: world.sandboxes[1] };
}

async function first(world) {
  return { ...(await world.opened()), sandbox: world.sandbox };
}

for (const [title, more] of [['two accounts', {}], ['two accounts, one by certificates', { others: [{ ...SECOND, certificateMode: true }] }]]) {
  inWorld(title, { ...options, ...more }, (scenario) => {
    scenario('each order is signed for, paid and refunded at its own account', async (world) => {
      const made = [await first(world), await second(world)];
      const ids = made.map(({ url }) => new URL(url).searchParams.get('app_id'));
      assert.deepEqual(ids, world.accounts.map(({ appId }) => appId));
      assert.deepEqual(made.map(({ url }) => new URL(new URL(url).searchParams.get('notify_url')).pathname), ['/notify/huabei', '/notify/huabei-b']);
      for (const one of made) {
        await one.sandbox.pay(one.number);
        const paid = await world.state(one, 'PAYMENT_STATE_PAID');
        assert.equal(paid.channel, world.accounts[made.indexOf(one)].name);
        const { refund_id: id } = await one.storefront.refund({ idempotency_key: world.order('key'), payment_id: one.id, amount: { minor: 777, currency: 'CNY' } });
        await world.refundState(one, id, 'REFUND_STATE_REFUNDED', { refresh: true });
        assert.equal((await one.sandbox.trade(one.number)).refunds.length, 1);
      }
      await assert.rejects(world.sandbox.trade(made[1].number), /404|no page/, 'the other platform never heard of it');
    });

    scenario('a query is believed by the key of its own account', async (world) => {
      for (const make of [first, second]) {
        const made = await make(world);
        await made.sandbox.fault('notify', 'never');
        await made.sandbox.pay(made.number);
        await made.sandbox.fault('alipay.trade.query', 'wrong_key');
        assert.equal((await made.storefront.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
        assert.equal((await made.storefront.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
      }
    });

    scenario('a notification of one account at the other\'s address: refused', async (world) => {
      for (const [make, address] of [[first, 'huabei-b'], [second, 'huabei']]) {
        const made = await make(world);
        await made.sandbox.act(made.number, 'open');
        const mark = world.logMark;
        await made.sandbox.forge({ out_trade_no: made.number, url: `${world.web}/notify/${address}`, key: 'platform', fields: { trade_status: 'TRADE_SUCCESS' } });
        const line = await world.logged(/notification refused/, mark);
        assert.match(line, /signature is missing or bad/);
        assert.match(line, new RegExp(`CHANNEL=${address}\\b`));
        assert.equal((await made.storefront.get(made.id)).state, 'PAYMENT_STATE_OPEN');
      }
    });

    scenario('one account\'s word about the other\'s order: refused', async (world) => {
      const theirs = await second(world);
      const ours = await first(world);
      await ours.sandbox.act(ours.number, 'open');
      const mark = world.logMark;
      await ours.sandbox.forge({ out_trade_no: ours.number, key: 'platform', fields: { trade_status: 'TRADE_SUCCESS', out_trade_no: theirs.number } });
      await world.logged(/notification refused/, mark);
      assert.equal((await theirs.storefront.get(theirs.id)).state, 'PAYMENT_STATE_OPEN');
    });

    scenario('one platform down: the other works', async (world) => {
      await world.sandbox.fault('*', 'drop_before', { count: -1 });
      const made = await second(world);
      await made.sandbox.pay(made.number);
      await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    });

    scenario('a merchant with both is offered both, and the quote decides', async (world) => {
      const mall = world.mall ??= await world.storefront('mall');
      const { channels } = await mall.quote({ amount: AMOUNT, terminal: 'TERMINAL_DESKTOP' });
      assert.deepEqual(channels.map(({ channel }) => channel), ['huabei', 'huabei-b']);
      const { quote } = channels[1].plans.find((plan) => plan.instalments === 6);
      const made = await world.created(mall, { quote });
      const way = await world.buyer.go(made.link);
      assert.equal(new URL(way.url).searchParams.get('app_id'), SECOND.appId);
      assert.equal(orderOf(way.url).biz.extend_params.hb_fq_num, '6');
    });
  });
}

inWorld('two accounts with their keys exchanged', options, (scenario) => {
  scenario('nothing that either platform says is believed', async (world) => {
    const made = await second(world);
    await made.sandbox.fault('notify', 'never');
    await made.sandbox.pay(made.number);
    const [one, other] = world.accounts;
    const keys = [one.keys, other.keys];
    one.keys = { ...keys[0], alipay: keys[1].alipay };
    other.keys = { ...keys[1], alipay: keys[0].alipay };
    world.writeConf();
    await world.stopDaemon();
    await world.startDaemon();
    assert.equal((await made.storefront.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    [one.keys, other.keys] = keys;
    world.writeConf();
    world.fenqid.child.kill('SIGHUP');
    await world.logged(/reloaded CHANNELS=2/);
    assert.equal((await made.storefront.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
  });
});
