// SPDX-License-Identifier: Apache-2.0
// What users of this platform stumble over: the fifteen pitfalls of the fact sheet, section 9.
//
//   #  pitfall                                    shown by
//   1  the key pair is not this app's             here: "a key that is not registered"
//   2  our public key in the platform's place     here: "our own public key"; certificates.test
//   3  JSON written anew before verifying         here: "escaped slashes and Chinese"
//   4  a lost "+", decoded twice                  here: "plus signs"; notify.test: double_encode
//   5  quotes and backslashes in JSON fields      here: "a notification with odd texts"
//   6  no charset, so GBK                         here: "what we send"
//   7  the platform's encoding spoils bytes       here: "another locale and time zone"
//   8  a parameter is added on the way            here: "a parameter that we did not sign"; "... by the way in"
//   9  SM2 or ECDSA roots break the root serial   certificates.test: "paid, asked, refunded"
//  10  the app's certificate is not known         certificates.test: "a certificate of ours ..."
//  11  the platform's certificate is rotated      certificates.test: "the platform's certificate is rotated"
//  12  the timestamp is in the host's zone        here: "another locale and time zone"
//  13  the wrong rule for notifications           here: "a notification with odd texts"; notify.test
//  14  RSA in the place of RSA2                   here: "what we send"; notify.test: downgrade
//  15  refunds without a number; encoded ids      here: "two refunds of one amount"; "a notification with odd texts"
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

/** Something between us and the platform: `change` gets and gives the parameters. */
async function middlebox(world, change = (form) => form) {
  const file = (name) => readFileSync(join(world.folder, name));
  const calls = [];
  const server = https.createServer({ key: file('tls.key'), cert: file('tls.crt') }, (asked, answer) => {
    const parts = [];
    asked.on('data', (part) => parts.push(part)).on('end', () => {
      const body = Buffer.concat(parts).toString();
      calls.push({ url: new URL(asked.url, 'https://x'), type: asked.headers['content-type'], form: new URLSearchParams(body) });
      const { host, ...headers } = asked.headers;
      const changed = change(body);
      const on = https.request({ host: '127.0.0.1', port: world.sandbox.port, path: asked.url, method: asked.method, ca: file('tls.crt'), agent: false,
        headers: { ...headers, 'content-length': Buffer.byteLength(changed) } }, (from) => {
        answer.writeHead(from.statusCode, from.headers);
        from.pipe(answer);
      });
      on.on('error', () => answer.destroy()).end(changed);
    });
  });
  server.unref().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { calls, port: server.address().port, close: () => server.close() };
}

/** fenqid with another account, for as long as `body` runs. */
async function configured(world, changes, body) {
  const [account] = world.accounts;
  const before = { ...account };
  const restart = async (values) => {
    Object.assign(account, values);
    world.writeConf();
    await world.stopDaemon();
    await world.startDaemon();
  };
  await restart(changes);
  try {
    return await body();
  } finally {
    await restart(before);
  }
}

const byCode = (world) => world.wish(world.shop, {}, { terminal: 'TERMINAL_QR' });

/** The refusal of our signature in the log: told by place and digest, never by its text. */
async function toldOf(world, mark) {
  const line = await world.logged(/signature refused/, mark);
  assert.match(line, /isv\.invalid-signature/);
  assert.match(line, /sha256 [0-9a-f]{64}/);
  for (const text of ['biz_content', 'out_trade_no=', 'timestamp', 'Canary', '手机']) assert.ok(!line.includes(text), `the log shows ${text}`);
  return line;
}

