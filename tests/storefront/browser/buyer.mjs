// SPDX-License-Identifier: Apache-2.0
// A buyer with a real browser: Debian's chromium, driven by playwright-core. Screenshots land in build/screenshots.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { SLOWNESS } from '../../scenario/harness/wait.mjs';
import { READING_SECONDS } from '../town.mjs';

const SHOTS = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
export const WITHIN_MS = 20_000 * SLOWNESS;

export const DEVICES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
    userAgent: 'Mozilla/5.0 (Linux; Android 14; M1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36' },
};

export const HUABEI_12 = 'huabei/12/BEARER_BUYER';
export const CARD_12 = 'bankcard/12/BEARER_BUYER';
const CARD = { card_number: '6221558812340000', customer_name: '全渠道', document_number: '341126197709218366', phone: '13552535506', expiry: '11/23', cvn2: '123' };

/** A page that answers 403, 404, 409 or 410 on purpose is none; a missing file of ours is. */
const isComplaint = (message) => /\/assets\//.test(message.location().url) || !/status of 4(03|04|09|10)/.test(message.text());

export const launch = () => chromium.launch({ executablePath: process.env.FENQI_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

export class Buyer {
  complaints = [];

  /** device: desktop or phone; options: newContext's (javaScriptEnabled, ...). */
  static async arrive(browser, town, device = 'desktop', options = {}) {
    const buyer = new Buyer();
    buyer.town = town;
    buyer.device = device;
    buyer.context = await browser.newContext({ ...DEVICES[device], ignoreHTTPSErrors: true, locale: 'zh-CN', ...options });
    buyer.context.setDefaultTimeout(WITHIN_MS);
    buyer.context.on('console', (message) => message.type() === 'error' && isComplaint(message) && buyer.complaints.push(message.text()));
    buyer.context.on('weberror', (error) => buyer.complaints.push(String(error.error())));
    buyer.page = await buyer.context.newPage();
    return buyer;
  }

  /** Leaves; no page has complained: a broken script, a breach of the content security policy. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }

  get url() {
    return this.page.url();
  }

  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    const [overflow, spilt] = await this.page.evaluate(() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
      [...document.querySelectorAll('.card *')].filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow === 'visible' && getComputedStyle(one).display === 'block').map((one) => one.outerHTML.slice(0, 80))]);
    assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide for the ${this.device}`);
    assert.deepEqual(spilt, [], `what does not fit where it stands in ${name}`);
    await this.page.screenshot({ path: join(SHOTS, `${name}-${this.device}.png`), fullPage: true });
  }

  visit(path) {
    return this.page.goto(new URL(path, this.town.shop.url).href);
  }

  press(name) {
    return this.page.getByRole('button', { name }).first().click();
  }

  heading(name) {
    return this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  // ---- in the shop ----

  /** From the product to the page that shows what it costs. terminal: QR, APP. */
  async choose({ plan = HUABEI_12, terminal } = {}) {
    await this.visit('/');
    await this.press('立即购买');
    await this.heading('结算');
    if (terminal) {
      await this.page.getByRole('radio', { name: terminal === 'QR' ? '用手机扫码支付' : '在手机 App 中支付' }).click();
      await this.page.waitForURL(/terminal=/);
    }
    await this.page.locator(`input[name=plan][value="${plan}"]`).check();
    await this.press('下一步');
    await this.heading('确认费用');
    this.order = /orders\/([^/]+)\//.exec(this.url)[1];
  }

  /** Reads for as long as it takes, and confirms. Ends on whatever page comes. */
  async confirm() {
    await this.page.getByRole('checkbox').check();
    await this.press('确认并前往支付');
  }

  async confirmInEnglish() {
    await this.page.getByRole('checkbox').check();
    await this.press('Confirm and pay');
  }

  /** The order's page, as it says in its heading. */
  async sees(name) {
    await this.heading(name);
  }

  // ---- at the platforms ----

  async logIn() {
    await this.press('登录并查看订单');
  }

  async verifyIdentity(password = '111111') {
    await this.page.locator('#password').fill(password);
    await this.press('验证密码');
  }

  async payByHuabei() {
    await this.logIn();
    await this.verifyIdentity();
    await this.confirmAtHuabei();
  }

  /** At the cashier: not enough credit. */
  async declineAtHuabei() {
    await this.press('模拟：花呗额度不足');
  }

  async confirmAtHuabei() {
    await this.page.locator('button:has-text("确认付款")').first().click();
  }

  async enterCard(card = CARD) {
    for (const [name, value] of Object.entries(card)) await this.page.locator(`[name="${name}"]`).fill(value);
    await this.page.locator('button[name="do"][value="card"], form:has(input[name="do"][value="card"]) button').first().click();
  }

  async chooseTerms(instalments = '12') {
    await this.page.locator(`[name="instalments"][value="${instalments}"]`).check();
    await this.page.locator('button[name="do"][value="terms"], form:has(input[name="do"][value="terms"]) button').first().click();
  }

  async enterCode() {
    await this.page.locator('[name="sms_code"]').fill(this.device === 'phone' ? '123456' : '111111');
    await this.page.locator('button[name="do"][value="code"], form:has(input[name="do"][value="code"]) button').first().click();
  }

  async payByCard() {
    await this.enterCard();
    await this.chooseTerms();
    await this.enterCode();
    await this.page.locator('#return button').click();
  }
}

export { READING_SECONDS };
