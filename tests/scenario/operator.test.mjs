// SPDX-License-Identifier: Apache-2.0
// The operator's hand: what the platform never tells is shown, asked about once more, and ended by two
// people with a file; and what the platform says after all is believed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { ctl } from './harness/fenqictl.mjs';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const quick = { poll: { first: '100ms', max: '300ms' }, control: { path: 'control' }, channel: { breaker_failures: 0 } };

const evidence = (world, text = 'D2026...,6999.00,SUCCESS\n') => {
  const file = join(world.folder, 'statement.csv');
  writeFileSync(file, text);
  return { file, digest: createHash('sha256').update(text).digest('hex') };
};

const resolve = (world, id, as, expected = 0, more = []) =>
  ctl(world, ['resolve', id, '--as', as, '--evidence', join(world.folder, 'statement.csv'), '--by', 'Li Lei', '--and', 'Han Meimei', ...more], expected);

/** The platform does not say what became of anything, and never will. */
const silence = async (world) => {
  await world.sandbox.fault('notify', 'never', { count: -1 });
  await world.sandbox.fault('alipay.trade.query', 'system_error', { count: -1 });
  await world.sandbox.fault('alipay.trade.close', 'system_error', { count: -1 });
};

const unknowns = async (world) => (await ctl(world, ['unknown', '--json'])).json.unknown;

/** A payment whose last deadline has passed in silence. */
const unknown = async (world, act = async () => {}) => {
  const made = await world.opened();
  await silence(world);
  await act(made);
  await world.advance(30 * MINUTE + 2 * HOUR);
  made.row = await until('it to be unknown', async () => (await unknowns(world)).find(({ id }) => id === made.id));
  return made;
};

