// SPDX-License-Identifier: Apache-2.0
// UnionPay's side of the tests: its model's control side, and a buyer who pays there by card.
//
//   const merchant = makeMerchant(folder);             // keys of a merchant; merchant.options for the sandbox
//   const unionpay = await UnionPay.start(binary, folder, merchant);   // a process of its own, or:
//   const unionpay = UnionPay.beside(sandbox, folder);  // sandbox was started with merchant.options as well
//   unionpay.settings({ pay_pending_ms: 5000 });        // every call of README.md's control side is here
//   const way = await open(buyer, link);                // fenqid's form, posted to the platform's page
//   const done = await pay(buyer, way.page, { instalments: 6 });        // card, terms, code
//   await comeBack(buyer, done);                        // posts the signed form to the shop's frontUrl
//
// `buyer` is a Buyer of buyer.mjs. Pages are { url, status, body, ... } as visit() returns them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './processes.mjs';

export const MER_ID = '777290058110048';

/** Credit card that takes instalments, with its holder as the page asks for him. */
export const CARD = { card_number: '6221558812340000', customer_name: '全渠道', document_number: '341126197709218366',
  phone: '13552535506', expiry: '11/23', cvn2: '123' };
export const DEBIT_CARD = { ...CARD, card_number: '6216261000000000018', expiry: '', cvn2: '' };
export const OTHERS_CARD = { card_number: '6250947000000014', customer_name: '张三', document_number: '510265790128303',
  phone: '18100000000', expiry: '12/33', cvn2: '123' };
export const SMS = { desktop: '111111', mobile: '123456' };

const SETTINGS = { txn_time_tolerance_ms: 1e12, arrival_delay_ms: 0, pay_pending_ms: 0, refund_pending_ms: 0,
  pay_code: '00', refund_code: '00', undo_code: '00', partial_refund: true, instalment_partial_refund: true, undo: true,
  instal_trans_info: true, card_facts: true, acc_no: 'masked', braces: false, late_pay: 'refused', open_answer: '05',
  expired_answer: '34', file_at_once: false, file_flaw: 'none', subsidy_ppm: 0, cutoff_minutes: 1380, unknown_merchant: 'unsigned' };

/**
 * A merchant's signing key and certificate, in files; and what the sandbox is started with so that it
 * knows him. The sandbox writes its chain to the folder `unionpay`: roots.crt to pin, encryption.crt.
 */
export function makeMerchant(folder, { merId = MER_ID, prefix = '', digest = 'sha256', serial = '0x1046900149abcdef01' } = {}) {
  const file = (name) => `${prefix}${name}`;
  const path = (name) => join(folder, file(name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-set_serial', serial,
    '-subj', '/CN=041@Z2026-11-1@700000000000001:SIGN@00000001', '-keyout', path('merchant.pem'), '-out', path('merchant.crt')], { stdio: 'ignore' });
  const chain = file('unionpay');
  return {
    merId,
    certId: BigInt(serial).toString(),
    keys: { sign: file('merchant.pem'), sign_cert: file('merchant.crt'), roots: `${chain}/roots.crt`, encrypt: `${chain}/encryption.crt` },
    secrets: readFileSync(path('merchant.pem'), 'utf8').split('\n').slice(1, -2).map((line) => line.slice(0, 40)),
    options: ['--unionpay', join(folder, chain), '--unionpay-merchants', `${merId}=${path('merchant.crt')}`, '--unionpay-digest', digest],
    privateKey: readFileSync(path('merchant.pem'), 'utf8'),
  };
}

