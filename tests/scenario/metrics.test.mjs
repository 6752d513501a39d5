// SPDX-License-Identifier: Apache-2.0
// /metrics: strict OpenMetrics, true numbers, nothing in it that names a payment, a buyer or a shop.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { Consumer } from './harness/consumer.mjs';
import { inWorld } from './harness/scenario.mjs';
import { readOpenMetrics, valueOf } from './harness/openmetrics.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** As libconfig writes a list. */
const list = (texts) => ({ toString: () => JSON.stringify(texts) });

const overControl = (world, path = '/metrics', method = 'GET') => new Promise((resolve, reject) => {
  request({ socketPath: join(world.folder, 'control'), path, method }, (answer) => {
    let body = '';
    answer.setEncoding('utf8');
    answer.on('data', (chunk) => { body += chunk; });
    answer.on('end', () => resolve({ status: answer.statusCode, type: answer.headers['content-type'], body }));
  }).on('error', reject).end();
});

async function scrape(world) {
  const answer = await overControl(world);
  assert.equal(answer.status, 200, answer.body);
  assert.equal(answer.type, TYPE);
  const families = readOpenMetrics(answer.body);
  return { text: answer.body, families, value: (name, labels) => valueOf(families, name, labels) };
}

/** How much a number has grown since `before`. */
const grown = (before, after, name, labels) => after.value(name, labels) - before.value(name, labels);

const moved = (before, after, object, move) =>
  grown(before, after, 'fenqid_moves_total', { channel: 'huabei', object, move });

const conf = { poll: { first: '100ms', max: '300ms' }, control: { path: 'control' }, channel: { breaker_failures: 3, breaker_pause: '1s' } };