inWorld('the operator, and what the platform never tells', { conf: quick }, (scenario) => {
  scenario('paid: shown, resolved, signed as it is, and proven in the end', async (world) => {
    const { digest } = evidence(world);
    const made = await unknown(world, ({ number }) => world.sandbox.pay(number));
    assert.equal(made.row.what, 'payment');
    assert.equal(made.row.number, made.number);
    assert.equal(made.row.fault, 'theirs');
    assert.deepEqual(made.row.next, [`fenqictl retry ${made.id}`,
      `fenqictl resolve ${made.id} --as paid|unpaid --evidence FILE --by NAME --and NAME`]);
    const shown = (await ctl(world, ['unknown'])).stdout;
    assert.match(shown, new RegExp(`${made.id}  6999\\.00 CNY  SENT`));
    assert.match(shown, /fault: theirs/);
    assert.match((await ctl(world, ['status'])).stdout, /unknown\s+1, the oldest since .*: fenqictl unknown/);

    const mark = world.logMark;
    const waiting = world.shop.get({ payment_id: made.id, wait_ms: 20_000 });
    const said = await resolve(world, made.id, 'paid', 0, ['--amount', '6999.00', '--note', 'line 1']);
    assert.match(said.stdout, new RegExp(`resolved as paid[^]*${digest}`));
    assert.match(said.stdout, /PAID, on the operator's evidence/);
    assert.equal((await waiting).state, 'PAYMENT_STATE_PAID', 'who waited for it has heard');
    const line = await world.logged(/resolved by the operator/, mark);
    assert.match(line, new RegExp(`AS=paid SHA256=${digest} BY="Li Lei" AND="Han Meimei" UID=${process.getuid()}`));

    const paid = await world.shop.get(made.id);
    assert.equal(paid.state, 'PAYMENT_STATE_PAID');
    assert.equal(paid.operator_evidence, true);
    assert.equal(paid.terms.match, 'MATCH_UNCONFIRMED', 'the operator knows of no terms');
    assert.notEqual(paid.verification, 'VERIFICATION_VERIFIED', 'nor of an identity');
    assert.deepEqual(await world.eventsOf(made), ['FOR_OPERATOR', 'PAYMENT_PAID']);
    assert.deepEqual(await unknowns(world), []);

    const again = await resolve(world, made.id, 'paid');
    assert.match(again.stdout, /was resolved already as paid/);
    assert.equal((await world.shop.get(made.id)).version, paid.version);

    const why = (await ctl(world, ['why', made.id])).stdout;
    for (const part of [digest, 'Li Lei and Han Meimei', 'line 1', 'quoted', made.number, '7.5000% of the amount', 'test-1', 'entries, intact'])
      assert.ok(why.includes(part), `why tells ${part}:\n${why}`);

    await world.sandbox.calm();
    const retried = (await ctl(world, ['retry', made.id, '--json'])).json;
    assert.equal(retried.payment.operator_evidence, false, 'now the platform has said it');
    const proven = await world.shop.get(made.id);
    assert.equal(proven.operator_evidence, false);
    assert.ok(proven.platform_ref);
    assert.deepEqual(await world.eventsOf(made), ['FOR_OPERATOR', 'PAYMENT_PAID']);
  });

  scenario('unpaid: closed, and still open to a late success', async (world) => {
    evidence(world);
    const made = await unknown(world);
    await resolve(world, made.id, 'unpaid');
    const closed = await world.shop.get(made.id);
    assert.deepEqual([closed.state, closed.close_reason, closed.operator_evidence], ['PAYMENT_STATE_CLOSED', 'CLOSE_REASON_EXPIRED', true]);
    await world.sandbox.calm();
    await world.sandbox.pay(made.number, { even_if_closed: true });
    const late = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual([late.late_success, late.operator_evidence], [true, false]);
    assert.deepEqual(await world.eventsOf(made), ['FOR_OPERATOR', 'PAYMENT_CLOSED', 'LATE_SUCCESS']);
  });

  scenario('a refund that is not proven: the money is the shop\'s again', async (world) => {
    evidence(world);
    const made = await world.paid();
    await silence(world);
    await world.sandbox.fault('alipay.trade.refund', 'system_error', { count: -1 });
    await world.sandbox.fault('alipay.trade.fastpay.refund.query', 'system_error', { count: -1 });
    const { refund_id: id } = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 100000, currency: 'CNY' } });
    const early = await resolve(world, id, 'not-refunded', 1);
    assert.match(early.stderr, /CAN_BE_ASKED[^]*fenqictl retry/);
    await world.advance(26 * HOUR);
    const row = await until('it to be unknown', async () => (await unknowns(world)).find((one) => one.id === id));
    assert.deepEqual([row.what, row.amount_minor], ['refund', 100000]);
    await resolve(world, id, 'refunded', 1, ['--amount', '999.00']);
    await resolve(world, id, 'not-refunded');
    const refund = await world.shop.getRefund(id, {});
    assert.deepEqual([refund.state, refund.operator_evidence], ['REFUND_STATE_FAILED', true]);
    const payment = await world.shop.get(made.id);
    assert.deepEqual([payment.refund_pending_minor, payment.refunded_minor, payment.operator_evidence], [0, 0, false]);
    assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID', 'FOR_OPERATOR', 'REFUND_FAILED']);
  });

  scenario('it survives a crash', async (world) => {
    evidence(world);
    const made = await unknown(world);
    await world.crashAndRestart();
    assert.ok((await unknowns(world)).some(({ id }) => id === made.id));
    await resolve(world, made.id, 'unpaid');
    await world.crashAndRestart();
    assert.equal((await world.shop.get(made.id)).operator_evidence, true);
    assert.match((await resolve(world, made.id, 'unpaid')).stdout, /was resolved already/);
  });

  scenario('what the operator may not', async (world) => {
    const { file } = evidence(world);
    const made = await world.opened();
    assert.match((await resolve(world, made.id, 'paid', 1)).stderr, /CAN_BE_ASKED[^]*fenqictl retry/);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    assert.match((await resolve(world, made.id, 'unpaid', 1)).stderr, /PROVEN[^]*fenqictl why/);
    assert.match((await resolve(world, made.id, 'refunded', 2)).stderr, /OTHER_OBJECT/);
    assert.match((await resolve(world, `${made.id}-r1`, 'refunded', 1)).stderr, /NOT_FOUND/);
    assert.match((await resolve(world, 'p123', 'paid', 2)).stderr, /ID_INVALID/);
    const same = ['resolve', made.id, '--as', 'unpaid', '--evidence', file, '--by', 'Li Lei', '--and', 'LI LEI'];
    assert.match((await ctl(world, same, 2)).stderr, /two different people/);
    await ctl(world, ['resolve', made.id, '--as', 'unpaid', '--by', 'a', '--and', 'b'], 2);
    writeFileSync(file, '');
    assert.match((await resolve(world, made.id, 'unpaid', 2)).stderr, /something in it/);
    assert.equal((await world.shop.get(made.id)).operator_evidence, false);
  });
});

