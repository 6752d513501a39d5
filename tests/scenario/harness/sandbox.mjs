// SPDX-License-Identifier: Apache-2.0
// The platform's control side: what the tests do in place of its buyers, its operators and bad luck.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './processes.mjs';

export const APP_ID = '2021000122671080';
export const SELLER_ID = '2088721003899159';

const SETTINGS = { hb_fq_pay_info: true, upper_case_key: true, refund_pending_ms: 0, timestamp_tolerance_ms: 1e12,
  notify_closed: false, notify_cert_sn: false, encryption_required: false, permissions: 'granted',
  platform_certificate: 'first' };

/** "6999.00" in fen. */
export function fen(yuan) {
  const [whole, part] = yuan.split('.');
  return Number(whole) * 100 + Number(part);
}

export class Sandbox {
  static async start(path, folder, keys, { appId = APP_ID, sellerId = SELLER_ID, prefix = '' } = {}) {
    const sandbox = new Sandbox();
    const file = (name) => join(folder, name);
    const portsFile = file(`${prefix}sandbox.ports`);
    sandbox.program = Program.start('fenqi-sandbox', path, ['--cert', file('tls.crt'), '--key', file('tls.key'),
      '--notify-ca', file('tls.crt'), '--app-id', appId, '--seller-id', sellerId, '--ports-file', portsFile,
      ...(keys ?? ['--app-public', file('app.pub'), '--alipay-private', file('alipay.pem')])]);
    await sandbox.program.untilReady('the sandbox to listen', () => existsSync(portsFile));
    const ports = readFileSync(portsFile, 'utf8');
    sandbox.port = Number(/gateway=(\d+)/.exec(ports)[1]);
    sandbox.control = `http://127.0.0.1:${/control=(\d+)/.exec(ports)[1]}`;
    await sandbox.reset();
    return sandbox;
  }

  async ask(method, path, body) {
    const answer = await fetch(this.control + path, { method, body: body && JSON.stringify(body) });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`sandbox: ${method} ${path}: ${JSON.stringify(json)}`);
    return json;
  }

  async reset() {
    await this.calm();
    await this.settings(SETTINGS);
  }

  fault(method, kind, more = {}) {
    return this.ask('POST', '/faults', { method, kind, ...more });
  }

  calm() {
    return this.ask('DELETE', '/faults');
  }

  settings(wish) {
    return this.ask('POST', '/settings', wish);
  }

  trade(number) {
    return this.ask('GET', `/trades/${number}`);
  }

  async trades() {
    return (await this.ask('GET', '/trades')).trades;
  }

  /** be the buyer or time: open, pay, decline, close, expire */
  act(number, act, body) {
    return this.ask('POST', `/trades/${number}/${act}`, body ?? {});
  }

  pay(number, body) {
    return this.act(number, 'pay', body);
  }

  /** Calls of a method about an order; of one about none: ''. */
  async log(method, number) {
    const { log } = await this.ask('GET', '/log');
    return log.filter((line) => line.method === method && line.out_trade_no === number);
  }

  /** Notifications of an order that were delivered, each with its answers. */
  async notified(number) {
    const { notifications } = await this.trade(number);
    return notifications.filter((one) => one.deliveries.length > 0);
  }

  /** The phone: it gets the string from the shop's app; act: pay, open, return, cancel, lost, ... */
  phone(orderString, act = 'pay') {
    return this.ask('POST', '/app', { order_string: orderString, act });
  }

  /** The buyer holds the phone before a code, and logs in. */
  scan(code) {
    return this.ask('POST', '/scan', { qr_code: code });
  }

  advance(ms) {
    return this.ask('POST', '/clock', { advance_ms: ms });
  }

  forge(body) {
    return this.ask('POST', '/notify/forge', body);
  }

  resend(number) {
    return this.ask('POST', `/notify/resend/${number}`, {});
  }
}