inWorld('metrics', { conf, card: {} }, (scenario) => {
  scenario('what a payment and its refund leave behind, and what they do not', async (world) => {
    const before = await scrape(world);
    const paid = await world.paid(world.shop, {}, { channel: 'huabei' });
    const refund = await world.shop.refund({ payment_id: paid.id, idempotency_key: world.order('key'), amount: { minor: 100, currency: 'CNY' } });
    await world.refundState(paid, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
    const after = await scrape(world);

    for (const [object, move] of [['payment', 'created OPEN'], ['attempt', '-> SENT'], ['attempt', 'SENT -> WON'],
      ['payment', 'OPEN -> PAID'], ['refund', '-> RESERVED'], ['refund', 'SUBMITTED -> REFUNDED']])
      assert.equal(moved(before, after, object, move), 1, `${object} ${move}`);
    for (const operation of ['quote_plans', 'create_payment', 'create_refund']) {
      assert.equal(grown(before, after, 'fenqid_requests_total', { operation, code: 'ok' }), 1, operation);
      assert.equal(grown(before, after, 'fenqid_request_seconds_count', { operation }), 1, operation);
    }
    for (const [call, step] of [['create', 'begin'], ['refund', 'begin'], ['refund', 'resume'], ['notify', 'resume']])
      assert.ok(grown(before, after, 'fenqid_adapter_seconds_count', { channel: 'huabei', call, step }) >= 1, `${call} ${step}`);
    assert.equal(grown(before, after, 'fenqid_exchanges_total', { channel: 'huabei', call: 'refund', outcome: 'answered' }), 1);
    assert.ok(grown(before, after, 'fenqid_exchange_seconds_sum', { channel: 'huabei', call: 'refund' }) > 0);
    assert.ok(grown(before, after, 'fenqid_web_answers_total', { route: 'notify', status: '2xx' }) >= 1);
    assert.ok(grown(before, after, 'fenqid_web_answers_total', { route: 'link', status: '3xx' }) >= 1);
    assert.ok(grown(before, after, 'fenqid_store_commit_seconds_count') >= 5);
    assert.equal(after.value('fenqid_store_faults_total'), 0);
    assert.equal(after.value('fenqid_channel_state', { channel: 'huabei', fenqid_channel_state: 'open' }), 1);
    assert.ok(after.value('fenqid_channel_answered_timestamp_seconds', { channel: 'huabei' }) * 1000 > Date.now() - HOUR);
    assert.ok(after.value('process_resident_memory_bytes') > 1 << 20);
    assert.ok(after.value('process_open_fds') > 5);
    assert.ok(grown(before, after, 'process_cpu_seconds_total') > 0);

    for (const word of [paid.id, paid.id.slice(1), paid.number, paid.wish.merchant_order_id, paid.wish.idempotency_key, refund.refund_id, 'shop', ...world.secrets])
      assert.ok(!after.text.includes(word), `the metrics show ${word}`);
    assert.ok(!/unnamed|"unset"/.test(after.text), 'every operation and call has its name');
  });

  scenario('more of the same adds no sample', async (world) => {
    const names = ({ families }) => [...families.values()].flatMap(({ samples }) => samples.map(({ name, labels }) => name + JSON.stringify(labels))).sort();
    const pay = async () => {
      await world.paid(world.shop, {}, { channel: 'huabei' });
      await world.paid(world.boutique, {}, { channel: 'huabei' });
    };
    await pay();
    const before = await scrape(world);
    for (let i = 0; i < 3; i++) await pay();
    const after = await scrape(world);
    // What may come late: a number of polls that was never asked before.
    const late = /"call":"query"/;
    assert.deepEqual(names(after).filter((name) => !late.test(name)), names(before).filter((name) => !late.test(name)));
  });

  scenario('what is refused, and why', async (world) => {
    const before = await scrape(world);
    await refused(world.shop.get({ payment_id: 'p1jn0rvrkg0002537jafzd2bha809s' }), { code: 'CODE_NOT_FOUND' });
    await refused(world.shop.create(await world.wish(world.shop, { subject: '' }, { channel: 'huabei' })), { code: 'CODE_INVALID_ARGUMENT' });
    const after = await scrape(world);
    assert.equal(grown(before, after, 'fenqid_requests_total', { operation: 'get_payment', code: 'not_found' }), 1);
    assert.equal(grown(before, after, 'fenqid_requests_total', { operation: 'create_payment', code: 'invalid_argument' }), 1);
  });

  scenario('GetPayment that waits is counted by itself', async (world) => {
    const before = await scrape(world);
    const made = await world.created(world.shop, {}, { channel: 'huabei' });
    await world.shop.get({ payment_id: made.id, wait_ms: 300 });
    const after = await scrape(world);
    const labels = { operation: 'get_payment_waiting' };
    assert.equal(grown(before, after, 'fenqid_request_seconds_count', labels), 1);
    assert.ok(grown(before, after, 'fenqid_request_seconds_sum', labels) >= 0.29);
  });

  scenario('a platform that hangs: exchanges lost, the channel paused, and back', async (world) => {
    const before = await scrape(world);
    await world.opened(world.shop, {}, { channel: 'huabei' });
    await world.sandbox.fault('alipay.trade.query', 'drop_after', { count: -1 });
    const paused = await until('the channel to be paused', async () => {
      const now = await scrape(world);
      return now.value('fenqid_channel_state', { channel: 'huabei', fenqid_channel_state: 'open' }) === 0 && now;
    }, 60_000);
    assert.ok(grown(before, paused, 'fenqid_exchanges_total', { channel: 'huabei', call: 'query', outcome: 'lost' }) >= 3);
    assert.ok(paused.value('fenqid_channel_failures', { channel: 'huabei' }) >= 3);
    assert.equal(paused.value('fenqid_channel_state', { channel: 'bankcard', fenqid_channel_state: 'open' }), 1);
    await world.sandbox.calm();
    await until('the channel to be back', async () =>
      (await scrape(world)).value('fenqid_channel_state', { channel: 'huabei', fenqid_channel_state: 'open' }) === 1, 60_000);
  });

  scenario('what nobody knows: how many, and for how long', async (world) => {
    await world.opened(world.shop, {}, { channel: 'huabei' });
    for (const method of ['alipay.trade.query', 'alipay.trade.close']) await world.sandbox.fault(method, 'system_error', { count: -1 });
    await world.advance(30 * MINUTE + 2 * HOUR);
    await until('it to be unknown', async () => (await scrape(world)).value('fenqid_unknown', { channel: 'huabei' }) >= 1);
    await world.advance(HOUR);
    const now = await scrape(world);
    assert.ok(now.value('fenqid_unknown_oldest_seconds', { channel: 'huabei' }) >= 3600);
    assert.equal(now.value('fenqid_unknown', { channel: 'bankcard' }), 0);
    assert.equal(now.value('fenqid_unknown_oldest_seconds', { channel: 'bankcard' }), 0);
  });

  scenario('consumers of events: how far the slowest is behind', async (world) => {
    const behind = async () => (await scrape(world)).value('fenqid_event_groups_behind');
    const last = (await world.boutique.events(0)).events.at(-1)?.cursor ?? 0;
    const consumer = new Consumer(world, 'boutique', { group: 'books' });
    await consumer.subscribe({ cursor: last });
    const now = await scrape(world);
    assert.deepEqual([now.value('fenqid_event_groups'), now.value('fenqid_event_groups_behind'), now.value('fenqid_event_groups_late_seconds')], [1, 0, 0]);
    await world.paid(world.boutique, {}, { channel: 'huabei' });
    await world.paid(world.boutique, {}, { channel: 'huabei' });
    await consumer.heard(2);
    assert.equal(await behind(), 2, 'sent is not handled');
    await world.advance(HOUR);
    assert.ok((await scrape(world)).value('fenqid_event_groups_late_seconds') >= 3600);
    await consumer.ack(consumer.events[0].cursor);
    assert.equal(await behind(), 1);
    await consumer.ack();
    assert.equal(await behind(), 0);
    consumer.close();
  });

  scenario('who may read them over the web: who the configuration names, and nobody else', async (world) => {
    const over = async (headers = {}, method = 'GET') => {
      const answer = await fetch(`${world.web}/metrics`, { method, headers });
      const body = await answer.text();
      if (answer.status === 200) readOpenMetrics(body);
      return answer.status;
    };
    const reload = async (metricsFrom) => {
      const mark = world.logMark;
      world.writeConf({ ...conf, web: metricsFrom ? { metrics_from: list(metricsFrom) } : {} });
      await world.fenqid.child.kill('SIGHUP');
      await world.logged(/: reloaded/, mark);
    };
    assert.equal(await over(), 404, 'nobody, unless it is asked for');
    await reload(['127.0.0.1']);
    assert.equal(await over(), 200);
    assert.equal(await over({}, 'POST'), 404);
    assert.equal(await over({ 'X-Forwarded-For': '203.0.113.9' }), 404, 'behind a proxy it is the one behind it');
    assert.equal(await over({ 'X-Forwarded-For': '127.0.0.1, 203.0.113.9' }), 404);
    await reload(['203.0.113.9', '::1']);
    assert.equal(await over(), 404);
    assert.equal(await over({ 'X-Forwarded-For': '203.0.113.9' }), 200);
    await reload();
    assert.equal(await over(), 404);
    assert.equal((await overControl(world, '/metrics', 'POST')).status, 404);
  });

  scenario('certificates: days that are left', async (world) => {
    const left = async () => {
      const { families } = await scrape(world);
      return new Map(families.get('fenqid_certificate_left_days').samples.map(({ labels, value }) => [`${labels.channel}.${labels.key}`, value]));
    };
    const before = await left();
    assert.deepEqual([...before.keys()].sort(), ['bankcard.encrypt', 'bankcard.roots', 'bankcard.sign_cert']);
    await world.advance(24 * HOUR);
    const after = await left();
    for (const [key, days] of after) assert.ok(before.get(key) - days >= 1 && before.get(key) - days <= 2, `${key}: ${before.get(key)}, then ${days}`);
  });
});
