// SPDX-License-Identifier: Apache-2.0
// The SDK and fenqi-sandbox: its signed calls are taken, and it verifies whatever comes back.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Buyer } from '../scenario/harness/buyer.mjs';
import { Sandbox } from '../scenario/harness/sandbox.mjs';
import { until } from '../scenario/harness/wait.mjs';
import { binary } from '../scenario/harness/world.mjs';
import { listen } from './listener.mjs';
import { MODES, makeMode } from './modes.mjs';
import { formOf, sdkOf } from './sdk.mjs';

const RETURN_URL = 'https://shop.example.com/paid?order=7';
const VERIFIED = { validateSign: true };

let folder;
let mode;
let sandbox;
let gateway;
let ca;
let sdk;
let shop;
let buyer;

async function begin(options) {
  folder = mkdtempSync(join(tmpdir(), 'fenqid-interop-'));
  mode = makeMode(folder, options);
  sandbox = await Sandbox.start(binary('fenqi-sandbox'), folder, mode.account.platform);
  await sandbox.settings({ timestamp_tolerance_ms: 600_000 });
  gateway = `https://127.0.0.1:${sandbox.port}/gateway.do`;
  ca = readFileSync(join(folder, 'tls.crt'));
  sdk = sdkOf({ ...mode.sdk, ca, gateway });
  shop = await listen(() => ({ body: 'success' }));
  buyer = new Buyer(ca);
}

async function end() {
  await shop?.close();
  await sandbox?.program.signal('SIGTERM');
  rmSync(folder, { recursive: true });
}

const spoilt = (text) => text.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));

let nOrders = 0;

/** An order as the SDK's own examples make it; keys in camel case are the SDK's way. */
function order(changes = {}) {
  const bizContent = {
    outTradeNo: `S${Date.now()}${++nOrders}`,
    totalAmount: '6999.00',
    subject: '手机 "X" + <耳机>',
    productCode: 'FAST_INSTANT_TRADE_PAY',
    extendParams: { hbFqNum: '12', hbFqSellerPercent: '0' },
    ...changes,
  };
  return { number: bizContent.outTradeNo, params: { notifyUrl: shop.url, returnUrl: RETURN_URL, ...mode.call, bizContent } };
}

async function opened(changes) {
  const { number, params } = order(changes);
  const page = await buyer.visit(sdk.pageExec('alipay.trade.page.pay', 'GET', params));
  assert.ok([302, 303].includes(page.status), `the cashier: ${page.status} ${page.body}`);
  await sandbox.act(number, 'open');
  return number;
}

async function paid(changes) {
  const number = await opened(changes);
  await sandbox.pay(number);
  return number;
}

const ask = (method, bizContent, client = sdk) => client.exec(method, { ...mode.call, bizContent }, VERIFIED);

