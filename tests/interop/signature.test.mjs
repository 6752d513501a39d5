// SPDX-License-Identifier: Apache-2.0
// The same key, time and fields: the adapter's signature is the SDK's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeKeys } from '../scenario/harness/keys.mjs';
import { APP_ID, SELLER_ID } from '../scenario/harness/sandbox.mjs';
import { ask } from './driver.mjs';
import { paramsOf, sdkOf, stopClock } from './sdk.mjs';

const NOW = Date.parse('2026-03-15T23:59:59.987+08:00');

// By the SDK itself, or never signed.
const MADE_BY_SDK = ['app_id', 'method', 'charset', 'version', 'sign_type', 'timestamp', 'sign', 'alipay_sdk', 'biz_content',
  'app_cert_sn', 'alipay_root_cert_sn'];

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
const REFUND = { ...ORDER, refund: 'R20260315101500xY7', refund_amount: 10050, refund_reason: '坏了 / broken & "late"' };

const CALLS = [
  { method: 'alipay.trade.page.pay', facts: { ...PAYMENT, terminal: 'desktop' } },
  { method: 'alipay.trade.page.pay', facts: { ...PAYMENT, terminal: 'desktop', instalments: 12, bearer: 'merchant', amount: 1 } },
  { method: 'alipay.trade.page.pay', facts: { ...PAYMENT, terminal: 'desktop', subject: '手机'.repeat(42) } },
  { method: 'alipay.trade.wap.pay', facts: { ...PAYMENT, terminal: 'mobile_web' } },
  { method: 'alipay.trade.app.pay', facts: { ...PAYMENT, terminal: 'app' } },
  { method: 'alipay.trade.precreate', facts: { ...PAYMENT, terminal: 'qr' } },
  { method: 'alipay.trade.query', facts: { ...ORDER, operation: 'query' } },
  { method: 'alipay.trade.close', facts: { ...ORDER, operation: 'close' } },
  { method: 'alipay.trade.refund', facts: { ...REFUND, operation: 'refund' } },
  { method: 'alipay.trade.fastpay.refund.query', facts: { ...REFUND, operation: 'query_refund' } },
];

let folder;
let sdk;
let channel;
let startClock;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fenqid-interop-'));
  makeKeys(folder);
  sdk = sdkOf(folder);
  channel = {
    setting: { app_id: APP_ID, seller_id: SELLER_ID, gateway: 'https://openapi.alipay.com/gateway.do' },
    key: { app: join(folder, 'app.pem'), alipay: join(folder, 'alipay.pub') },
    now: NOW,
  };
  startClock = stopClock(NOW);
});
after(() => {
  startClock();
  rmSync(folder, { recursive: true });
});

describe('the adapter signs what the SDK signs', () => {
  for (const { method, facts } of CALLS) {
    test(`${method} ${[facts.terminal, facts.instalments, facts.bearer].filter(Boolean).join(' ')}`, async () => {
      const ours = ask({ ...channel, ...facts });
      assert.equal(ours.params.method, method);
      assert.equal(ours.sign, ours.params.sign, 'the driver signs by the way of the adapter');

      const theirs = await paramsOf(sdk, method, {
        ...without(ours.params, MADE_BY_SDK),
        bizContent: JSON.parse(ours.params.biz_content),
      });
      const left = ['sign', 'alipay_sdk', 'biz_content'];
      assert.deepEqual(without(theirs, left), without(ours.params, left), 'the same fields');
      assert.deepEqual(JSON.parse(theirs.biz_content), JSON.parse(ours.params.biz_content));

      const added = Object.fromEntries(Object.entries(theirs).filter(([name]) => ['alipay_sdk', 'biz_content'].includes(name)));
      const signed = ask({ ...channel, ...facts, with: added });
      assert.equal(signed.sign, theirs.sign);
    });
  }

  test('not with one fen more', async () => {
    const { method, facts } = CALLS[0];
    const ours = ask({ ...channel, ...facts, amount: facts.amount + 1 });
    const params = { ...without(ours.params, MADE_BY_SDK), bizContent: { ...JSON.parse(ours.params.biz_content), total_amount: '6999.00' } };
    const theirs = await paramsOf(sdk, method, params);
    assert.notEqual(ask({ ...channel, ...facts, amount: facts.amount + 1, with: { alipay_sdk: theirs.alipay_sdk } }).sign, theirs.sign);
  });
});
