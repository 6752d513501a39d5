// SPDX-License-Identifier: Apache-2.0
// The shop as a whole: which address shows which page, and what its forms do.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fenqi, NoAnswer, readStatus, Refused } from '../fenqi.mjs';
import { colours, item, phone, storages } from './catalogue.mjs';
import { Orders } from './orders.mjs';
import { confirmPage, plansPage } from './pages/checkout.mjs';
import { told as toldPage } from './pages/layout.mjs';
import { appPage, orderPage, ordersPage, qrPage, strangerPage } from './pages/order.mjs';
import { cartPage, productPage } from './pages/product.mjs';
import { redirect, Server, Told } from './server.mjs';
import { Shop, shownTry } from './shop.mjs';

const STREAM_BEAT_MS = 15_000;

/** What fenqid's refusals mean to a buyer. Whatever else it says, nothing was charged. */
const REFUSALS = {
  RISK_HOURS: ['这个时段暂不能使用分期，请稍后再试。', 'Instalments are not available at this hour; please try later.'],
  CHANNEL_PAUSED: ['支付平台暂时繁忙，没有扣款。请稍后再试，或换一种支付方式。', 'The platform is busy; nothing was charged. Try again shortly, or choose another way to pay.'],
  DISCLOSURE_TOO_SHORT: ['请完整阅读费用说明后再确认。', 'Please read the cost in full before you confirm.'],
  DISCLOSURE_NOT_CONFIRMED: ['请勾选确认后再继续。', 'Please tick the box to go on.'],
  RISK: ['这笔订单暂不能使用分期。请稍后再试，或换一种支付方式。', 'Instalments are not available for this order. Try later, or choose another way to pay.'],
};
const NOT_NOW = ['支付服务暂时繁忙，没有扣款，请稍后再试。', 'The payment service is busy; nothing was charged. Please try again shortly.'];
const refusalText = ({ reason }) => REFUSALS[reason] ?? (reason.startsWith('RISK') ? REFUSALS.RISK : NOT_NOW);
const MUST_READ_AGAIN = new Set(['QUOTE_EXPIRED', 'DISCLOSURE_CHANGED', 'CHANNEL_GONE']);

class App {
  /** simulator: { open(orderString) -> address of the cashier }, where the platforms are models. */
  constructor({ shop, keys, simulator }) {
    Object.assign(this, { shop, keys, simulator });
    const id = '([A-Za-z0-9-]{8,64})';
    const order = (rest) => new RegExp(`^/orders/${id}${rest}$`);
    this.routes = [
      ['GET', /^\/$/, (visit) => this.product(visit)],
      ['GET', /^\/lang\/(zh|en)$/, Server.language],
      ['GET', /^\/cart$/, (visit) => this.cart(visit)],
      ['POST', /^\/cart$/, (visit) => this.add(visit)],
      ['POST', /^\/cart\/set$/, (visit) => this.set(visit)],
      ['GET', /^\/checkout$/, (visit) => this.checkout(visit)],
      ['POST', /^\/checkout$/, (visit) => this.submit(visit)],
      ['GET', /^\/orders$/, (visit) => ordersPage(this.#seen(visit), shop.orders.ofSession(visit.session))],
      ['GET', order(''), (visit) => this.order(visit)],
      ['GET', order('/plans'), (visit) => this.plans(visit)],
      ['POST', order('/plans'), (visit) => this.choose(visit)],
      ['GET', order('/confirm'), (visit) => this.confirm(visit)],
      ['POST', order('/pay'), (visit) => this.pay(visit)],
      ['GET', order('/go'), (visit) => this.go(visit)],
      ['GET', order('/qr'), (visit) => this.onPhone(visit, 'qr_code', (one) => qrPage(visit, visit.order, one, simulator))],
      ['GET', order('/app'), (visit) => this.onPhone(visit, 'app_sdk', (one) => appPage(visit, visit.order, one, simulator))],
      ['POST', order('/app'), (visit) => this.openApp(visit)],
      ['POST', order('/cancel'), (visit) => this.cancel(visit)],
      ['POST', order('/refund'), (visit) => this.refund(visit)],
      ['GET', order('/receipt'), (visit) => this.receipt(visit)],
      ['GET', order('/stream'), (visit) => this.stream(visit)],
      ['GET', new RegExp(`^/paid/${id}$`), (visit) => this.back(visit)],
    ];
  }

  /** Every page shows how much is in the cart. */
  #seen(visit) {
    visit.nCart = this.shop.cart(visit.session).lines.reduce((sum, { n }) => sum + n, 0);
    return visit;
  }

  /** The order in the address, if it is this buyer's. */
  #own(visit) {
    this.#seen(visit);
    visit.order = this.shop.orders.get(visit.match[0]);
    if (visit.order?.session !== visit.session)
      throw new Told(404, ['没有找到这笔订单', 'There is no such order'], ['请在下单时使用的浏览器中查看；或确认链接是否完整。', 'Please look in the browser that you ordered with, or check the link.']);
    return visit.order;
  }

