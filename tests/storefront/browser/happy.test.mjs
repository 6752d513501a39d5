// SPDX-License-Identifier: Apache-2.0
// A phone is bought: in a browser, from the price tag to the receipt, and part of the money back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { openReply } from '../fenqi.mjs';
import { CARD_12 } from './buyer.mjs';
import { inTown } from './town.mjs';

inTown('the way that it should be', {}, (scenario) => {
  scenario('on the desktop, by Huabei in 12 instalments; the receipt is verified; 1,000 yuan and then the rest go back', async (buyer, { world }) => {
    await buyer.visit('/');
    await buyer.page.getByText('花呗分期').first().waitFor();
    await buyer.shot('01-product');
    await buyer.choose();
    await buyer.shot('03-confirm');
    assert.ok(await buyer.page.getByRole('button', { name: '请阅读费用说明' }).isDisabled(), 'there is a time to read');
    await buyer.confirm();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    await buyer.shot('06-paid');
    const receipt = await receiptOf(buyer, world);
    assert.deepEqual([receipt.payment.merchant_order_id, receipt.payment.state, receipt.payment.amount.minor, receipt.payment.terms.match],
      [buyer.order, 'PAYMENT_STATE_PAID', 699_900, 'MATCH_CONFIRMED']);
    assert.ok(receipt.payment.terms.disclosed.confirmed && receipt.payment.terms.disclosed.seconds >= 3, 'the daemon knows that the cost was read');
    await buyer.page.locator('#amount').fill('1000');
    await buyer.press('申请退款');
    await buyer.page.getByText('已退款', { exact: true }).waitFor();
    await buyer.shot('07-refunded-in-part');
    await buyer.press('申请退款');
    await buyer.sees('已全额退款');
  });

  scenario('on the phone, by card', async (buyer, { world }) => {
    await buyer.choose({ plan: CARD_12 });
    await buyer.shot('03-confirm-card');
    await buyer.confirm();
    await buyer.payByCard();
    await buyer.sees('付款成功');
    await buyer.shot('06-paid-card');
    assert.equal((await receiptOf(buyer, world)).payment.channel, 'bankcard');
  }, { device: 'phone' });
});

/** Downloaded, and verified with the pinned key alone. */
async function receiptOf(buyer, world) {
  const [download] = await Promise.all([buyer.page.waitForEvent('download'), buyer.page.getByRole('link', { name: '下载签名凭证' }).click()]);
  return openReply(readFileSync(await download.path()), world.publicKeys);
}
