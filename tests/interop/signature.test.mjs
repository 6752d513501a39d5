// SPDX-License-Identifier: Apache-2.0
// The same key, time and fields: the adapter's signature is the SDK's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, channelOf } from './driver.mjs';
import { MODES, makeMode } from './modes.mjs';
import { paramsOf, sdkOf, stopClock } from './sdk.mjs';

const NOW = Date.parse('2026-03-15T23:59:59.987+08:00');

// By the SDK itself, or never signed.
const MADE_BY_SDK = ['app_id', 'method', 'charset', 'version', 'sign_type', 'timestamp', 'sign', 'alipay_sdk', 'biz_content',
  'app_cert_sn', 'alipay_root_cert_sn', 'encrypt_type'];

const without = (params, names) => Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));

const ORDER = { order: 'T20260315101112aB3' };
const PAYMENT = {
  ...ORDER,
  operation: 'create',
  amount: 699900,
  instalments: 6,
  bearer: 'buyer',
  subject: '手机 "X" + 100% <耳机>\\ é\u{1F4F1}',
  deadline: NOW + 30 * 60_000,
  notify_url: 'https://pay.example.com/notify/huabei?a=1&b=%20',
  return_url: 'https://pay.example.com/back/abc',
};
const PAYER = { payer_name: '张三', payer_document_number: '110101199001011237', payer_phone: '13800000000' };
const REFUND = { ...ORDER, refund: 'R20260315101500xY7', refund_amount: 10050, refund_reason: '坏了 / broken & "late"' };

const CALLS = [
  { method: 'alipay.trade.page.pay', facts: { ...PAYMENT, terminal: 'desktop' } },
  { method: 'alipay.trade.page.pay', facts: { ...PAYMENT, terminal: 'desktop', instalments: 12, bearer: 'merchant', amount: 1 } },
  { method: 'alipay.trade.page.pay', by: 'POST', facts: { ...PAYMENT, ...PAYER, terminal: 'desktop' } },
  { method: 'alipay.trade.wap.pay', facts: { ...PAYMENT, terminal: 'mobile_web' } },
  { method: 'alipay.trade.app.pay', facts: { ...PAYMENT, terminal: 'app' } },
  { method: 'alipay.trade.precreate', facts: { ...PAYMENT, terminal: 'qr' } },
  { method: 'alipay.trade.query', facts: { ...ORDER, operation: 'query' } },
  { method: 'alipay.trade.close', facts: { ...ORDER, operation: 'close' } },
  { method: 'alipay.trade.refund', facts: { ...REFUND, operation: 'refund' } },
  { method: 'alipay.trade.fastpay.refund.query', facts: { ...REFUND, operation: 'query_refund' } },
];

for (const [name, options] of Object.entries(MODES)) {
  describe(`the adapter signs what the SDK signs: ${name}`, () => {
    let folder;
    let mode;
    let sdk;
    let channel;
    let startClock;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'fenqid-interop-'));
      mode = makeMode(folder, options);
      sdk = sdkOf(mode.sdk);
      channel = channelOf(mode, NOW);
      startClock = stopClock(NOW);
    });
    after(() => {
      startClock?.();
      rmSync(folder, { recursive: true });
    });

    const bizOf = (params) => JSON.parse(mode.open(params.biz_content));

    /** The SDK's parameters for the same call. */
    const theirsOf = (params) => paramsOf(sdk, params.method, { ...without(params, MADE_BY_SDK), ...mode.call, bizContent: bizOf(params) });

    for (const { method, by, facts } of CALLS) {
      test(`${method} ${[by, facts.terminal, facts.instalments, facts.bearer].filter(Boolean).join(' ')}`, async () => {
        const ours = ask({ ...channel, ...facts });
        assert.equal(ours.params.method, method);
        if (by) assert.equal(ours.method, by);
        assert.equal(ours.sign, ours.params.sign, 'the driver signs by the way of the adapter');

        const theirs = await theirsOf(ours.params);
        const left = ['sign', 'alipay_sdk', 'biz_content'];
        assert.deepEqual(without(theirs, left), without(ours.params, left), 'the same fields');
        assert.deepEqual(bizOf(theirs), bizOf(ours.params));

        const added = Object.fromEntries(Object.entries(theirs).filter(([param]) => ['alipay_sdk', 'biz_content'].includes(param)));
        const signed = ask({ ...channel, ...facts, with: added });
        assert.equal(signed.sign, theirs.sign);
      });
    }

    test('one letter more is another signature', async () => {
      const { facts } = CALLS[0];
      const theirs = await theirsOf(ask({ ...channel, ...facts }).params);
      const { alipay_sdk: sdkName, biz_content: biz, sign } = theirs;
      assert.equal(ask({ ...channel, ...facts, with: { alipay_sdk: sdkName, biz_content: biz } }).sign, sign);
      assert.notEqual(ask({ ...channel, ...facts, with: { alipay_sdk: `${sdkName}x`, biz_content: biz } }).sign, sign);
      assert.notEqual(ask({ ...channel, ...facts, order: `${facts.order}x`, with: { alipay_sdk: sdkName } }).sign, sign);
    });
  });
}
