// SPDX-License-Identifier: Apache-2.0
// A merchant may have 64 groups of event consumers; the operator sees them, and removes one that nobody
// needs, so that there is room for another.
import assert from 'node:assert/strict';
import { Consumer } from './harness/consumer.mjs';
import { ctl } from './harness/fenqictl.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';

const conf = { control: { path: 'control' } };
const listed = async (world, merchant) => (await ctl(world, ['group', 'list', '--merchant', merchant, '--json'])).json.groups;
const named = async (world, merchant, group) => (await listed(world, merchant)).find((one) => one.group === group);

inWorld('groups of event consumers', { conf }, (scenario) => {
  scenario('in use: listed as connected, removed only by force', async (world) => {
    const { id } = await world.paid(world.shop);
    const consumer = new Consumer(world, 'shop', { group: 'books' });
    await consumer.subscribe();
    const [event] = await consumer.heard(1);
    assert.equal(event.payment_id, id);
    await consumer.ack();
    const { acknowledged_unix_ms: at, ...stands } = await named(world, 'shop', 'books');
    assert.ok(at > 0);
    assert.deepEqual(stands, { merchant: 'shop', group: 'books', consumers: 1, cursor: event.cursor, behind: 0 });
    assert.match((await ctl(world, ['group', 'list'])).stdout, /shop +books +1 +\d+ +0 +\d{4}-/);

    const refusal = await ctl(world, ['group', 'remove', 'shop', 'books'], 1);
    assert.match(refusal.stderr, /consumers are connected[^]*--force/);
    await consumer.ack();

    const mark = world.logMark;
    assert.match((await ctl(world, ['group', 'remove', 'shop', 'books', '--force'])).stdout, /books of shop is removed/);
    await world.logged(/removed a group of event consumers MERCHANT=shop GROUP=books ACKNOWLEDGED=\d+ CONSUMERS=1 UID=\d+/, mark);
    assert.equal(await named(world, 'shop', 'books'), undefined);
    await refused(consumer.ack(), { code: 'CODE_FAILED_PRECONDITION', reason: 'NOT_SUBSCRIBED' });
    consumer.events = [];
    assert.equal((await consumer.subscribe()).subscription.acknowledged_cursor, 0, 'it begins anew');
    assert.equal((await consumer.heard(1))[0].payment_id, id, 'nothing is lost');
    consumer.close();
    await until('the group to be left', async () => {
      await world.paid(world.shop); // what is pushed to it does not arrive
      return (await named(world, 'shop', 'books')).consumers === 0;
    });
    await ctl(world, ['group', 'remove', 'shop', 'books']);
    assert.equal(await named(world, 'shop', 'books'), undefined);
  });

  scenario('one that is not there, and another merchant\'s of the same name', async (world) => {
    const [shop, boutique] = ['shop', 'boutique'].map((who) => new Consumer(world, who, { group: 'mail' }));
    for (const one of [shop, boutique]) await one.subscribe();
    await ctl(world, ['group', 'remove', 'shop', 'mail', '--force']);
    assert.match((await ctl(world, ['group', 'remove', 'shop', 'mail'], 1)).stderr, /no group of that name/);
    assert.equal((await named(world, 'boutique', 'mail')).consumers, 1);
    await boutique.ack(0);
    for (const one of [shop, boutique]) one.close();
  });

  scenario('removing one makes room for another', async (world) => {
    const subscribe = async (group) => {
      const consumer = new Consumer(world, 'boutique', { group });
      await consumer.subscribe().finally(() => consumer.close());
    };
    const n = 64 - (await listed(world, 'boutique')).length;
    for (let i = 0; i < n; i++) await subscribe(`g-${i}`);
    await refused(subscribe('one-more'), { code: 'CODE_RESOURCE_EXHAUSTED', reason: 'TOO_MANY_GROUPS' });
    await ctl(world, ['group', 'remove', 'boutique', 'g-0', '--force']);
    await subscribe('one-more');
    assert.equal((await listed(world, 'boutique')).length, 64);
  });
});
