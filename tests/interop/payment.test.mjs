// SPDX-License-Identifier: Apache-2.0
// A payment through fenqid, by every way to the cashier; the SDK asks the platform about it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWorld } from '../scenario/harness/scenario.mjs';
import { MODES, Mode } from './modes.mjs';
import { sdkOf } from './sdk.mjs';

const VERIFIED = { validateSign: true };

function sdkIn(world) {
  const mode = new Mode(world.folder, world.keys.account);
  const gateway = `https://127.0.0.1:${world.sandbox.port}/gateway.do`;
  const sdk = sdkOf({ ...mode.sdk, ca: readFileSync(join(world.folder, 'tls.crt')), gateway });
  return (method, bizContent) => sdk.exec(method, { ...mode.call, bizContent }, VERIFIED);
}

const numbers = async (world) => (await world.sandbox.trades()).map((trade) => trade.out_trade_no);

/** The buyer pays, whatever the shop was answered; returns the platform's order number. */
async function pay(world, { payment }, known) {
  const { hosted_url: link, app_sdk: text, qr_code: code } = payment.next_action;
  if (code) await world.sandbox.scan(code);
  else if (text) await world.sandbox.phone(text);
  else await world.buyer.visit((await world.buyer.visit(link, { method: 'POST', form: {} })).location);
  const [number, ...more] = (await numbers(world)).filter((one) => !known.includes(one));
  assert.deepEqual(more, [], 'one order');
  if (!text) await world.sandbox.pay(number);
  return number;
}

for (const [name, options] of Object.entries(MODES)) {
  inWorld(`fenqid and the SDK at one platform: ${name}`, options, (scenario) => {
    for (const terminal of ['DESKTOP', 'MOBILE_WEB', 'APP', 'QR']) {
      scenario(`the SDK sees what was paid and given back: ${terminal}`, async (world) => {
        const ask = sdkIn(world);
        const known = await numbers(world);
        const made = await world.created(world.shop, {}, { terminal: `TERMINAL_${terminal}`, instalments: 6 });
        const number = await pay(world, made, known);
        world.owners.set(number, made.id);

        const seen = await ask('alipay.trade.query', { outTradeNo: number });
        assert.deepEqual([seen.outTradeNo, seen.tradeStatus, seen.totalAmount], [number, 'TRADE_SUCCESS', '6999.00']);
        assert.equal(seen.hbFqPayInfo.userInstallNum, '6');
        const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
        assert.equal(paid.platform_ref, seen.tradeNo);

        const refund = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 10050, currency: 'CNY' } });
        await world.refundState(made, refund.refund_id, 'REFUND_STATE_REFUNDED', { refresh: true });
        const { refunds: [{ out_request_no: outRequestNo }] } = await world.sandbox.trade(number);
        const back = await ask('alipay.trade.fastpay.refund.query', { outTradeNo: number, outRequestNo });
        assert.deepEqual([back.refundStatus, back.refundAmount], ['REFUND_SUCCESS', '100.50']);
      });
    }
  });
}
