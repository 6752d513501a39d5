// SPDX-License-Identifier: Apache-2.0
// What buyers, platforms and bad luck do at a checkout: one order is one payment, and there is always a way on.
import assert from 'node:assert/strict';
import { until } from '../../scenario/harness/wait.mjs';
import { Buyer, CARD_12, HUABEI_12 } from './buyer.mjs';
import { inTown } from './town.mjs';

const PAY_TIME_MS = 36 * 60_000; /* as long as a payment lives by default, and the five minutes after which a platform's no counts */

/** Everything that the platform was asked for under this order of the shop's. */
const tradesOf = async ({ world }, order) => {
  const event = world.log.split('\n').filter((line) => line.includes(`ORDER=${order}`) && line.includes('NUMBER='));
  const numbers = new Set(event.map((line) => /NUMBER=(\w+)/.exec(line)[1]));
  return (await world.sandbox.trades()).filter(({ out_trade_no: number }) => numbers.has(number));
};

const chooseAgain = async (buyer, plan) => {
  await buyer.page.locator(`input[name=plan][value="${plan}"]`).check();
  await buyer.press('下一步');
  await buyer.sees('确认费用');
  await buyer.confirm();
};

inTown('trouble', {}, (scenario) => {
  scenario('goes back from the cashier, and pays all the same: one payment', async (buyer, town) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.logIn();
    while (!buyer.url.startsWith(town.shop.url)) await buyer.page.goBack();
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.sees('等待付款');
    await buyer.shot('05-waiting');
    await buyer.page.goBack();
    await buyer.visit(`/orders/${buyer.order}/confirm`); /* the payment is there: no second confirmation */
    await buyer.sees('等待付款');
    await buyer.page.getByRole('link', { name: '继续付款' }).click();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    assert.equal((await tradesOf(town, buyer.order)).length, 1, 'one order at the platform');
  });

  scenario('closes the tab and returns later', async (buyer, town) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.logIn();
    await buyer.page.close();
    await town.restartShop(); /* meanwhile the shop was restarted, too */
    buyer.page = await buyer.context.newPage();
    await buyer.visit('/orders');
    await buyer.shot('09-orders');
    await buyer.page.getByRole('link', { name: buyer.order }).click();
    await buyer.sees('等待付款');
    await buyer.page.getByRole('link', { name: '继续付款' }).click();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
  }, { device: 'phone' });

  scenario('pays and never comes back: the order, open elsewhere, shows it by itself', async (buyer, town) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.logIn();
    const cashier = buyer.page;
    buyer.page = await buyer.context.newPage();
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.sees('等待付款');
    const [trade] = await tradesOf(town, buyer.order);
    await cashier.close();
    await town.world.sandbox.pay(trade.out_trade_no);
    await buyer.sees('付款成功');
  });

  scenario('double click on pay', async (buyer, town) => {
    await buyer.choose();
    await buyer.page.getByRole('checkbox').check();
    await buyer.page.getByRole('button', { name: '确认并前往支付' }).waitFor();
    const csrf = await buyer.page.locator('form.confirm [name=csrf]').getAttribute('value');
    const post = () => buyer.context.request.post(`${town.shop.url}/orders/${buyer.order}/pay`, { form: { csrf, confirmed: '1' }, maxRedirects: 0 });
    const answers = await Promise.all([post(), post(), post()]); /* as without a script */
    const links = new Set(answers.map((one) => one.headers().location));
    assert.deepEqual([...new Set(answers.map((one) => one.status()))], [303]);
    assert.equal(links.size, 1, 'one link');
    assert.match([...links][0], /\/r\//);
    await buyer.page.getByRole('button', { name: '确认并前往支付' }).dblclick();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    assert.equal((await tradesOf(town, buyer.order)).length, 1);
  });

  scenario('double click on refund', async (buyer, town) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    const csrf = await buyer.page.locator('form.refund [name=csrf]').getAttribute('value');
    const post = () => buyer.context.request.post(`${town.shop.url}/orders/${buyer.order}/refund`, { form: { csrf, n: '1', amount: '100.00' }, maxRedirects: 0 });
    await Promise.all([post(), post()]);
    await until('100 yuan, once', async () => {
      const [trade] = await tradesOf(town, buyer.order);
      return trade.refunded_amount === '100.00';
    });
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.page.locator('#amount').fill('7000');
    await buyer.press('申请退款');
    await buyer.page.getByText('退款金额超过可退余额').waitFor();
    await buyer.shot('07-refund-too-much');
  });

  scenario('the link again, after it was paid: by this browser and by another', async (buyer, town, browser) => {
    await buyer.choose();
    const [asked] = await Promise.all([buyer.page.waitForRequest(/\/r\//), buyer.confirm()]);
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    await buyer.page.goto(asked.url());
    await buyer.sees('付款成功');
    await buyer.shot('05-hosted-paid');
    await buyer.page.getByRole('link', { name: '返回商城' }).click();
    await buyer.sees('付款成功');
    const friend = await Buyer.arrive(browser, town);
    await friend.page.goto(asked.url());
    await friend.page.getByRole('link', { name: '返回商城' }).click();
    await friend.page.getByText('没有找到这笔订单').or(friend.page.getByText('付款成功')).first().waitFor();
    assert.equal(await friend.page.getByText('付款凭证').count(), 0, "not another's receipt");
    await friend.leave();
    assert.equal((await tradesOf(town, buyer.order)).length, 1);
  });

  scenario('comes back with a browser that the shop does not know, or with a forged status', async (buyer, town, browser) => {
    await buyer.choose();
    const [back] = await Promise.all([buyer.page.waitForRequest(/\/paid\/.*fenqi=/), buyer.confirm().then(() => buyer.payByHuabei())]);
    const stranger = await Buyer.arrive(browser, town, 'phone');
    await stranger.page.goto(back.url());
    await stranger.sees('付款成功');
    await stranger.shot('06-stranger');
    assert.equal(await stranger.page.getByText('付款凭证').count(), 0);
    await stranger.page.goto(back.url().replace('fenqi=', 'fenqi=A'));
    await stranger.sees('没有找到这笔订单');
    await stranger.shot('09-not-yours');
    await stranger.leave();
  });

  scenario('too late: the order is kept, and can be paid again', async (buyer, { world }) => {
    await buyer.choose();
    const [asked] = await Promise.all([buyer.page.waitForRequest(/\/r\//), buyer.confirm()]);
    await buyer.logIn();
    await world.advance(PAY_TIME_MS);
    await buyer.page.goto(asked.url());
    await buyer.page.getByRole('heading', { level: 1 }).waitFor();
    await buyer.shot('05-hosted-expired');
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.sees('支付已超时');
    await buyer.shot('05-expired');
    await buyer.page.getByRole('link', { name: '重新选择付款方式' }).click();
    await buyer.sees('选择付款方式');
    await chooseAgain(buyer, HUABEI_12);
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
  });

  scenario('the quote is too old: read again, then pay', async (buyer, { world }) => {
    await buyer.choose();
    await world.advance(16 * 60_000);
    await buyer.confirm();
    await buyer.page.getByText('报价已更新').waitFor();
    await buyer.shot('03-quoted-again');
    await buyer.confirm();
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
  });

  scenario('declined by Huabei; cancels, and pays by card', async (buyer) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.logIn();
    await buyer.verifyIdentity();
    await buyer.declineAtHuabei();
    await buyer.shot('05-declined-at-platform');
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.sees('等待付款');
    await buyer.press('取消并换一种方式');
    await buyer.page.getByRole('link', { name: '重新选择付款方式' }).or(buyer.page.getByRole('heading', { level: 1, name: '选择付款方式' })).first().waitFor();
    await buyer.visit(`/orders/${buyer.order}`);
    await buyer.sees('付款已取消');
    await buyer.shot('05-cancelled');
    await buyer.page.getByRole('link', { name: '重新选择付款方式' }).click();
    await chooseAgain(buyer, CARD_12);
    await buyer.payByCard();
    await buyer.sees('付款成功');
  }, { device: 'phone' });

  scenario('declined by the bank; leaves the waiting page, cancels, and pays by Huabei', async (buyer, { world }) => {
    await buyer.choose({ plan: CARD_12 });
    await buyer.confirm();
    await buyer.enterCard();
    await buyer.chooseTerms();
    await buyer.page.locator('button[value="decline"], form:has(input[value="decline"]) button').first().click();
    await buyer.shot('05-declined-by-bank');
    await buyer.page.locator('#return button, a#return, #return a').first().click();
    await buyer.page.getByText('正在确认付款结果').first().waitFor(); /* a decline is final at the deadline only */
    await buyer.shot('05-hosted-declined');
    await buyer.page.getByRole('link', { name: '返回商城' }).click();
    await buyer.page.getByRole('button', { name: '取消并换一种方式' }).waitFor();
    await buyer.shot('05-declined-waiting');
    await buyer.press('取消并换一种方式');
    await buyer.sees('正在取消');
    await buyer.shot('05-cancelling');
    await world.advance(PAY_TIME_MS);
    await buyer.sees('付款已取消');
    await buyer.page.getByRole('link', { name: '重新选择付款方式' }).click();
    await chooseAgain(buyer, HUABEI_12);
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
  });

  scenario('the platform is slow to say what became of it: the page waits for its word', async (buyer, { world }) => {
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.fault('alipay.trade.query', 'drop_before', { count: -1 });
    await buyer.choose();
    await buyer.confirm();
    await buyer.payByHuabei();
    await buyer.page.getByText('正在确认付款结果').first().waitFor();
    await buyer.shot('05-hosted-waiting');
    await buyer.visit(`/orders/${buyer.order}?back=1`);
    await buyer.sees('正在确认付款结果');
    await buyer.shot('05-confirming');
    await world.sandbox.calm();
    await buyer.sees('付款成功');
  });

  scenario('fenqid is away when pay is pressed: nothing is charged twice, one more try does it', async (buyer, town) => {
    await buyer.choose();
    await buyer.page.getByRole('button', { name: '确认并前往支付' }).waitFor();
    await town.world.crash();
    await buyer.confirm();
    await buyer.sees('正在提交付款');
    await buyer.shot('05-no-answer');
    await town.world.startDaemon();
    await buyer.visit(`/orders/${buyer.order}`);
    if (buyer.url.endsWith(buyer.order) && (await buyer.page.getByRole('button', { name: '再试一次' }).count())) await buyer.press('再试一次');
    else {
      await buyer.page.getByRole('link', { name: '确认费用并付款' }).click();
      await buyer.confirm();
    }
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
    assert.equal((await tradesOf(town, buyer.order)).length, 1);
  });

  scenario('a form from elsewhere, a page that is not there, an order of nobody', async (buyer, town) => {
    await buyer.visit('/orders/W20261123-nobodys');
    await buyer.sees('没有找到这笔订单');
    await buyer.visit('/nothing');
    await buyer.sees('没有这个页面');
    await buyer.shot('09-nothing');
    await buyer.page.goto(`${town.world.web}/r/nobodys-link`);
    await buyer.sees('链接无效');
    await buyer.shot('09-hosted-unknown');
    const answer = await buyer.context.request.post(`${town.shop.url}/cart`, { form: { item: 'buds', csrf: 'guessed' } });
    assert.equal(answer.status(), 403);
    assert.match(await answer.text(), /页面已过期/);
    const escaped = await buyer.context.request.get(`${town.shop.url}/lang/en?to=//evil.example/`, { maxRedirects: 0 });
    assert.equal(escaped.headers().location, '/');
  });
});

inTown('a shop that lets its buyers hurry', { readingSeconds: 0 }, (scenario) => {
  scenario('is stopped by the daemon', async (buyer) => {
    await buyer.choose();
    await buyer.confirm();
    await buyer.page.getByText('请完整阅读费用说明后再确认').waitFor();
    await until('the daemon to agree', async () => {
      if (buyer.url.includes('/orders/')) await buyer.confirm();
      return !buyer.url.startsWith(buyer.town.shop.url);
    });
    await buyer.payByHuabei();
    await buyer.sees('付款成功');
  });
});