inWorld('pitfalls of signing', {}, (scenario) => {
  scenario('a key that is not registered: the log tells that it is the key', async (world) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
    writeFileSync(join(world.folder, 'stranger.pem'), privateKey, { mode: 0o600 });
    const wish = await byCode(world);
    await configured(world, { keys: { app: 'stranger.pem', alipay: 'alipay.pub' } }, async () => {
      const mark = world.logMark;
      assert.equal((await world.shop.create(wish)).state, 'PAYMENT_STATE_OPEN');
      assert.match(await toldOf(world, mark), /no difference, so it is the key: \d+ bytes/);
    });
    assert.ok((await world.shop.create(wish)).next_action.qr_code, 'with the right key the same call works');
  });

  scenario('a parameter that we did not sign: the log tells where', async (world) => {
    const between = await middlebox(world, (body) => `${body}&q=1`);
    const wish = await byCode(world);
    await configured(world, { port: between.port }, async () => {
      const mark = world.logMark;
      assert.equal((await world.shop.create(wish)).state, 'PAYMENT_STATE_OPEN');
      assert.match(await toldOf(world, mark), /first difference at byte \d+ of \d+/);
    });
    between.close();
    assert.ok((await world.shop.create(wish)).next_action.qr_code);
  });

  scenario('our own public key in the platform\'s place: refused at start', async (world) => {
    const [account] = world.accounts;
    const { keys } = account;
    account.keys = { ...keys, alipay: 'app.pub' };
    world.writeConf();
    const { status, stdout, stderr } = spawnSync(binary('fenqid'), ['-c', join(world.folder, 'fenqid.conf'), '--check-config'], { encoding: 'utf8' });
    account.keys = keys;
    world.writeConf();
    assert.equal(status, 78, stdout + stderr);
    assert.match(stdout + stderr, /keys\.alipay: .*public half of our own private key "app"/);
  });

  scenario('what we send: utf-8 and RSA2, always, and every value once', async (world) => {
    const between = await middlebox(world);
    await configured(world, { port: between.port }, async () => {
      const { payment } = await world.created(world.shop, { subject: 'Canary a+b c%20d 100% 手机 \\ "x" <y> \'z\'' }, { terminal: 'TERMINAL_QR' });
      await world.shop.get({ payment_id: payment.payment_id, refresh: true });
      await until('both calls', () => between.calls.length >= 2);
    });
    between.close();
    for (const { url, type, form } of between.calls) {
      const all = [...url.searchParams, ...form];
      assert.equal(new Set(all.map(([name]) => name)).size, all.length, 'no name twice');
      assert.equal(url.searchParams.get('charset'), 'utf-8', 'in the URL: it is needed to read the body');
      assert.match(type, /^application\/x-www-form-urlencoded;\s*charset=utf-8$/i);
      const fields = Object.fromEntries(all);
      assert.deepEqual([fields.sign_type, fields.version], ['RSA2', '1.0']);
      assert.ok(all.every(([, value]) => value !== ''), 'nothing empty');
    }
  });
});

const ODD = 'Canary a+b  c%2Bd %20 100% 手机 \\ "x" <y> \'z\' \u{1F4F1}';