inWorld('the operator, day by day', { conf: quick }, (scenario) => {
  scenario('retry: the platform is asked at once', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never', { count: -1 });
    const mark = world.logMark;
    await world.sandbox.pay(made.number);
    const said = await ctl(world, ['retry', made.id]);
    assert.match(said.stdout, /state\s+PAID/);
    const line = await world.logged(/the operator asked WHAT=retry/, mark);
    assert.match(line, new RegExp(`ID=${made.id} UID=${process.getuid()} PID=\\d+`));
    assert.match((await ctl(world, ['retry', made.id])).stdout, /nothing to ask/);
  });

  scenario('status, and one payment', async (world) => {
    const made = await world.paid();
    const { json } = await ctl(world, ['status', '--json']);
    assert.equal(json.instance, 't1');
    assert.ok(json.store_bytes > 10_000);
    assert.ok(json.started_unix_ms > 0 && json.started_unix_ms <= json.now_unix_ms);
    assert.deepEqual(json.channels.map(({ channel, state, calls_max: calls }) => [channel, state, calls]), [['huabei', 'open', 64]]);
    const text = (await ctl(world, ['status'])).stdout;
    assert.match(text, /fenqid\s+\d+\.\d+\.\d+, instance t1/);
    assert.match(text, /unknown\s+nothing/);
    const shown = (await ctl(world, ['payments', 'show', made.id])).stdout;
    assert.match(shown, /state\s+PAID\n/);
    assert.match(shown, new RegExp(`attempt 1\\s+WON\\s+${made.number}`));
    const { json: why } = await ctl(world, ['why', made.id, '--json']);
    assert.equal(why.intact, true);
    assert.equal(why.state, 'PAID');
    assert.equal(why.signed_by, 'test-1');
    assert.match(why.entries[0].sha256, /^[0-9a-f]{64}$/, 'the digest of the request');
    const paid = why.entries.find(({ move }) => move === 'OPEN -> PAID');
    assert.match(paid.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual([paid.evidence, paid.key], ['notification', 'alipay']);
  });

  scenario('the two entrances do not mix', async (world) => {
    const over = (path) => new Promise((done, fail) => {
      request({ socketPath: join(world.folder, 'control'), path }, (answer) => {
        answer.resume();
        answer.on('end', () => done(answer.statusCode));
      }).on('error', fail).end();
    });
    for (const path of ['/v1/status', '/v1/unknown', '/v1/resolve', '/v1/retry', '/v1/payments/x'])
      assert.equal((await fetch(world.web + path, { method: path.endsWith('s') ? 'GET' : 'POST', body: path.endsWith('s') ? undefined : '{}' })).status, 404, path);
    for (const path of ['/healthz', '/readyz', '/.well-known/fenqi-keys', '/r/x', '/notify/huabei']) assert.equal(await over(path), 404, path);
    assert.equal(await over('/v1/status'), 200);
  });

  scenario('the socket: its mode, its life', async (world) => {
    const path = join(world.folder, 'control');
    const is = () => statSync(path);
    assert.ok(is().isSocket());
    assert.equal(is().mode & 0o777, 0o660);
    assert.equal(is().uid, process.getuid());
    await world.crash();
    assert.ok(existsSync(path), 'a dead one\'s socket stays behind');
    const gone = await ctl(world, ['status'], 3);
    assert.match(gone.stderr, /fenqid is not running/);
    await world.startDaemon();
    await ctl(world, ['status']);
    // Another daemon, with a ledger and ports of its own, must not take it away.
    const other = join(world.folder, 'other.conf');
    writeFileSync(other, readFileSync(join(world.folder, 'fenqid.conf'), 'utf8').replace('"ledger.db"', '"other.db"')
      .replace(/address = "[^"]*"/, 'address = "127.0.0.1:0"').replace(/endpoints = \[ "[^"]*" \]/, 'endpoints = [ "tcp://127.0.0.1:*" ]'));
    const second = Program.start('fenqid', binary('fenqid'), ['-c', other]);
    await until('the second to give up', () => second.hasEnded, 20_000);
    assert.notEqual(second.ended.code, 0);
    assert.match(second.text, /another process listens there/);
    await ctl(world, ['status']);
    await world.stopDaemon();
    assert.ok(!existsSync(path), 'who stops takes it away');
    await world.startDaemon();
  });
});
