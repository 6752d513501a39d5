// SPDX-License-Identifier: Apache-2.0
// What an operator sees and sets: status, lists, pauses of channels.
import assert from 'node:assert/strict';
import { Consumer } from './harness/consumer.mjs';
import { ctl } from './harness/fenqictl.mjs';
import { inWorld } from './harness/scenario.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';

const DAY = 86_400_000;
const conf = { control: { path: 'control' }, poll: { first: '100ms', max: '300ms' } };

const listed = async (world, ...filters) => (await ctl(world, ['payments', 'list', '--json', ...filters])).json;
const ids = ({ payments }) => payments.map(({ id }) => id);

inWorld('payments list', { conf }, (scenario) => {
  scenario('by state, merchant, order, time; page by page', async (world) => {
    const before = new Date(Date.now() - 60_000);
    const open = await world.created();
    const paid = await world.paid();
    const others = await world.created(world.boutique);
    assert.deepEqual(ids(await listed(world)).slice(0, 3), [others.id, paid.id, open.id], 'the newest first');
    assert.deepEqual(ids(await listed(world, '--merchant', 'shop', '--state', 'open')).includes(open.id), true);
    assert.deepEqual(ids(await listed(world, '--state', 'paid')), [paid.id]);
    assert.deepEqual(ids(await listed(world, '--order', open.wish.merchant_order_id)), [open.id], 'of whatever merchant');
    assert.deepEqual(ids(await listed(world, '--order', open.wish.merchant_order_id, '--merchant', 'shop')), [open.id]);
    assert.deepEqual(ids(await listed(world, '--order', open.wish.merchant_order_id, '--merchant', 'boutique')), []);
    assert.deepEqual(ids(await listed(world, '--channel', 'other')), []);
    assert.equal(ids(await listed(world, '--since', '1h')).length, 3);
    assert.equal(ids(await listed(world, '--until', '1h')).length, 0);
    const beijing = new Date(before.getTime() + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
    assert.equal(ids(await listed(world, '--since', beijing)).length, 3);

    const found = [];
    for (let from = [], pages = 0; ; pages++) {
      const page = await listed(world, '--limit', '1', ...from);
      found.push(...ids(page));
      if (page.next === '') break;
      assert.ok(pages < 5, 'it ends');
      from = ['--from', page.next];
    }
    assert.deepEqual(found, [others.id, paid.id, open.id]);

    const { stdout } = await ctl(world, ['payments', 'list', '--state', 'PAID']);
    assert.match(stdout, new RegExp(`made \\(Beijing\\)\\s+payment\\s+merchant\\s+order[^\\n]*\\n[^\\n]*${paid.id}  shop .*6999\\.00 CNY .*PAID`));
    assert.match((await ctl(world, ['payments', 'list', '--channel', 'other'])).stdout, /no such payments/);
    assert.match((await ctl(world, ['payments', 'list', '--limit', '1'])).stdout, /there may be more: the same with --from \d+/);
  });

  scenario('what cannot be asked', async (world) => {
    for (const wrong of [['--state', 'PAYED'], ['--since', 'yesterday'], ['--limit', '0'], ['--limit', '10001'], ['--from', '-1'], ['too', 'many']])
      await ctl(world, ['payments', 'list', ...wrong], 2);
    await ctl(world, ['payments'], 2);
  });
});

inWorld('the operator pauses a channel', { conf }, (scenario) => {
  scenario('nothing new goes there, what runs goes on, and a restart keeps it so', async (world) => {
    const running = await world.opened();
    const waiting = await world.created();
    const mark = world.logMark;
    await ctl(world, ['channel', 'pause', 'huabei', '--note', 'ticket 4711']);
    assert.match(await world.logged(/the operator paused a channel/, mark), /CHANNEL=huabei NOTE="ticket 4711" UID=\d+/);
    assert.match((await ctl(world, ['channel', 'pause', 'huabei', '--note', 'ticket 4711'])).stdout, /was paused/);

    const refused = async () => {
      const { channels } = await world.shop.quote({ amount: { minor: 699900, currency: 'CNY' }, terminal: 'TERMINAL_DESKTOP' });
      assert.deepEqual(channels.map(({ eligible, reason }) => [eligible, reason]), [[false, 'CHANNEL_PAUSED']]);
      const again = { ...waiting.wish, idempotency_key: world.order('key'), merchant_order_id: world.order() };
      await assert.rejects(world.shop.create(again), (error) => {
        assert.deepEqual([error.reason, error.code, error.may_repeat], ['CHANNEL_PAUSED', 'CODE_UNAVAILABLE', true], JSON.stringify(error));
        return true;
      });
      assert.equal((await world.shop.create(waiting.wish)).payment_id, waiting.id, 'the same key finds its payment');
      assert.equal((await fetch(waiting.link, { method: 'POST', redirect: 'manual' })).status, 503, 'no new try');
    };
    await refused();
    await world.crashAndRestart();
    await refused();

    const { json } = await ctl(world, ['status', '--json']);
    assert.equal(json.channels[0].state, 'held');
    assert.equal(json.channels[0].held_note, 'ticket 4711');
    assert.deepEqual(json.troubles, [{ what: 'channel huabei is paused by its operator: ticket 4711', fault: 'none', next: 'fenqictl channel resume huabei' }]);

    await world.sandbox.pay(running.number);
    await world.state(running, 'PAYMENT_STATE_PAID');
    const refund = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: running.id, amount: { minor: 100, currency: 'CNY' } });
    await world.refundState(running, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });

    await ctl(world, ['channel', 'resume', 'huabei']);
    assert.match((await ctl(world, ['channel', 'resume', 'huabei'])).stdout, /was not paused/);
    await world.crashAndRestart();
    assert.ok((await world.buyer.open(waiting.link)).number, 'the link works again');
    await world.created();
  });

  scenario('what cannot be paused', async (world) => {
    assert.match((await ctl(world, ['channel', 'pause', 'nosuch'], 1)).stderr, /CHANNEL_ABSENT[^]*fenqictl status/);
    await ctl(world, ['channel', 'pause', 'huabei', '--note', 'x'.repeat(257)], 2);
    await ctl(world, ['channel', 'pause', 'huabei', '--note', 'two\nlines'], 2);
    await ctl(world, ['channel', 'pause'], 2);
    assert.deepEqual((await ctl(world, ['status', '--json'])).json.troubles, []);
  });
});