inWorld('pitfalls of texts', {}, (scenario) => {
  scenario('plus signs, percents, quotes, Chinese: there and back', async (world) => {
    for (const terminal of ['TERMINAL_DESKTOP', 'TERMINAL_MOBILE_WEB']) {
      const made = await world.paid(world.shop, { subject: ODD }, { terminal });
      assert.equal((await world.sandbox.trade(made.number)).subject, ODD);
      const { notifications } = await world.sandbox.trade(made.number);
      assert.equal(notifications[0].deliveries[0].answer, 'success', 'at once');
    }
    const inApp = await world.created(world.shop, { subject: ODD }, { terminal: 'TERMINAL_APP' });
    const told = await world.sandbox.phone(inApp.payment.next_action.app_sdk);
    world.owners.set(told.out_trade_no, inApp.id);
    assert.equal((await world.sandbox.trade(told.out_trade_no)).subject, ODD);
    await world.state(inApp, 'PAYMENT_STATE_PAID');
  });

  scenario('escaped slashes and Chinese in answers verify as they came', async (world) => {
    const { payment, id } = await world.created(world.shop, {}, { terminal: 'TERMINAL_QR' });
    assert.match(payment.next_action.qr_code, /^https:\/\/[^\\]+$/, 'read as what they mean');
    await world.advance(33 * 60_000);
    const closed = await world.state({ storefront: world.shop, id }, 'PAYMENT_STATE_CLOSED', { refresh: true });
    assert.match(closed.platform_code, /ACQ\.TRADE_NOT_EXIST/, 'an error with Chinese words is believed');
    assert.match(closed.platform_text, /\p{Script=Han}/u);
  });

  const fields = {
    'quotes and entities': { fund_bill_list: '[{&quot;amount&quot;:&quot;6999.00&quot;}]' },
    backslashes: { fund_bill_list: '[{\\"amount\\":\\"6999.00\\"}]', body: 'a\\/b\\\\' },
    'an encoded notify_id': { notify_id: 'RqPnCoPT3K9%252Fvwbh3InUDnXvqVpFS' },
    'fields that nobody knows': { q: '1', _url: '/notify', zzz: '+ & = %', 支付: '宝' },
    'a field that is empty': { body: '' },
    'plus signs': { subject: 'a+b c%2Bd' },
  };
  for (const [name, more] of Object.entries(fields)) {
    scenario(`a notification with odd texts: ${name}`, async (world) => {
      const made = await world.opened();
      await world.sandbox.fault('notify', 'never');
      await world.sandbox.pay(made.number);
      await world.sandbox.forge({ out_trade_no: made.number, key: 'platform', fields: more });
      await world.state(made, 'PAYMENT_STATE_PAID');
    });
  }

  scenario('a parameter that is added by the way in: refused, and a query settles it', async (world) => {
    const made = await world.opened();
    const mark = world.logMark;
    await world.sandbox.fault('notify', 'tamper', { field: '_url', value: '/notify/huabei' });
    await world.sandbox.pay(made.number);
    assert.match(await world.logged(/notification refused/, mark), /signature/);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_PAID');
  });

  scenario('two refunds of one amount are two refunds', async (world) => {
    const made = await world.paid();
    for (let i = 0; i < 2; i++) {
      const { refund_id: id } = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 5000, currency: 'CNY' } });
      await world.refundState(made, id, 'REFUND_STATE_REFUNDED', { refresh: true });
      await world.advance(16_000);
    }
    const { refunds } = await world.sandbox.trade(made.number);
    assert.equal(new Set(refunds.map((one) => one.out_request_no)).size, 2);
    assert.equal((await world.shop.get(made.id)).refunded_minor, 10000);
  });
});

inWorld('pitfalls of the host', {}, (scenario) => {
  scenario('another locale and time zone change nothing', async (world) => {
    const { TZ, LC_ALL } = process.env;
    Object.assign(process.env, { TZ: 'America/St_Johns', LC_ALL: 'zh_CN.GBK' });
    await world.crashAndRestart();
    for (const [name, value] of Object.entries({ TZ, LC_ALL })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await world.sandbox.settings({ timestamp_tolerance_ms: 600_000 });
    const made = await world.created(world.shop, { subject: ODD });
    const way = await world.buyer.open(made.link);
    const beijing = (text) => Date.parse(`${text.replace(' ', 'T')}+08:00`);
    const { searchParams } = new URL(way.url);
    assert.ok(Math.abs(beijing(searchParams.get('timestamp')) - world.now()) < 60_000, searchParams.get('timestamp'));
    assert.ok(Math.abs(beijing(way.biz.time_expire) - made.payment.expires_at_unix_ms) < 1000, way.biz.time_expire);
    assert.equal((await world.shop.get({ payment_id: made.id, refresh: true })).state, 'PAYMENT_STATE_OPEN');
    await world.sandbox.settings({ timestamp_tolerance_ms: 1e12 });
    await world.sandbox.pay(way.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });
});