export class UnionPay {
  /** A sandbox that is UnionPay alone; tls.crt and tls.key stand in `folder`. */
  static async start(path, folder, merchant, { prefix = '' } = {}) {
    const file = (name) => join(folder, name);
    const portsFile = file(`${prefix}unionpay.ports`);
    const program = Program.start('fenqi-sandbox', path, ['--cert', file('tls.crt'), '--key', file('tls.key'),
      '--ports-file', portsFile, ...merchant.options]);
    await program.untilReady('the sandbox to listen', () => existsSync(portsFile));
    const ports = readFileSync(portsFile, 'utf8');
    const unionpay = UnionPay.beside({ port: Number(/gateway=(\d+)/.exec(ports)[1]),
      control: `http://127.0.0.1:${/control=(\d+)/.exec(ports)[1]}` });
    unionpay.program = program;
    await unionpay.reset();
    return unionpay;
  }

  /** In the process of a Sandbox that was started with makeMerchant's options, too. */
  static beside({ port, control }) {
    return Object.assign(new UnionPay(), { port, control, gateway: `https://127.0.0.1:${port}`, nCalls: 0 });
  }

  async ask(method, path, body) {
    const answer = await fetch(`${this.control}/unionpay${path}`, { method, body: body && JSON.stringify(body) });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`unionpay: ${method} ${path}: ${JSON.stringify(json)}`);
    return json;
  }

  async reset() {
    await this.calm();
    await this.settings(SETTINGS);
  }

  /** method: front, query, refund, undo, key, file, back, *, notify, return; more: count, order_id, field, value, delay_ms */
  fault(method, kind, more = {}) {
    return this.ask('POST', '/faults', { method, kind, ...more });
  }

  calm() {
    return this.ask('DELETE', '/faults');
  }

  settings(wish) {
    return this.ask('POST', '/settings', wish);
  }

  order(orderId) {
    return this.ask('GET', `/orders/${orderId}`);
  }

  async orders() {
    return (await this.ask('GET', '/orders')).orders;
  }

  /** be the buyer, the bank or time: pay, settle, decline, expire */
  act(orderId, act, body) {
    return this.ask('POST', `/orders/${orderId}/${act}`, body ?? {});
  }

  /** { instalments, code, card, even_if_late } */
  pay(orderId, body) {
    return this.act(orderId, 'pay', body);
  }

  /** What was being processed ends with a code. */
  settle(orderId, code = '00') {
    return this.act(orderId, 'settle', { code });
  }

  async log(method, orderId) {
    const { log } = await this.ask('GET', '/log');
    return log.filter((line) => line.method === method && line.order_id === orderId);
  }

  /** Notifications of an order that were delivered, each with its answers. */
  async notified(orderId) {
    const { notifications } = await this.order(orderId);
    return notifications.filter((one) => one.deliveries.length > 0);
  }

  /** The signed way back to the shop: { url, fields }. */
  wayBack(orderId) {
    return this.ask('GET', `/return/${orderId}`);
  }

  /** A refund of the merchant portal; without an amount, all that is left. Answers { order_id }. */
  consoleRefund(orderId, amountFen) {
    return this.ask('POST', '/refunds/console', { order_id: orderId, amount_fen: amountFen });
  }

  advance(ms) {
    return this.ask('POST', '/clock', { advance_ms: ms });
  }

  /** { order_id | url, signer: self_made | wrong_cn | expired_leaf | good | none, fields } */
  forge(body) {
    return this.ask('POST', '/notify/forge', body);
  }

  resend(orderId) {
    return this.ask('POST', `/notify/resend/${orderId}`, {});
  }

  /** what: leaf, encryption; answers { roots, leaf, leaf_cert_id, encryption, encryption_cert_id } */
  rotate(what) {
    return this.ask('POST', '/rotate', { what });
  }

  certificates() {
    return this.ask('GET', '/certificates');
  }

  addMerchant(merId, certificate, encrypts = false) {
    return this.ask('POST', '/merchants', { mer_id: merId, certificate, encrypts });
  }
}

