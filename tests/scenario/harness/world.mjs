// SPDX-License-Identifier: Apache-2.0
// One platform, one fenqid, two shops and a buyer, in a private folder.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Buyer, USER_AGENT } from './buyer.mjs';
import { Calendar } from './calendar.mjs';
import { writeConf } from './conf.mjs';
import { curveKeyPair, makeAccount, makeCardAccount, makeKeys, makePayerKey } from './keys.mjs';
import { Program, freePort } from './processes.mjs';
import { APP_ID, SELLER_ID, Sandbox } from './sandbox.mjs';
import { checkRedaction } from './redaction.mjs';
import { Storefront } from './storefront.mjs';
import { UnionPay } from './unionpay.mjs';
import { until } from './wait.mjs';
import { rawPublicKey } from './wire.mjs';

const top = fileURLToPath(new URL('../../../', import.meta.url));
export const build = resolve(top, process.env.FENQI_BUILD ?? 'build/release');
export const binary = (name) => join(build, name);

/** What the log may never show, besides the keys. */
export const BUYER = { ip: '203.0.113.217', user_agent: USER_AGENT };

export const AMOUNT = { minor: 699900, currency: 'CNY' };

export class World {
  #nOrders = 0;

  /**
   * `options`: { conf, merchants }, see conf.mjs; { certificateMode, contentKey } of the account, see
   * keys.mjs; { others }: more accounts { name, appId, sellerId, prefix, ... }, each at a platform of
   * its own; { card }: also the channel "bankcard", see makeCardAccount, which then is the one that is
   * meant. UnionPay is served by the first sandbox; { launch(world, command) }: another command that becomes
   * fenqid.
   */
  static async start(options = {}) {
    const world = new World();
    world.options = options;
    world.folder = mkdtempSync(join(tmpdir(), 'fenqid-scenario-'));
    world.payments = new Map();
    world.owners = new Map();
    world.sandboxes = [];
    world.past = '';
    world.storefronts = [];
    try {
      await world.#begin();
    } catch (error) {
      await world.abandon();
      throw error;
    }
    return world;
  }

