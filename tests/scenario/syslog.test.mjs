// SPDX-License-Identifier: Apache-2.0
// syslog(3), with a real rsyslog at the other end: what arrives, as it understands it; and when it hangs,
// payments go on, and what is lost is counted and told.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readOpenMetrics, valueOf } from './harness/openmetrics.mjs';
import { checkRedaction } from './harness/redaction.mjs';
import { Rsyslog } from './harness/syslog.mjs';
import { until } from './harness/wait.mjs';
import { World } from './harness/world.mjs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOTICE = 5;
const DAEMON = 3;
const conf = { log: { sink: 'syslog', level: 'info' }, control: { path: 'control' }, poll: { first: '100ms', max: '300ms' } };

const overControl = (world, method, path, body = '') => new Promise((resolve, reject) => {
  request({ socketPath: join(world.folder, 'control'), path, method, headers: { 'Content-Length': Buffer.byteLength(body) } }, (answer) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (chunk) => { text += chunk; });
    answer.on('end', () => resolve({ status: answer.statusCode, text }));
  }).on('error', reject).end(body);
});

const lost = async (world) => valueOf(readOpenMetrics((await overControl(world, 'GET', '/metrics')).text), 'fenqid_log_lost_total');

describe('syslog', { skip: Rsyslog.cannot }, () => {
  let world;
  let rsyslog;
  before(async () => {
    world = await World.start({ conf, launch: async ({ folder }, command) => {
      rsyslog ??= await Rsyslog.start(folder);
      return rsyslog.wrap(command);
    } });
  });
  after(async () => {
    try {
      rsyslog?.go();
      await world?.end();
    } finally {
      await rsyslog?.end();
    }
  });
  const received = (what, matches) => until(`rsyslog to receive ${what}`, () => rsyslog.received.find(matches));

  /** A hundred lines that no limit leaves out. */
  const sayMuch = async () => {
    for (let i = 0; i < 100; i++)
      assert.equal((await overControl(world, 'POST', '/v1/channels', JSON.stringify({ channel: 'huabei', pause: i % 2 === 0, note: 'a test' }))).status, 200);
  };

  test('each line arrives with its severity and its fields', async () => {
    const made = await world.paid();
    const paid = await received('the payment', ({ message, fields }) => message === 'payment paid' && fields.PAYMENT === made.id);
    assert.deepEqual([paid.severity, paid.facility, paid.app, paid.pid], [NOTICE, DAEMON, 'fenqid', String(world.fenqid.child.pid)]);
    assert.deepEqual([paid.fields.MERCHANT, paid.fields.CHANNEL, paid.fields.STATE, paid.fields.AMOUNT_MINOR, paid.fields.NUMBER],
      ['shop', 'huabei', 'PAID', '699900', made.number]);
    const created = await received('its birth', ({ message, fields }) => message === 'payment created' && fields.PAYMENT === made.id);
    assert.equal(created.severity, 6);
  });

  test('warnings are warnings, errors are errors, and Chinese stays Chinese', async () => {
    const made = await world.opened();
    for (const method of ['alipay.trade.query', 'alipay.trade.close']) await world.sandbox.fault(method, 'system_error', { count: -1 });
    const warning = await received('a warning', ({ message, fields }) => message === 'no word that can be believed' && fields.NUMBER === made.number);
    assert.equal(warning.severity, 4);
    assert.equal(warning.fields.FAULT, 'theirs');
    assert.match(warning.fields.DETAIL, /系统错误/);
    assert.ok(warning.fields.NEXT.includes(' '), 'a value of several words is one value');
    await world.advance(30 * MINUTE + 2 * HOUR);
    const error = await received('an error', ({ severity, fields }) => severity === 3 && fields.PAYMENT === made.id);
    assert.match(error.message, /^unknown past its last deadline/);
    await world.sandbox.calm();
  });

  test('all of it: by severity, no secret, no token', () => {
    const all = rsyslog.received;
    assert.ok(all.length > 5);
    for (const { severity, facility, app } of all) assert.deepEqual([severity >= 2 && severity <= 6, facility, app], [true, DAEMON, 'fenqid']);
    const text = all.map(({ raw }) => raw).join('\n');
    checkRedaction(text, world.secrets);
    assert.equal(world.log, '', 'nothing is said twice');
  });

  test('its reader hangs: payments go on, what is lost is counted and told', async () => {
    rsyslog.stop();
    assert.equal(await lost(world), 0);
    const made = await world.paid();
    await until('no room to be left for more', async () => {
      await sayMuch();
      return (await lost(world)) > 0;
    }, 60_000);
    const again = await world.paid();
    const n = await lost(world);
    assert.ok(n > 0);
    rsyslog.go();
    const told = await received('what was lost', ({ message }) => message === 'log lines lost');
    assert.equal(told.severity, 4);
    assert.ok(Number(told.fields.LOST) >= n, `${told.fields.LOST} of ${n}`);
    await received('what was said before', ({ message, fields }) => message === 'payment paid' && fields.PAYMENT === made.id);
    assert.equal((await world.shop.get(again.id)).state, 'PAYMENT_STATE_PAID');
    const next = await world.paid();
    await received('what is said after', ({ message, fields }) => message === 'payment paid' && fields.PAYMENT === next.id);
  });

  test('its reader hangs while it stops: it ends in time, and says on stderr what was lost', async () => {
    rsyslog.stop();
    await sayMuch();
    await world.stopDaemon();
    assert.match(world.log, /^warning: log lines lost LOST=\d+ NEXT=/m);
    rsyslog.go();
    await world.startDaemon();
  });
});