  // ---- choosing ----

  async product(visit) {
    const known = (all, id, otherwise) => (all.some((one) => one.id === id) ? id : otherwise);
    const colour = known(colours, visit.query.get('colour'), 'moon');
    const storage = known(storages, visit.query.get('storage'), '512');
    const channels = await this.shop.from(phone(storage, colour).id, browserTerminal(visit));
    return productPage(this.#seen(visit), { colour, storage, channels });
  }

  cart(visit) {
    return cartPage(this.#seen(visit), this.shop.cart(visit.session));
  }

  add(visit) {
    const id = visit.form.get('item');
    if (!item(id)) throw new Told(404, ['没有找到这个商品', 'There is no such item'], ['它可能已经下架。', 'It may be sold out.']);
    const there = this.shop.cart(visit.session).lines.find((one) => one.id === id)?.n ?? 0;
    const isBought = visit.form.get('then') === 'checkout';
    this.shop.put(visit.session, id, isBought ? Math.max(there, 1) : there + 1);
    return redirect(isBought ? '/checkout' : '/cart');
  }

  set(visit) {
    const n = Number(visit.form.get('n'));
    if (Number.isInteger(n) && n >= 0) this.shop.put(visit.session, visit.form.get('item'), n);
    return redirect('/cart');
  }

  checkout(visit) {
    const { lines } = this.shop.cart(visit.session);
    if (lines.length === 0) return redirect('/cart');
    return this.#plansPage(visit, { title: visit.say('结算', 'Check out'), target: '/checkout', here: '/checkout', lines });
  }

  async #plansPage(visit, facts) {
    const devices = [browserTerminal(visit), 'TERMINAL_QR', 'TERMINAL_APP'];
    const terminal = devices.includes(visit.query.get('terminal')) ? visit.query.get('terminal') : devices[0];
    try {
      const issuers = (await this.shop.channels()).flatMap((one) => (one.terminals.includes(terminal) ? one.issuers : []));
      const issuer = issuers.find((one) => one.issuer === visit.query.get('issuer'))?.issuer;
      const channels = await this.shop.plans({ lines: facts.lines, terminal, issuer, session: visit.session });
      const minor = facts.lines.reduce((sum, { id, n }) => sum + item(id).minor * n, 0);
      return plansPage(this.#seen(visit), { ...facts, minor, channels, terminal, devices, issuer, issuers });
    } catch (error) {
      throw asTold(error, [visit.here, ['再试一次', 'Try again']]);
    }
  }

  async submit(visit) {
    try {
      const order = await this.shop.order(visit.session, choiceOf(visit.form));
      if (!order) throw new Told(409, ['方案已更新', 'The plans have changed'], ['所选方案已不可用，请重新选择。', 'That plan is no longer available; please choose again.'], ['/checkout', ['重新选择', 'Choose again']]);
      this.shop.emptyCart(visit.session);
      return redirect(`/orders/${order.id}/confirm`);
    } catch (error) {
      throw asTold(error, ['/checkout', ['返回结算', 'Back to the checkout']]);
    }
  }

  plans(visit) {
    const order = this.#own(visit);
    if (!this.shop.mayChoose(order)) return redirect(`/orders/${order.id}`);
    return this.#plansPage(visit, { title: visit.say('选择付款方式', 'Choose how to pay'), target: `/orders/${order.id}/plans`, here: `/orders/${order.id}/plans`, lines: order.lines });
  }

  async choose(visit) {
    const order = this.#own(visit);
    try {
      const one = await this.shop.choose(order, choiceOf(visit.form));
      return redirect(`/orders/${order.id}${one ? '/confirm' : ''}`);
    } catch (error) {
      throw asTold(error, [`/orders/${order.id}`, ['返回订单', 'Back to the order']]);
    }
  }

  // ---- paying ----

  confirm(visit, told) {
    const order = this.#own(visit);
    if (order.tries.at(-1).wish) return redirect(`/orders/${order.id}`);
    this.shop.shown(order);
    return confirmPage(visit, { order, chosen: order.tries.at(-1), secondsLeft: this.shop.secondsLeft(order), told });
  }

  async pay(visit) {
    const order = this.#own(visit);
    const { say } = visit;
    const left = this.shop.secondsLeft(order);
    if (!order.tries.at(-1).wish) {
      if (!order.tries.at(-1).shownMs || left > 0) return this.confirm(visit, say(`请先阅读费用说明，还需 ${left} 秒。`, `Please read the cost first, for another ${left} seconds.`));
      if (visit.form.get('confirmed') !== '1') return this.confirm(visit, say('请勾选确认后再继续。', 'Please tick the box to go on.'));
    }
    try {
      await this.shop.pay(order, visit);
    } catch (error) {
      return this.#notPaid(visit, order, error);
    }
    return this.go(visit);
  }

  async #notPaid(visit, order, error) {
    if (error instanceof NoAnswer) return orderPage(visit, order);
    if (!(error instanceof Refused)) throw error;
    if (error.reason === 'ORDER_PAID' || error.reason === 'ORDER_HAS_LIVE_PAYMENT') return redirect(`/orders/${order.id}`);
    if (!MUST_READ_AGAIN.has(error.reason)) return this.confirm(visit, visit.say(...refusalText(error)));
    if (!(await this.shop.quoteAgain(order))) return redirect(`/orders/${order.id}/plans`);
    return this.confirm(visit, visit.say('报价已更新，请重新阅读并确认费用。', 'The quote has been renewed; please read and confirm again.'));
  }

  /** Off to where the buyer pays: the hosted page, the QR code, the app. */
  async go(visit) {
    const order = this.#own(visit);
    await this.shop.refresh(order);
    const action = shownTry(order)?.payment?.next_action;
    if (action?.hosted_url) return redirect(action.hosted_url);
    return redirect(`/orders/${order.id}${action?.qr_code ? '/qr' : action?.app_sdk ? '/app' : ''}`);
  }

  async onPhone(visit, action, draw) {
    const order = this.#own(visit);
    await this.shop.refresh(order);
    const one = shownTry(order);
    return one?.payment?.next_action?.[action] ? draw(one) : redirect(`/orders/${order.id}`);
  }

  openApp(visit) {
    return this.onPhone(visit, 'app_sdk', async (one) => {
      if (!this.simulator) return redirect(`/orders/${visit.order.id}/app`);
      return redirect(await this.simulator.open(one.payment.next_action.app_sdk));
    });
  }

  async cancel(visit) {
    const order = this.#own(visit);
    try {
      await this.shop.cancel(order);
    } catch (error) {
      if (error instanceof NoAnswer) return orderPage(visit, order, { told: visit.say(...NOT_NOW) });
      if (!(error instanceof Refused)) throw error;
      await this.shop.refresh(order, { evenIfFinal: true });
    }
    return redirect(this.shop.mayChoose(order) ? `/orders/${order.id}/plans` : `/orders/${order.id}`);
  }

  // ---- afterwards ----

  /** What the browser brings is a hint; whose order it is, the cookie says, and what it is worth, the signature. */
  back(visit) {
    this.#seen(visit);
    let status;
    try {
      status = readStatus(visit.url, this.keys, this.shop.now());
    } catch { /* no status, a forged or an old one: the order's own page tells the truth */ }
    const order = this.shop.orders.get(visit.match[0]);
    if (order?.session === visit.session) return redirect(`/orders/${order.id}${status?.order === order.id ? '?back=1' : ''}`);
    if (status && status.order === visit.match[0]) return strangerPage(visit, status);
    return this.#own(visit); /* tells that there is none */
  }

  async order(visit) {
    const order = this.#own(visit);
    const isFresh = await this.shop.refresh(order);
    return orderPage(visit, order, { isOld: !isFresh, isBack: visit.query.get('back') === '1' });
  }

  async refund(visit) {
    const order = this.#own(visit);
    const text = visit.form.get('amount') ?? '';
    const wrong = visit.say('请输入有效的退款金额。', 'Please enter an amount.');
    if (!/^\d{1,8}(\.\d{1,2})?$/.test(text) || !/^\d{1,4}$/.test(visit.form.get('n') ?? '')) return orderPage(visit, order, { told: wrong });
    const [whole, part = ''] = text.split('.');
    try {
      await this.shop.refund(order, { minor: Number(whole) * 100 + Number(part.padEnd(2, '0')), n: Number(visit.form.get('n')) });
    } catch (error) {
      return orderPage(visit, order, { told: refundTold(visit, error) });
    }
    return redirect(`/orders/${order.id}#refunds`);
  }

  receipt(visit) {
    const order = this.#own(visit);
    const kept = shownTry(order)?.receipt;
    if (!kept) throw new Told(404, ['还没有凭证', 'There is no receipt yet'], ['付款确认后即可下载。', 'There will be one when the payment is confirmed.'], [`/orders/${order.id}`, ['返回订单', 'Back to the order']]);
    return { headers: { 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename="${order.id}.receipt.bin"` }, bytes: Buffer.from(kept.bytes, 'base64') };
  }

  /** Server-sent events: one word whenever the order is no longer as the page shows it. */
  stream(visit) {
    const order = this.#own(visit);
    const isMoved = () => String(shownTry(order)?.payment?.version ?? 0) !== visit.query.get('version');
    return { headers: { 'Content-Type': 'text/event-stream' }, stream: (response) => {
      const tell = () => isMoved() && response.write('event: moved\ndata: 1\n\n');
      const beat = setInterval(() => response.write(': still here\n\n'), STREAM_BEAT_MS);
      const end = this.shop.watch(order.id, tell);
      response.on('close', () => {
        clearInterval(beat);
        end();
      });
      response.write('retry: 1000\n\n');
      tell();
    } };
  }
}

const browserTerminal = ({ isPhone }) => (isPhone ? 'TERMINAL_MOBILE_WEB' : 'TERMINAL_DESKTOP');

function choiceOf(form) {
  const [channel, instalments, bearer] = (form.get('plan') ?? '').split('/');
  return { channel, instalments, bearer, terminal: form.get('terminal') ?? '', issuer: form.get('issuer') || undefined };
}

function asTold(error, next) {
  if (error instanceof NoAnswer || error instanceof Refused)
    return new Told(503, ['暂时无法取得分期方案', 'Plans are not available at the moment'], ['支付服务正在恢复，您的商品已保留。', 'The payment service is recovering; your goods are kept.'], next);
  return error;
}

function refundTold(visit, error) {
  if (error instanceof NoAnswer) return visit.say('支付服务暂时没有回应。可以再次提交，不会重复退款。', 'The payment service did not answer. You can submit again; nothing is refunded twice.');
  if (!(error instanceof Refused)) throw error;
  if (error.reason === 'IDEMPOTENCY_KEY_REUSED') return visit.say('已有一笔退款在处理，请核对后再提交。', 'Another refund was made meanwhile; please check and submit again.');
  return visit.say('退款金额超过可退余额，或平台暂不支持，请修改后重试。', 'That is more than can be refunded, or the platform cannot do it; please change the amount and try again.');
}

function durableSecret(folder) {
  const path = join(folder, 'session.secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600 });
  return Buffer.from(readFileSync(path, 'utf8'), 'base64');
}

/**
 * Starts the shop. port: 0 for any; folder: for orders and the cookies' secret; client: what Fenqi wants; formOrigins: where
 * fenqid's hosted pages are (and the simulator's cashier); readingSeconds: at least the merchant's disclosure_min.
 * Returns { url, close() }.
 */
export async function startShop({ port = 0, address = '127.0.0.1', publicUrl, folder, client, formOrigins, readingSeconds, simulator, now = Date.now, say = console.error }) {
  mkdirSync(folder, { recursive: true });
  const fenqi = new Fenqi({ ...client, onDropped: (error) => say('not believed', error) });
  const shop = new Shop({ fenqi, orders: new Orders(folder), readingSeconds, publicUrl: publicUrl ?? `http://${address}:${port}`, now, say });
  const app = new App({ shop, keys: client.keys, simulator });
  const server = new Server({ routes: app.routes, secret: durableSecret(folder), formOrigins,
    tell: (visit, told) => toldPage(Object.assign(visit, { nCart: visit.nCart ?? 0 }), told), fault: (error) => say('fault', error) });
  server.http.listen(port, address);
  await once(server.http, 'listening');
  return {
    url: `http://${address}:${server.http.address().port}`,
    async close() {
      server.http.closeAllConnections();
      server.http.close();
      await shop.close();
    },
  };
}
