// SPDX-License-Identifier: Apache-2.0
// The other ways to the same end: channels, terminals, languages, colours; without a script, without a mouse.
import assert from 'node:assert/strict';
import { CARD_12, HUABEI_12 } from './buyer.mjs';
import { inTown } from './town.mjs';

inTown('other ways', {}, (scenario) => {
  scenario('on the desktop, by card of a bank that is named', async (buyer) => {
    await buyer.visit('/');
    await buyer.press('立即购买');
    await buyer.page.getByLabel('信用卡发卡银行').selectOption('cmb');
    await buyer.page.waitForURL(/issuer=cmb/);
    await buyer.page.getByText('银行卡分期 · 招商银行').waitFor();
    await buyer.shot('02-checkout-bank');
    await buyer.page.locator(`input[value="${CARD_12}"]`).check();
    await buyer.press('下一步');
    await buyer.page.getByText('利息').first().waitFor();
    await buyer.confirm();
    await buyer.payByCard();
    await buyer.sees('付款成功');
  });

  scenario('on the phone, by Huabei', async (buyer) => {
    await buyer.visit('/');
    await buyer.shot('01-product');
    await buyer.press('加入购物车');
    await buyer.sees('购物车');
    await buyer.shot('01-cart');
    await buyer.page.getByRole('link', { name: '去结算' }).click();
    await buyer.sees('结算');
    await buyer.shot('02-checkout');
    await buyer.page.locator('summary').first().click();
    await buyer.shot('02-checkout-schedule');
    await buyer.choose({ plan: HUABEI_12 });
    await buyer.shot('03-confirm');
    await buyer.confirm();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    await buyer.shot('06-paid');
  }, { device: 'phone' });

  scenario('by QR code: this page follows what the phone does', async (buyer, { world }) => {
    await buyer.choose({ terminal: 'QR' });
    await buyer.confirm();
    await buyer.sees('用手机扫码支付');
    await buyer.shot('04-qr');
    const text = await buyer.page.getByRole('link', { name: '模拟扫码' }).getAttribute('href');
    const phone = await buyer.context.newPage();
    await phone.goto(text);
    const desk = buyer.page;
    buyer.page = phone;
    await buyer.payByHuabei();
    buyer.page = desk;
    await buyer.sees('付款成功');
    assert.equal((await world.sandbox.trades()).filter(({ subject }) => subject.includes('M1')).length > 0, true);
  });

  scenario('by the app', async (buyer) => {
    await buyer.choose({ terminal: 'APP' });
    await buyer.confirm();
    await buyer.sees('在 App 中付款');
    await buyer.shot('04-app');
    const shop = buyer.page;
    buyer.page = await buyer.context.newPage();
    await buyer.page.goto(shop.url());
    await buyer.press('打开支付平台'); /* where the buyer is logged in */
    await buyer.verifyIdentity();
    await buyer.confirmAtHuabei();
    buyer.page = shop;
    await buyer.sees('付款成功');
  }, { device: 'phone' });

  scenario('without a script', async (buyer) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.page.getByText('请先阅读费用说明').waitFor(); /* too soon: the server counts, too */
    await buyer.shot('03-too-soon');
    do {
      await buyer.confirm();
      await buyer.page.waitForLoadState();
    } while (!buyer.url.includes('/r/'));
    await buyer.shot('04-hosted');
    await buyer.press('继续');
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    await buyer.page.locator('#amount').fill('6999');
    await buyer.press('申请退款');
    await buyer.sees('已全额退款'); /* the page reloads by itself */
    await buyer.shot('07-refunded');
  }, { javaScriptEnabled: false });

  scenario('the hosted page on a phone, in the dark, without a script', async (buyer) => {
    await buyer.choose({ plan: CARD_12 });
    do {
      await buyer.confirm();
      await buyer.page.waitForLoadState();
    } while (!buyer.url.includes('/r/'));
    await buyer.shot('04-hosted-card');
    await buyer.press('继续');
    await buyer.shot('04-hosted-form');
    await buyer.press('继续');
    await buyer.payByCard();
    await buyer.sees('付款成功');
  }, { device: 'phone', javaScriptEnabled: false, colorScheme: 'dark' });

  scenario('by keyboard alone, and the focus is seen', async (buyer) => {
    const { page } = buyer;
    await buyer.visit('/');
    await tabTo(page, '立即购买');
    await page.keyboard.press('Enter');
    await buyer.sees('结算');
    await tabTo(page, undefined, `input[name=plan]`);
    await buyer.shot('02-checkout-focus');
    for (let i = 0; i < 8 && !(await page.locator(`input[value="${HUABEI_12}"]`).isChecked()); i++) await page.keyboard.press('ArrowDown');
    await tabTo(page, '下一步');
    await page.keyboard.press('Enter');
    await buyer.sees('确认费用');
    await tabTo(page, undefined, 'input[name=confirmed]');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: '确认并前往支付' }).waitFor();
    await tabTo(page, '确认并前往支付');
    await buyer.shot('03-confirm-focus');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '登录并查看订单' }).waitFor();
    await tabTo(page, '登录并查看订单');
    await page.keyboard.press('Enter');
    await page.locator('#password').waitFor();
    await tabTo(page, undefined, '#password');
    await page.keyboard.type('111111');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '确认付款' }).waitFor();
    await tabTo(page, '确认付款');
    await page.keyboard.press('Enter');
    await buyer.sees('付款成功');
  });

  scenario('in English, and in the dark', async (buyer) => {
    await buyer.visit('/');
    await buyer.page.getByRole('link', { name: 'English' }).click();
    await buyer.sees('Wangshu M1');
    await buyer.shot('08-product-english');
    await buyer.press('Buy now');
    await buyer.sees('Check out');
    await buyer.shot('08-checkout-english');
    await buyer.press('Next');
    await buyer.sees('Confirm the cost');
    await buyer.shot('08-confirm-english');
    await buyer.confirmInEnglish();
    await buyer.payByHuabei();
    await buyer.sees('Paid');
    await buyer.shot('08-paid-english');
    await buyer.page.getByRole('link', { name: '中文' }).click();
    await buyer.sees('付款成功');
  }, { device: 'phone', colorScheme: 'dark' });

  scenario('what cannot be paid in instalments says so, and shows a way', async (buyer) => {
    await buyer.visit('/');
    await buyer.page.getByRole('button', { name: /加入购物车.*云空间/ }).click();
    await buyer.page.getByRole('link', { name: '去结算' }).click();
    await buyer.page.getByText('订单含虚拟商品').first().waitFor();
    await buyer.shot('02-checkout-virtual');
    await buyer.page.getByRole('link', { name: '返回购物车' }).click();
    await buyer.page.getByRole('button', { name: '移除' }).click();
    await buyer.page.getByText('购物车还是空的').waitFor();
    await buyer.shot('01-cart-empty');
    await buyer.visit('/');
    await buyer.page.getByRole('button', { name: /加入购物车.*充电器/ }).click();
    await buyer.page.getByRole('link', { name: '去结算' }).click();
    await buyer.page.getByText('订单金额低于分期起点').first().waitFor();
  });
});

/** Tab by tab, until the focus is on a button of that name, or on what the selector says; it must be seen there. */
async function tabTo(page, name, selector) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue;
    const isThere = selector ? await focused.evaluate((one, wanted) => one.matches(wanted), selector) : (await focused.innerText()).includes(name);
    if (!isThere) continue;
    const outline = await focused.evaluate((one) => getComputedStyle(one).outlineStyle);
    assert.notEqual(outline, 'none', `the focus on ${name ?? selector} is seen`);
    return;
  }
  assert.fail(`${name ?? selector} is not reached by keyboard`);
}
