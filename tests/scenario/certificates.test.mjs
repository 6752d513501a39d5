// SPDX-License-Identifier: Apache-2.0
// Certificate mode: serials on both sides, the platform's certificate rotated, and files mixed up.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeConf } from './harness/conf.mjs';
import { curveKeyPair, makeKeys } from './harness/keys.mjs';
import { APP_ID, SELLER_ID } from './harness/sandbox.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const QUERY = 'alipay.trade.query';
const nFetches = async (world) => (await world.sandbox.log('alipay.open.app.alipaycert.download', '')).length;
const certificates = { certificateMode: true };

/** Paid at the platform, and fenqid has not heard. */
async function paidUnheard(world) {
  const made = await world.opened();
  await world.sandbox.fault('notify', 'never');
  await world.sandbox.pay(made.number);
  return made;
}

inWorld('certificates', certificates, (scenario) => {
  scenario('paid, asked, refunded', async (world) => {
    await world.sandbox.settings({ notify_cert_sn: true });
    const made = await world.opened();
    const { searchParams } = new URL(made.url);
    assert.match(searchParams.get('app_cert_sn'), /^[0-9a-f]{32}$/);
    assert.match(searchParams.get('alipay_root_cert_sn'), /^[0-9a-f]{32}$/, 'SM2 and ECDSA roots do not count');
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    assert.equal((await world.buyer.visit(back)).status, 303);
    await world.state(made, 'PAYMENT_STATE_PAID');
    await until('the acknowledgement', async () =>
      (await world.sandbox.notified(made.number)).some((one) => one.deliveries[0].answer === 'success'));
    const refund = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 12345, currency: 'CNY' } });
    await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
    assert.equal(await nFetches(world), 0, 'nothing was unknown');
  });

  scenario('a query decides, and a close', async (world) => {
    const made = await paidUnheard(world);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
    const other = await world.opened();
    await world.sandbox.act(other.number, 'open');
    await world.shop.closePayment(other.id);
    await world.state(other, 'PAYMENT_STATE_CLOSED', { refresh: true });
  });

  scenario('a code to scan', async (world) => {
    const made = await world.created(world.shop, {}, { terminal: 'TERMINAL_QR' });
    const { out_trade_no: number } = await world.sandbox.scan(made.payment.next_action.qr_code);
    world.owners.set(number, made.id);
    await world.sandbox.pay(number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  for (const kind of ['bad_signature', 'wrong_key', 'unsigned']) {
    scenario(`${kind}: nothing is believed, and nothing is fetched`, async (world) => {
      const made = await paidUnheard(world);
      const before = await nFetches(world);
      await world.sandbox.fault(QUERY, kind);
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
      assert.equal(await nFetches(world), before);
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
    });
  }
});

inWorld('the platform\'s certificate is rotated', certificates, (scenario) => {
  scenario('an unknown one is fetched once, checked, and known from then on', async (world) => {
    await world.sandbox.settings({ platform_certificate: 'next', notify_cert_sn: true });
    const made = await paidUnheard(world);
    const mark = world.logMark;
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID', 'in one go');
    assert.match(await world.logged(/a platform key was fetched/, mark), /KEY=[0-9a-f]{32}/);
    assert.equal(await nFetches(world), 1);
    const next = await paidUnheard(world);
    assert.equal((await world.shop.get({ payment_id: next.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
    await world.paid();
    assert.equal(await nFetches(world), 1, 'a notification by it verifies, too');
  });

  scenario('old and new messages mix', async (world) => {
    for (const one of ['first', 'next', 'first']) {
      await world.sandbox.settings({ platform_certificate: one, notify_cert_sn: true });
      await world.paid();
    }
    assert.equal(await nFetches(world), 1);
  });

  scenario('a notification that names no certificate: refused, and a query settles it', async (world) => {
    await world.sandbox.settings({ platform_certificate: 'next', notify_cert_sn: false });
    const made = await world.opened();
    const mark = world.logMark;
    await world.sandbox.pay(made.number);
    await world.logged(/notification refused/, mark);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
  });

  scenario('after a restart it is fetched again; a notification is what asks for it', async (world) => {
    await world.crashAndRestart();
    await world.sandbox.settings({ platform_certificate: 'next', notify_cert_sn: true });
    await world.paid();
    assert.equal(await nFetches(world), 2);
  });

  scenario('announced: configured beside the old one, nothing is fetched', async (world) => {
    const [account] = world.accounts;
    account.keys = { ...account.keys, alipay_cert_next: 'alipay_next.crt' };
    world.writeConf();
    await world.stopDaemon();
    await world.startDaemon();
    const before = await nFetches(world);
    for (const notify_cert_sn of [true, false]) {
      await world.sandbox.settings({ platform_certificate: 'next', notify_cert_sn });
      await world.paid();
    }
    assert.equal(await nFetches(world), before);
  });
});

inWorld('certificates that nobody may believe', certificates, (scenario) => {
  const seldom = (world) => world.advance(11_000);

  scenario('one of another root, under the platform\'s own names: refused', async (world) => {
    const made = await paidUnheard(world);
    const mark = world.logMark;
    await world.sandbox.fault(QUERY, 'foreign_cert', { count: -1 });
    const during = await until('the certificate to be asked for', async () => { /* a question of before may be on its way */
      const seen = await world.shop.get({ payment_id: made.id, refresh: true });
      return (await nFetches(world)) > 0 && seen;
    });
    assert.equal(during.state, 'PAYMENT_STATE_OPEN');
    assert.equal(await nFetches(world), 1);
    assert.match(await world.logged(/CALL=key/, mark), /the certificate that came is not the platform's.*FAULT=theirs/);
    assert.doesNotMatch(world.log.slice(mark), /a platform key was fetched/);
    await world.sandbox.calm();
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('invented serials: fetching is rate-limited', async (world) => {
    await seldom(world);
    const made = await paidUnheard(world);
    const before = await nFetches(world);
    await world.sandbox.fault(QUERY, 'other_cert_sn', { count: -1 });
    for (let i = 0; i < 5; i++)
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    assert.equal(await nFetches(world), before + 1);
    await seldom(world);
    await world.shop.get({ payment_id: made.id, refresh: true });
    assert.equal(await nFetches(world), before + 2);
    await world.sandbox.calm();
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('strangers\' notifications cannot make us ask all the time', async (world) => {
    await seldom(world);
    const made = await world.opened();
    await world.sandbox.act(made.number, 'open');
    const before = await nFetches(world);
    for (let i = 0; i < 5; i++) {
      await world.sandbox.forge({ out_trade_no: made.number, key: 'foreign',
        fields: { trade_status: 'TRADE_SUCCESS', alipay_cert_sn: `${i}`.repeat(32) } });
    }
    await until('all of them to be refused', async () => {
      const all = (await world.sandbox.notified(made.number)).flatMap((one) => one.deliveries);
      return all.length >= 5 && all.every(({ answer }) => answer !== 'success');
    });
    assert.ok(await nFetches(world) <= before + 1);
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN');
  });

  for (const kind of ['drop_after', 'http_500', 'garbage']) {
    scenario(`the download ends in ${kind}: unknown stays unknown, later it works`, async (world) => {
      await world.crashAndRestart(); /* what was fetched before is forgotten */
      const made = await paidUnheard(world);
      await world.sandbox.settings({ platform_certificate: 'next' });
      await world.sandbox.fault('alipay.open.app.alipaycert.download', kind);
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
      await seldom(world);
      assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
    });
  }
});

describe('starting with certificates', () => {
  const facts = { webPort: 8080, frontPort: 7766, adapters: binary('adapters'), merchants: [{ id: 'shop', publicKey: curveKeyPair().publicKey }] };
  let folder, account;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fenqid-scenario-'));
    account = { name: 'huabei', appId: APP_ID, sellerId: SELLER_ID, port: 1, ...makeKeys(folder, certificates).account };
    execFileSync('openssl', ['req', '-x509', '-key', 'alipay_next.pem', '-subj', '/CN=shop', '-days', '9', '-out', 'stranger.crt'], { cwd: folder, stdio: 'ignore' });
    writeFileSync(join(folder, 'no.crt'), readFileSync(join(folder, 'alipay.pub')));
    const roots = readFileSync(join(folder, 'roots.crt'), 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/);
    writeFileSync(join(folder, 'foreign-roots.crt'), roots.slice(0, 2).join(''));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const check = (keys) => {
    writeConf(folder, { ...facts, accounts: [{ ...account, keys: { ...account.keys, ...keys } }] });
    const { status, stdout, stderr } = spawnSync(binary('fenqid'), ['-c', join(folder, 'fenqid.conf'), '--check-config'], { encoding: 'utf8', timeout: 30_000 });
    return { status, text: stdout + stderr };
  };

  test('good files', () => {
    const { status, text } = check({});
    assert.equal(status, 0, text);
  });

  const mistakes = [
    ['app_cert and alipay_cert are swapped', { app_cert: 'alipay.crt', alipay_cert: 'app.crt' }, /keys\.app_cert: .*"alipay_cert" is: they are swapped/],
    ['the root is in the place of alipay_cert', { alipay_cert: 'root.crt' }, /keys\.alipay_cert: is a root certificate/],
    ['alipay_cert and alipay_root are swapped', { alipay_cert: 'root.crt', alipay_root: 'alipay.crt' }, /keys\.alipay_root: holds no RSA root/],
    ['the app\'s certificate in the place of alipay_cert', { alipay_cert: 'app.crt' }, /keys\.alipay_cert: .*our own private key "app"/],
    ['the certificate of another app', { app_cert: 'stranger.crt' }, /keys\.app_cert: this certificate belongs to none of our private keys/],
    ['the private key of another app', { app: 'alipay_next.pem' }, /keys\.app_cert: this certificate belongs to none of our private keys/],
    ['the bundle holds no RSA root', { alipay_root: 'foreign-roots.crt' }, /keys\.alipay_root: holds no RSA root/],
    ['a plain key in the place of a certificate', { alipay_cert: 'no.crt' }, /keys\.alipay_cert/],
    ['a plain key besides certificates', { alipay: 'alipay.pub' }, /keys\.alipay: does not go together/],
  ];
  for (const [name, keys, expected] of mistakes) {
    test(name, () => {
      const { status, text } = check(keys);
      assert.equal(status, 78, text);
      assert.match(text, expected);
      assert.match(text, /fenqid\.conf:\d+: channels\.huabei/);
    });
  }

  for (const missing of ['app_cert', 'alipay_cert', 'alipay_root']) {
    test(`${missing} is missing`, () => {
      const { [missing]: gone, ...rest } = account.keys;
      const whole = account.keys;
      account.keys = rest;
      const { status, text } = check({});
      account.keys = whole;
      assert.ok(gone);
      assert.equal(status, 78, text);
      assert.match(text, new RegExp(`keys\\.${missing}: is missing`));
    });
  }
});

inWorld('a certificate of ours that the platform does not have', certificates, (scenario) => {
  scenario('unknown stays unknown, and the log says why', async (world) => {
    const made = await world.opened();
    await world.stopDaemon();
    const [account] = world.accounts;
    const good = account.keys;
    execFileSync('openssl', ['x509', '-req', '-in', 'request-app.csr', '-CA', 'root.crt', '-CAkey', 'root.pem', '-set_serial', '777', '-days', '30', '-out', 'app-again.crt'],
      { cwd: requestOf(world.folder), stdio: 'ignore' });
    account.keys = { ...good, app_cert: 'app-again.crt' };
    world.writeConf();
    await world.startDaemon();
    const mark = world.logMark;
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    assert.match(await world.logged(/CALL=query/, mark), /isv\.app-cert-not-exist/);
    await world.stopDaemon();
    account.keys = good;
    world.writeConf();
    await world.startDaemon();
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });
});

/** Asks for a certificate with the app's own key, as a renewal does. */
function requestOf(folder) {
  execFileSync('openssl', ['req', '-new', '-key', 'app.pem', '-subj', '/C=CN/O=shop/CN=shop', '-out', 'request-app.csr'], { cwd: folder, stdio: 'ignore' });
  return folder;
}