  async #begin() {
    const { folder, options } = this;
    this.keys = makeKeys(folder, options);
    this.accounts = [{ name: 'huabei', appId: APP_ID, sellerId: SELLER_ID, ...this.keys.account },
      ...(options.others ?? []).map((wish) => ({ ...wish, ...makeAccount(folder, wish) }))];
    const card = options.card && makeCardAccount(folder, options.card);
    for (const account of this.accounts) {
      const platform = [...account.platform, ...(account === this.accounts[0] && card ? card.platform : [])];
      this.sandboxes.push(await Sandbox.start(binary('fenqi-sandbox'), folder, platform, account));
      account.port = this.sandboxes.at(-1).port;
    }
    [this.sandbox] = this.sandboxes;
    if (card) await this.#beginCard(card);
    this.webPort = await freePort();
    this.frontPort = await freePort();
    this.web = `http://127.0.0.1:${this.webPort}`;
    this.merchants = [
      { id: 'shop' },
      { id: 'boutique', on_late_success: 'refund', on_double_paid: 'refund' },
      ...(options.merchants ?? []),
    ].map((merchant) => ({ ...(card ? { channels: ['huabei', 'bankcard'] } : {}), ...merchant, curve: curveKeyPair() }));
    this.secrets = [...(this.payerKey ? [this.payerKey.key] : []), ...this.keys.secrets, ...this.accounts.flatMap(({ secrets }) => secrets),
      ...this.merchants.map(({ curve }) => curve.secretKey), BUYER.ip, BUYER.user_agent];
    this.writeConf();
    this.calendar = new Calendar(binary('tests/scenario/calendar.so'), join(folder, 'calendar'));
    await this.startDaemon();
    this.buyer = new Buyer(readFileSync(join(folder, 'tls.crt')));
    this.shop = await this.storefront('shop');
    this.boutique = await this.storefront('boutique');
  }

  async #beginCard(card) {
    this.card = { ...card, port: this.sandbox.port };
    this.accounts.push(this.card);
    this.unionpay = UnionPay.beside(this.sandbox);
    await this.unionpay.reset();
    this.payerKey = makePayerKey(this.folder);
  }

  writeConf(changes = this.options.conf) {
    return writeConf(this.folder, {
      webPort: this.webPort,
      frontPort: this.frontPort,
      accounts: this.accounts,
      adapters: binary('adapters'),
      payerKey: this.payerKey?.file,
      merchants: this.merchants.map(({ curve, ...merchant }) => ({ ...merchant, publicKey: curve.publicKey })),
    }, changes);
  }

  // ---- the daemon ----

  /** `through`: a program, and its words, that starts fenqid in its own way. */
  async startDaemon({ env: more = {}, through = [] } = {}) {
    const env = { ...this.calendar.environment, ...more };
    const command = [...through, binary('fenqid'), '-c', join(this.folder, 'fenqid.conf')];
    const [program, ...args] = (await this.options.launch?.(this, command)) ?? command;
    this.fenqid = Program.start('fenqid', program, args, { env });
    await this.fenqid.untilReady('fenqid to be ready', async () => (await fetch(`${this.web}/readyz`)).status === 200);
  }

  /** SIGTERM: it must finish what is inside, and end well. */
  async stopDaemon() {
    const ended = await this.fenqid.signal('SIGTERM');
    this.#remember();
    assert.deepEqual(ended, { code: 0, signal: null }, `fenqid stopped cleanly:\n${this.fenqid.text}`);
  }

  async crash() {
    await this.fenqid.signal('SIGKILL');
    this.#remember();
    for (const storefront of this.storefronts) storefront.abandon('the daemon was killed');
  }

  async crashAndRestart() {
    await this.crash();
    await this.startDaemon();
  }

  #remember() {
    this.past += this.fenqid.text;
  }

  /** All that fenqid has said in its lives. */
  get log() {
    return this.fenqid.hasEnded ? this.past : this.past + this.fenqid.text;
  }

  /** Waits for a line of the log that came after `mark` (see logMark) and matches. */
  logged(pattern, mark = 0) {
    return until(`a log line like ${pattern}`, () => this.log.slice(mark).split('\n').find((line) => pattern.test(line)));
  }

  get logMark() {
    return this.log.length;
  }

  /**
   * Brings the platform's deadlines and the daemon's calendar nearer. The daemon last: it may ask at
   * once, for a file of its yesterday, say, which would not be there yet.
   */
  async advance(ms) {
    for (const sandbox of this.sandboxes) await sandbox.advance(ms);
    await this.unionpay?.advance(ms);
    this.calendar.advance(ms);
  }

  now() {
    return Date.now() + this.calendar.aheadMs;
  }

  // ---- its users ----

  async storefront(merchantId, { clientKeys } = {}) {
    const merchant = this.merchants.find(({ id }) => id === merchantId);
    this.publicKeys ??= await this.#publishedKeys();
    const storefront = new Storefront({
      endpoint: `tcp://127.0.0.1:${this.frontPort}`,
      serverKey: this.keys.server.publicKey,
      clientKeys: clientKeys ?? merchant?.curve,
      publicKeys: this.publicKeys,
      merchantId,
      onPayment: (asker, payment) => this.payments.set(payment.payment_id, asker),
    });
    this.storefronts.push(storefront);
    return storefront;
  }

  async #publishedKeys() {
    const { keys } = await (await fetch(`${this.web}/.well-known/fenqi-keys`)).json();
    return new Map(keys.map((key) => [key.key_id, rawPublicKey(Buffer.from(key.public_key, 'base64'))]));
  }

  order(name = 'order') {
    return `${name}-${++this.#nOrders}-${randomBytes(4).toString('hex')}`;
  }

  async plan(storefront = this.shop, { amount = AMOUNT, instalments = 12, bearer = 'BEARER_BUYER', terminal = 'TERMINAL_DESKTOP', channel = this.card?.name } = {}) {
    const { channels } = await storefront.quote({ amount, terminal });
    return channels.find((one) => one.eligible && (channel === undefined || one.channel === channel)).plans.find((plan) => plan.instalments === instalments && plan.bearer === bearer);
  }

  /** A whole, good CreatePayment; `changes` replace fields. */
  async wish(storefront = this.shop, changes = {}, terms = {}) {
    const { terminal = 'TERMINAL_DESKTOP' } = terms;
    const plan = await this.plan(storefront, terms);
    return {
      idempotency_key: this.order('key'),
      merchant_order_id: this.order(),
      quote: plan.quote,
      amount: terms.amount ?? AMOUNT,
      subject: 'Canary-subject-51c9 手机',
      terminal,
      return_url: `https://${storefront.merchantId}.example.com/paid/`,
      buyer: BUYER,
      disclosure: { shown_at_unix_ms: this.now(), seconds: 0, confirmed: true },
      ...changes,
    };
  }

  /** A payment that is OPEN, with nothing sent. */
  async created(storefront = this.shop, changes, terms) {
    const wish = await this.wish(storefront, changes, terms);
    const payment = await storefront.create(wish);
    return { storefront, wish, payment, id: payment.payment_id, link: payment.next_action?.hosted_url };
  }

  /** A payment whose buyer stands at the platform's cashier. */
  async opened(storefront, changes, terms) {
    const made = await this.created(storefront, changes, terms);
    return { ...made, ...(await this.buyer.open(made.link)) };
  }

  /** A payment that is PAID. */
  async paid(storefront, changes, terms) {
    const made = await this.opened(storefront, changes, terms);
    await this.sandbox.pay(made.number);
    made.payment = await this.state(made, 'PAYMENT_STATE_PAID');
    return made;
  }

  /** Waits until the payment is in that state, and returns it; `refresh`: asks the platform meanwhile. */
  state({ storefront, id }, state, { refresh = false } = {}) {
    return until(`payment ${id} to be ${state}`, async () => {
      const payment = await storefront.get({ payment_id: id, refresh });
      return payment.state === state && payment;
    });
  }

  refundState({ storefront }, refundId, state, { refresh = false, withinMs } = {}) {
    return until(`refund ${refundId} to be ${state}`, async () => {
      const refund = await storefront.getRefund(refundId, { refresh });
      return refund.state === state && refund;
    }, withinMs);
  }

  async eventsOf({ storefront, id }) {
    const all = [];
    for (let cursor = 0; ;) {
      const { events, next_cursor: next } = await storefront.events(cursor);
      all.push(...events);
      if (events.length < 200) return all.filter((event) => event.payment_id === id).map(({ kind }) => kind.slice('EVENT_KIND_'.length));
      cursor = next;
    }
  }

  // ---- the end ----

  async end() {
    try {
      if (this.fenqid?.hasEnded === false) await this.stopDaemon();
      checkRedaction(this.log, this.secrets);
    } finally {
      await this.abandon();
    }
  }

  async abandon() {
    for (const storefront of this.storefronts) storefront.close();
    await this.fenqid?.signal('SIGKILL');
    for (const sandbox of this.sandboxes) await sandbox.program.signal('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