/** Fields signed as a merchant does; for tests that talk to the model without fenqid. */
export function signed(merchant, fields) {
  const all = { version: '5.1.0', encoding: 'UTF-8', signMethod: '01', accessType: '0', merId: merchant.merId, certId: merchant.certId, ...fields };
  const names = Object.keys(all).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const hex = createHash('sha256').update(names.map((name) => `${name}=${all[name]}`).join('&')).digest('hex');
  return { ...all, signature: sign('sha256', Buffer.from(hex), merchant.privateKey).toString('base64') };
}

// ---- the buyer ----

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescape(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) =>
    (hex ? String.fromCodePoint(parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : ENTITIES[name] ?? all));
}

const attribute = (tag, name) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return found ? unescape(found[1]) : undefined;
};

/** Every form of a page: { id, action, method, fields: [[name, value]] }, with the hidden and checked fields. */
export function formsOf({ body, url }) {
  return [...body.matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gs)].map(([, tag, inside]) => ({
    id: attribute(tag, 'id'),
    action: new URL(attribute(tag, 'action') ?? '', url).href,
    method: (attribute(tag, 'method') ?? 'get').toUpperCase(),
    fields: [...inside.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([one]) => one)
      .filter((one) => attribute(one, 'name') && (attribute(one, 'type') === 'hidden' || /\schecked\b/.test(one)))
      .map((one) => [attribute(one, 'name'), attribute(one, 'value') ?? '']),
  }));
}

const post = (buyer, { action, fields }) => buyer.visit(action, { method: 'POST', form: fields });

/** Posts the payment's link as its page does by itself; returns fenqid's form for the platform, not yet sent. */
export async function go(buyer, link) {
  const answer = await buyer.visit(link, { method: 'POST', form: {} });
  assert.equal(answer.status, 200, `the link leads to a form: ${answer.status} ${answer.body}`);
  const form = formsOf(answer).find(({ fields }) => fields.some(([name]) => name === 'txnType'));
  assert.ok(form, `a form for the platform in ${answer.body}`);
  const fields = Object.fromEntries(form.fields);
  return { form, fields, number: fields.orderId, txnTime: fields.txnTime };
}

/** The same, and sends the form: `page` is the platform's first one. */
export async function open(buyer, link) {
  const way = await go(buyer, link);
  const page = await post(buyer, way.form);
  assert.equal(page.status, 200, `the platform's page: ${page.status} ${page.body}`);
  return { ...way, page };
}

/** Presses what has do=`what` on a platform's page; `fields` are what the buyer fills in. */
export function press(buyer, page, what, fields = {}) {
  const form = formsOf(page).find((one) => one.fields.some(([name, value]) => name === 'do' && value === what)) ??
    formsOf(page).find(() => page.body.includes(`name="do" value="${what}"`));
  assert.ok(form, `no do=${what} in ${page.body}`);
  const kept = form.fields.filter(([name]) => name !== 'do' && !(name in fields));
  return post(buyer, { action: form.action, fields: [...kept, ['do', what], ...Object.entries(fields)] });
}

export const enterCard = (buyer, page, card = CARD) => press(buyer, page, 'card', card);
export const chooseTerms = (buyer, page, instalments) => press(buyer, page, 'terms', { instalments: String(instalments).padStart(2, '0') });
export const enterCode = (buyer, page, code = SMS.desktop) => press(buyer, page, 'code', { sms_code: code });

/** Card, terms where the page asks for them, one-time code; returns the page with the result. */
export async function pay(buyer, page, { instalments = 12, card = CARD, code = SMS.desktop } = {}) {
  let next = await enterCard(buyer, page, card);
  if (next.body.includes('value="terms"')) next = await chooseTerms(buyer, next, instalments);
  return enterCode(buyer, next, code);
}

/** The page's form back to the shop, or undefined. */
export const returnForm = (page) => formsOf(page).find(({ id }) => id === 'return');

/** Posts the result page's form to the shop's address, as the button does. */
export function comeBack(buyer, page) {
  const form = returnForm(page);
  assert.ok(form, `no way back in ${page.body}`);
  return post(buyer, form);
}
