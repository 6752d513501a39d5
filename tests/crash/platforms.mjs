// SPDX-License-Identifier: Apache-2.0
// The platforms' truth about the day: what was charged, given back, asked for and acknowledged.
import { fen } from '../scenario/harness/sandbox.mjs';

const numbersOf = (orders) => new Set(orders.map((one) => one.order_id));
const isAcknowledged = ({ deliveries }) => deliveries.some(({ status, answer }) => status === 200 && (answer === 'success' || answer === 'ok'));

export class Platforms {
  /** From now on; what was before is not of this day. */
  static async since(world) {
    const platforms = new Platforms();
    platforms.world = world;
    platforms.trades = new Set((await world.sandbox.trades()).map((one) => one.out_trade_no));
    platforms.orders = numbersOf(await world.unionpay.orders());
    platforms.nLog = (await world.sandbox.ask('GET', '/log')).log.length;
    return platforms;
  }

  /**
   * { charges: [{ channel, number, fen, isAcknowledged, refunds: [{ number, fen, isOurs, isAcknowledged }] }],
   *   numbers: every order that they know, refundCalls: numbers of refunds that were asked for,
   *   unheard: Huabei's orders with a notification that nobody acknowledged }
   */
  async facts() {
    const { world } = this;
    const trades = (await world.sandbox.trades()).filter((one) => !this.trades.has(one.out_trade_no));
    const { log } = await world.sandbox.ask('GET', '/log');
    const orders = (await world.unionpay.orders()).filter((one) => !this.orders.has(one.order_id));
    const calls = log.slice(this.nLog).filter((one) => one.out_trade_no && !this.trades.has(one.out_trade_no));
    return {
      charges: [...trades.filter((one) => one.gmt_payment).map(chargeOfTrade),
        ...orders.filter((one) => one.charged && one.txn_type === '01').map((one) => chargeOfOrder(one, orders))],
      numbers: new Set([...trades.map((one) => one.out_trade_no), ...calls.map((one) => one.out_trade_no),
        ...orders.filter((one) => one.txn_type === '01').map((one) => one.order_id)]),
      refundCalls: new Set([...calls.filter((one) => one.method === 'alipay.trade.refund').map((one) => one.out_request_no),
        ...orders.filter((one) => one.txn_type === '04' && one.back_url).map((one) => one.order_id)]),
      unheard: trades.filter((one) => !one.notifications.every(isAcknowledged)).map((one) => one.out_trade_no),
    };
  }
}

function chargeOfTrade(trade) {
  return {
    channel: 'huabei',
    number: trade.out_trade_no,
    fen: fen(trade.total_amount),
    isAcknowledged: trade.notifications.some(isAcknowledged),
    refunds: trade.refunds.filter((one) => one.status === 'REFUND_SUCCESS')
      .map((one) => ({ number: one.out_request_no, fen: fen(one.refund_amount), isOurs: one.origin === 'api' })),
  };
}

function chargeOfOrder(order, orders) {
  const notified = (number) => orders.find((one) => one.order_id === number)?.notifications.some(isAcknowledged);
  return {
    channel: 'bankcard',
    number: order.order_id,
    fen: order.charged_fen,
    isAcknowledged: order.notifications.some(isAcknowledged),
    refunds: order.backs.filter((one) => one.charged)
      .map((one) => ({ number: one.order_id, fen: one.amount_fen, isOurs: Boolean(one.back_url), isAcknowledged: notified(one.order_id) })),
  };
}