inWorld('status', { conf: { ...conf, channel: { breaker_failures: 1, breaker_pause: '1s', timeout: `${500 * SLOWNESS}ms` } }, certificateMode: true }, (scenario) => {
  scenario('all is well, and one look of top', async (world) => {
    await world.paid();
    const { stdout } = await ctl(world, ['status']);
    assert.match(stdout, /\nnothing is wrong\n$/);
    assert.match(stdout, /merchants\s+2\n/);
    assert.match(stdout, /huabei\s+open\s.*: 36\d\d days/);
    const top = await ctl(world, ['top']);
    assert.match(top.stdout, /nothing is wrong/);
    assert.ok(!top.stdout.includes('\x1b'), 'no escapes for who does not watch');
  });

  scenario('a platform that does not answer: since when, whose fault, what next', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('*', 'delay', { count: -1, delay_ms: 1500 * SLOWNESS });
    await ctl(world, ['retry', made.id]).catch(() => 0);
    const trouble = await until('status to tell', async () => (await ctl(world, ['status', '--json'])).json.troubles[0]);
    assert.match(trouble.what, /^the platform of huabei does not answer: Operation timed out/);
    assert.equal(trouble.fault, 'theirs');
    assert.match(trouble.next, /fenqictl channel pause huabei/);
    assert.match((await ctl(world, ['status'])).stdout, /huabei\s+(paused|trying), NO ANSWER since 2\d{3}-[^]*WRONG\s+whose fault\s+what next\nthe platform of huabei does not answer: .*\s+theirs/);
    await world.sandbox.calm();
    await until('it to be well again', async () => (await ctl(world, ['status', '--json'])).json.troubles.length === 0);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('a shop that does not take its events', async (world) => {
    const consumer = new Consumer(world, 'shop', { group: 'books' });
    await consumer.subscribe({ cursor: (await world.shop.events(0)).events.at(-1)?.cursor ?? 0 });
    const status = async () => (await ctl(world, ['status', '--json'])).json;
    assert.equal((await status()).groups.find(({ group }) => group === 'books').behind, 0);
    assert.match((await ctl(world, ['status'])).stdout, /events\s+every group has taken them all/);
    await world.paid();
    await consumer.heard(1);
    const { groups, troubles } = await status();
    assert.deepEqual([groups[0].merchant, groups[0].group, groups[0].behind], ['shop', 'books', 1]);
    assert.deepEqual(troubles, [], 'it may still do so');
    assert.match((await ctl(world, ['status'])).stdout, /events\s+books of shop is furthest behind, by 1, since 2\d{3}-/);
    await world.advance(2 * 3600_000);
    const [trouble] = (await status()).troubles.filter(({ what }) => /events/.test(what));
    assert.deepEqual([trouble.what, trouble.fault], ['books of shop does not take its events: 1 wait', 'theirs']);
    assert.match(trouble.next, /fenqictl group remove shop books$/);
    await consumer.ack();
    assert.equal((await status()).troubles.filter(({ what }) => /events/.test(what)).length, 0);
    consumer.close();
  });

  scenario('certificates that end: told 30, 7 and 1 days before, once a day', async (world) => {
    const days = async () => (await ctl(world, ['status', '--json'])).json.channels[0].certificates.find(({ key }) => key === 'app_cert').days_left;
    const left = await days();
    assert.ok(left > 3600 && left <= 3650);
    const restartIn = async (n) => {
      await world.stopDaemon();
      world.calendar.advance(n * DAY);
      const mark = world.log.length;
      await world.startDaemon();
      return mark;
    };
    let mark = await restartIn(left - 20);
    assert.match(await world.logged(/a certificate ends soon CHANNEL=huabei KEY=app_cert/, mark), /DAYS_LEFT=(19|20) NEXT=/);
    assert.match(await world.logged(/KEY=app_cert/, mark), /^notice: /);
    const { troubles } = (await ctl(world, ['status', '--json'])).json;
    assert.ok(troubles.some(({ what, fault }) => /certificate app_cert of huabei ends in (19|20) days/.test(what) && fault === 'ours'), JSON.stringify(troubles));
    mark = await restartIn(14);
    assert.match(await world.logged(/KEY=app_cert/, mark), /^warning: /);
    mark = await restartIn(6);
    assert.match(await world.logged(/KEY=app_cert/, mark), /^error: /);
    mark = await restartIn(2);
    assert.match(await world.logged(/a certificate has ended CHANNEL=huabei KEY=app_cert/, mark), /DAYS_LEFT=-1 FAULT=ours/);
    assert.match((await ctl(world, ['status'])).stdout, /: ENDED/);
    assert.equal(world.log.slice(mark).split('\n').filter((line) => /KEY=app_cert/.test(line)).length, 1, 'once a day');
  }, { skipMoney: true, blames: /a certificate has ended/ });
});
