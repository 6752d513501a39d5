// SPDX-License-Identifier: Apache-2.0
// The content of every call encrypted both ways, and errors that come in clear.
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';

const QUERY = 'alipay.trade.query';

/** The order behind a link whose content only the platform can read. */
function open(world, url) {
  const { searchParams } = new URL(url);
  assert.equal(searchParams.get('encrypt_type'), 'AES');
  const key = Buffer.from(readFileSync(join(world.folder, 'content.key'), 'utf8').trim(), 'base64');
  const decipher = createDecipheriv('aes-128-cbc', key, Buffer.alloc(16));
  return JSON.parse(decipher.update(searchParams.get('biz_content'), 'base64', 'utf8') + decipher.final('utf8'));
}

/** A payment whose buyer stands at the cashier. */
async function opened(world) {
  const made = await world.created();
  const { location: url } = await world.buyer.visit(made.link, { method: 'POST', form: {} });
  const biz = open(world, url);
  assert.ok(!decodeURIComponent(url).includes(biz.out_trade_no), 'the link shows no order');
  const page = await world.buyer.visit(url);
  return { ...made, number: biz.out_trade_no, biz, cashier: page.location };
}

async function paidUnheard(world) {
  const made = await opened(world);
  await world.sandbox.fault('notify', 'never', { count: -1 });
  await world.sandbox.pay(made.number);
  return made;
}

for (const [title, options] of [['encrypted', { contentKey: true }], ['encrypted, with certificates', { contentKey: true, certificateMode: true }]]) {
  inWorld(title, options, (scenario) => {
    const required = async (world) => world.sandbox.settings({ encryption_required: true });

    scenario('link, notification, query, refund, close', async (world) => {
      await required(world);
      const made = await opened(world);
      assert.equal(made.biz.subject, made.wish.subject, 'Chinese survives');
      const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
      assert.equal((await world.buyer.visit(back)).status, 303);
      await world.state(made, 'PAYMENT_STATE_PAID');
      const { refund_id: id } = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 12345, currency: 'CNY' } });
      await world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });
      const closed = await opened(world);
      await world.sandbox.act(closed.number, 'open');
      await world.shop.closePayment(closed.id);
      await world.state(closed, 'PAYMENT_STATE_CLOSED', { refresh: true });
    });

    scenario('a query alone', async (world) => {
      await required(world);
      const made = await paidUnheard(world);
      const paid = await world.shop.get({ payment_id: made.id, refresh: true });
      assert.deepEqual([paid.state, paid.terms.match], ['PAYMENT_STATE_PAID', 'MATCH_CONFIRMED']);
    });

    scenario('a code to scan, and the phone app', async (world) => {
      await required(world);
      const byCode = await world.created(world.shop, {}, { terminal: 'TERMINAL_QR' });
      const { out_trade_no: number } = await world.sandbox.scan(byCode.payment.next_action.qr_code);
      world.owners.set(number, byCode.id);
      await world.sandbox.pay(number);
      await world.state(byCode, 'PAYMENT_STATE_PAID');
      const inApp = await world.created(world.shop, {}, { terminal: 'TERMINAL_APP' });
      const told = await world.sandbox.phone(inApp.payment.next_action.app_sdk);
      assert.equal(told.resultStatus, '9000', JSON.stringify(told));
      world.owners.set(told.out_trade_no, inApp.id);
      await world.state(inApp, 'PAYMENT_STATE_PAID');
    });

    scenario('an error comes in clear, signed: read, and believed', async (world) => {
      await required(world);
      const made = await opened(world);
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN', '"no such order", in clear');
      await world.advance(33 * 60_000);
      const closed = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
      assert.equal(closed.close_reason, 'CLOSE_REASON_EXPIRED');
    });

    for (const kind of ['bad_signature', 'wrong_key', 'unsigned', 'unsigned_error', 'truncate', 'garbage']) {
      scenario(`${kind}: proves nothing`, async (world) => {
        const made = await paidUnheard(world);
        await world.sandbox.fault(QUERY, kind);
        assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
        assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
      });
    }
  });
}

inWorld('encrypted, with certificates that are rotated', { contentKey: true, certificateMode: true }, (scenario) => {
  scenario('the unknown certificate is fetched in clear', async (world) => {
    await world.sandbox.settings({ platform_certificate: 'next' });
    const made = await paidUnheard(world);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
  });
});

inWorld('a content key that is not the platform\'s', { contentKey: true }, (scenario) => {
  scenario('unknown stays unknown; the log says what the platform says', async (world) => {
    const made = await opened(world);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    const good = readFileSync(join(world.folder, 'content.key'));
    writeFileSync(join(world.folder, 'content.key'), `${Buffer.alloc(16, 7).toString('base64')}\n`);
    await world.stopDaemon();
    await world.startDaemon();
    const mark = world.logMark;
    const other = await world.created(world.shop, {}, { terminal: 'TERMINAL_QR' });
    assert.equal(other.payment.state, 'PAYMENT_STATE_OPEN');
    assert.ok(!other.payment.next_action?.qr_code);
    assert.match(await world.logged(/CALL=create/, mark), /40003\/isv\.decryption-error/);
    writeFileSync(join(world.folder, 'content.key'), good);
    await world.stopDaemon();
    await world.startDaemon();
    await until('a code', async () => (await world.shop.create(other.wish)).next_action?.qr_code);
  });

  scenario('an account without encryption that the platform wants encrypted', async (world) => {
    const [account] = world.accounts;
    const whole = account.keys;
    account.keys = { app: whole.app, alipay: whole.alipay };
    world.writeConf();
    await world.stopDaemon();
    await world.startDaemon();
    await world.sandbox.settings({ encryption_required: true });
    const mark = world.logMark;
    const wish = await world.wish(world.shop, {}, { terminal: 'TERMINAL_QR' });
    assert.ok(!(await world.shop.create(wish)).next_action?.qr_code);
    assert.match(await world.logged(/CALL=create/, mark), /isv\.decryption-error-missing-encrypt-type/);
    account.keys = whole;
    world.writeConf();
    await world.stopDaemon();
    await world.startDaemon();
    assert.ok((await world.shop.create(wish)).next_action.qr_code);
  });
});