for (const [name, options] of Object.entries(MODES)) {
  describe(`the SDK and the sandbox: ${name}`, () => {
    before(() => begin(options));
    afterEach(() => sandbox.calm());
    after(end);

    describe('the SDK pays at the sandbox', () => {
      test('a link takes the buyer to the cashier', async () => {
        const { number, params } = order();
        const page = await buyer.visit(sdk.pageExec('alipay.trade.page.pay', 'GET', params));
        assert.equal(new URL(page.location).origin, new URL(gateway).origin);
        const form = await buyer.verify(page.location);
        assert.match(form.body, /6999\.00/);
        const back = await buyer.confirm(form);
        assert.equal((await sandbox.trade(number)).instalments, 12);

        const query = Object.fromEntries(new URL(back).searchParams);
        assert.ok(back.startsWith(`${RETURN_URL}&`));
        const { order: ofTheShop, ...signed } = query;
        assert.equal(ofTheShop, '7');
        assert.equal(signed.out_trade_no, number);
        assert.equal(sdk.checkNotifySignV2(signed), true, 'the return is signed');
        assert.equal(sdk.checkNotifySignV2({ ...signed, total_amount: '6999.01' }), false);
      });

      test('so does a form', async () => {
        const { params } = order();
        const { action, fields } = formOf(sdk.pageExec('alipay.trade.page.pay', 'POST', params));
        const page = await buyer.visit(action, { method: 'POST', form: fields });
        assert.equal(new URL(page.location).origin, new URL(gateway).origin);
      });

      test('so does a mobile link', async () => {
        const { params } = order({ productCode: 'QUICK_WAP_WAY', quitUrl: RETURN_URL });
        const page = await buyer.visit(sdk.pageExec('alipay.trade.wap.pay', 'GET', params));
        assert.equal(new URL(page.location).origin, new URL(gateway).origin);
      });

      test('and a code', async () => {
        const { number, params: { notifyUrl, bizContent } } = order({ productCode: 'FACE_TO_FACE_PAYMENT' });
        const { code, qrCode } = await sdk.exec('alipay.trade.precreate', { ...mode.call, notifyUrl, bizContent }, VERIFIED);
        assert.equal(code, '10000');
        assert.equal((await sandbox.scan(qrCode)).out_trade_no, number);
      });

      test('the phone app pays by its string, and brings a signed result', async () => {
        const { number, params: { returnUrl, ...params } } = order({ productCode: 'QUICK_MSECURITY_PAY' });
        const told = await sandbox.phone(sdk.sdkExecute('alipay.trade.app.pay', params));
        assert.equal(told.resultStatus, '9000', JSON.stringify(told));
        assert.equal((await sandbox.trade(number)).state, 'TRADE_SUCCESS');
        const node = 'alipay_trade_app_pay_response';
        const { [node]: said, sign } = JSON.parse(told.result);
        assert.equal((typeof said === 'string' ? JSON.parse(mode.open(said)) : said).out_trade_no, number);
        sdk.checkResponseSign(told.result, node, sign);
        assert.throws(() => sdk.checkResponseSign(told.result, node, spoilt(sign)), /验签失败/);
      });

      test('a form that was changed on the way does not', async () => {
        const { params } = order();
        const { action, fields } = formOf(sdk.pageExec('alipay.trade.page.pay', 'POST', params));
        const page = await buyer.visit(action, { method: 'POST', form: { ...fields, alipay_sdk: 'another' } });
        assert.equal(page.location, undefined);
        assert.match(page.body, /isv\.invalid-signature/);
      });
    });

    describe('the SDK verifies the sandbox\'s answers', () => {
      test('a query, before and after the payment', async () => {
        const number = await opened();
        const before = await ask('alipay.trade.query', { outTradeNo: number });
        assert.deepEqual([before.code, before.tradeStatus], ['10000', 'WAIT_BUYER_PAY']);
        await sandbox.pay(number);
        const after = await ask('alipay.trade.query', { outTradeNo: number });
        assert.deepEqual([after.outTradeNo, after.tradeStatus, after.totalAmount], [number, 'TRADE_SUCCESS', '6999.00']);
        assert.equal(after.hbFqPayInfo.userInstallNum, '12');
      });

      test('a close', async () => {
        const number = await opened();
        const closed = await ask('alipay.trade.close', { outTradeNo: number });
        assert.deepEqual([closed.code, closed.outTradeNo], ['10000', number]);
        assert.equal((await ask('alipay.trade.query', { outTradeNo: number })).tradeStatus, 'TRADE_CLOSED');
      });

      test('a refund, and what became of it', async () => {
        const number = await paid();
        const refund = { outTradeNo: number, outRequestNo: `${number}R1`, refundAmount: '100.50' };
        const done = await ask('alipay.trade.refund', { ...refund, refundReason: '坏了 / late' });
        assert.deepEqual([done.code, done.fundChange, done.refundFee], ['10000', 'Y', '100.50']);
        const seen = await ask('alipay.trade.fastpay.refund.query', { outTradeNo: number, outRequestNo: refund.outRequestNo });
        assert.deepEqual([seen.refundStatus, seen.refundAmount, seen.totalAmount], ['REFUND_SUCCESS', '100.50', '6999.00']);
      });

      test('a refusal', async () => {
        const no = await ask('alipay.trade.query', { outTradeNo: 'nobody' });
        assert.deepEqual([no.code, no.subCode], ['40004', 'ACQ.TRADE_NOT_EXIST']);
      });

      test('no answer under another key, changed, or bare', async () => {
        const number = await paid();
        const refusals = { wrong_key: /验签失败/, bad_signature: /验签失败/, unsigned: /"signature" argument/ };
        for (const [kind, refusal] of Object.entries(refusals)) {
          await sandbox.fault('alipay.trade.query', kind);
          await assert.rejects(ask('alipay.trade.query', { outTradeNo: number }), refusal, kind);
        }
        assert.equal((await ask('alipay.trade.query', { outTradeNo: number })).code, '10000');
      });

      test('the sandbox takes no call of another app key', async () => {
        const privateKey = readFileSync(join(folder, 'alipay.pem'), 'utf8');
        const client = sdkOf({ ...mode.sdk, ca, gateway, privateKey });
        const no = await ask('alipay.trade.query', { outTradeNo: 'nobody' }, client);
        assert.equal(no.subCode, 'isv.invalid-signature');
      });

      test('the SDK takes no gateway of another TLS authority', async () => {
        const client = sdkOf({ ...mode.sdk, gateway });
        await assert.rejects(ask('alipay.trade.query', { outTradeNo: 'nobody' }, client), /certificate/);
      });
    });

    describe('the SDK verifies the sandbox\'s notifications', () => {
      const notified = (number, nth = 1) => until(`notification ${nth} of ${number}`, () => {
        const all = shop.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
        return all.filter((one) => one.out_trade_no === number)[nth - 1];
      });

      test('of a payment and of a refund, by both of its rules', async () => {
        const number = await paid();
        const payment = await notified(number);
        assert.deepEqual([payment.trade_status, payment.total_amount], ['TRADE_SUCCESS', '6999.00']);
        await ask('alipay.trade.refund', { outTradeNo: number, outRequestNo: 'R1', refundAmount: '0.01' });
        const refund = await notified(number, 2);
        assert.equal(refund.refund_fee, '0.01');
        for (const one of [payment, refund]) {
          assert.equal(sdk.checkNotifySign(one), true);
          assert.equal(sdk.checkNotifySignV2(one), true);
        }
      });

      test('none that was changed', async () => {
        const good = await notified(await paid());
        assert.equal(sdk.checkNotifySignV2(good), true);
        for (const [name, value] of Object.entries(good)) {
          if (name === 'sign_type') continue; // not signed in notifications
          const changed = { ...good, [name]: name === 'sign' ? spoilt(value) : `${value}1` };
          assert.equal(sdk.checkNotifySignV2(changed), false, name);
        }
      });

      for (const kind of ['tamper', 'wrong_key']) {
        test(`none that the sandbox spoils: ${kind}`, async () => {
          await sandbox.fault('notify', kind);
          const bad = await notified(await paid());
          assert.equal(sdk.checkNotifySign(bad), false);
          assert.equal(sdk.checkNotifySignV2(bad), false);
        });
      }
    });
  });
}
