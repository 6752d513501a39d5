// SPDX-License-Identifier: Apache-2.0
// What became of an order: waiting, paid with its receipt, closed; and each time what to do next.
import { html, markup } from '../html.mjs';
import { qrSvg } from '../qr.mjs';
import { isState, shownTry } from '../shop.mjs';
import { beijing, csrf, headed, named, page, percent, postButton, sign, steps, yuan } from './layout.mjs';
import { lineTable } from './product.mjs';

/** While the answer may come any moment the page listens (shop.js); without a script it reloads. */
const live = (order, version) => ({
  head: html`<noscript><meta http-equiv="refresh" content="3;url=/orders/${order.id}"></noscript>`,
  mark: html`<div data-live="/orders/${order.id}/stream?version=${version}"></div>`,
});

const IDENTITY = {
  RESULT_NOT_ASKED: ['由支付平台核验', 'By the platform'],
  RESULT_PLATFORM_LOGIN: ['平台实名账户登录', 'Logged in at the platform'],
  RESULT_REAL_NAME_MATCHED: ['实名信息一致', 'Real name matched'],
  RESULT_MISMATCH: ['实名信息不一致', 'Real name does not match'],
  RESULT_UNKNOWN: ['由支付平台核验', 'By the platform'],
};

const MATCH = {
  MATCH_CONFIRMED: ['平台已确认期数', 'Confirmed by the platform'],
  MATCH_DIFFERENT: ['与所选期数不同，以平台账单为准', 'Other than chosen: the platform’s bill governs'],
  MATCH_UNCONFIRMED: ['以平台账单为准', 'The platform’s bill governs'],
};

const REFUND_STATES = {
  REFUND_STATE_RESERVED: ['处理中', 'In progress'],
  REFUND_STATE_SUBMITTED: ['处理中', 'In progress'],
  REFUND_STATE_REFUNDED: ['已退款', 'Refunded'],
  REFUND_STATE_FAILED: ['退款未成功，款项未变动', 'Failed; no money moved'],
};

const CLOSED = {
  CLOSE_REASON_DECLINED: [['支付未通过', 'The payment was declined'], ['支付平台或发卡银行未通过这次付款，没有扣款。可以换一个方案或支付方式再试。', 'The platform or the bank declined; nothing was charged. Try another plan or another way to pay.'], 'bad'],
  CLOSE_REASON_EXPIRED: [['支付已超时', 'The payment has expired'], ['没有在有效时间内完成付款，没有扣款。商品仍为您保留，可以重新付款。', 'It was not paid in time; nothing was charged. Your order is kept, and you can pay again.'], 'bad'],
  CLOSE_REASON_REQUESTED: [['付款已取消', 'The payment was cancelled'], ['没有扣款，可以重新选择付款方式。', 'It was cancelled; nothing was charged. You can choose again how to pay.'], 'info'],
};

const goods = (visit, order) => html`<section class="card" aria-labelledby="what"><h2 id="what">${visit.say('订单', 'Order')}</h2>${lineTable(visit, order.lines)}
<p class="total"><span>${visit.say('金额', 'Amount')}</span> <strong>${yuan(order.minor)}</strong></p><p class="note">${visit.say('订单号', 'Number')} ${order.id}<br>${visit.say('下单时间', 'Ordered')} ${beijing(order.createdMs)}</p></section>`;

const planText = (visit, { plan, offer }) => `${named(visit, offer, 'title')} · ${visit.say(`${plan.instalments} 期`, `${plan.instalments} instalments`)}`;

// ---- paid -------------------------------------------------------------------------------------------

const receipt = (visit, order, one) => {
  const { say } = visit;
  const { payment } = one;
  const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section class="card receipt" aria-labelledby="receipt"><h2 id="receipt">${say('付款凭证', 'Receipt')} <span class="badge good">${say('签名已验证', 'Signature verified')}</span></h2>
<dl class="facts">${fact(say('已付金额', 'Paid'), html`<strong>${yuan(payment.amount.minor)}</strong>`)}
${fact(say('分期方案', 'Plan'), html`${planText(visit, one)}<br><small>${say(...(MATCH[payment.terms.match] ?? ['', '']))}</small>`)}
${fact(headed(visit, one.offer, 'fee_word'), yuan(payment.terms.buyer_fee_minor))}
${fact(say('综合年化成本（IRR）', 'Annual rate (IRR)'), percent(payment.terms.nominal_annual_bp))}
${fact(say('身份验证', 'Identity'), say(...(IDENTITY[payment.identity?.result] ?? IDENTITY.RESULT_UNKNOWN)))}
${fact(say('付款时间', 'Paid at'), beijing(payment.paid_at_unix_ms))}
${fact(say('平台流水号', 'Platform number'), html`<code>${payment.platform_ref}</code>`)}
${fact(say('支付单号', 'Payment'), html`<code>${payment.payment_id}</code>`)}
${fact(say('签名密钥', 'Signed by key'), html`<code>${one.receipt.keyId}</code><br><small>${beijing(one.receipt.issuedMs)}</small>`)}</dl>
<div class="actions"><a class="button" href="/orders/${order.id}/receipt" download>${say('下载签名凭证', 'Download the signed receipt')}</a></div></section>`;
};

const refunds = (visit, order, one, told) => {
  const { say } = visit;
  const { payment } = one;
  const left = payment.amount.minor - payment.refunded_minor - payment.refund_pending_minor;
  return html`<section class="card" aria-labelledby="refunds"><h2 id="refunds">${say('退款', 'Refunds')}</h2>
${told && html`<p class="message" role="alert">${told}</p>`}
${payment.refunds.length > 0 && html`<ul class="lines">${payment.refunds.map((refund) => html`<li><span class="grow"><span>${say(...(REFUND_STATES[refund.state] ?? ['', '']))}</span><br><small>${beijing(refund.created_at_unix_ms)}</small></span><span>${yuan(refund.amount.minor)}</span></li>`)}</ul>`}
${left > 0 ? html`<form method="post" action="/orders/${order.id}/refund" class="refund" data-once>${csrf(visit)}<input type="hidden" name="n" value="${payment.refunds.length + 1}">
<label for="amount">${say(`退款金额（最多 ${yuan(left)}）`, `Amount (up to ${yuan(left)})`)}</label>
<span class="field"><span aria-hidden="true">¥</span><input id="amount" name="amount" inputmode="decimal" autocomplete="off" required pattern="[0-9]{1,8}([.][0-9]{1,2})?" value="${(left / 100).toFixed(2)}"></span>
<button>${say('申请退款', 'Request refund')}</button></form><p class="note">${say('款项原路退回付款账户；分期手续费按平台规则处理。', 'The money goes back to where it came from; fees follow the platform’s rules.')}</p>`
    : html`<p class="note">${payment.refund_pending_minor > 0 ? say('退款处理中，此页会自动更新。', 'The refund is in progress; this page updates by itself.') : say('款项已全部退回。', 'All of it has been refunded.')}</p>`}</section>`;
};

const paid = (visit, order, one, told) => {
  const { say } = visit;
  const { payment } = one;
  const isPending = payment.refund_pending_minor > 0;
  const isBack = payment.refunded_minor === payment.amount.minor;
  const title = isBack ? say('已全额退款', 'Refunded in full') : say('付款成功', 'Paid');
  const { head, mark } = isPending ? live(order, payment.version) : {};
  return page(visit, { title, head, look: 'split', body: html`${!isBack && steps(visit, 4)}
${sign('good', title, isBack ? say('款项已原路退回。', 'The money is on its way back to you.') : say('支付平台已确认付款，我们会尽快发货。', 'The platform has confirmed your payment. We will ship it soon.'))}${mark}
${payment.double_paid && html`<p class="message" role="alert">${say('这笔订单被支付了不止一次，多付的款项会原路退回；如有疑问请联系客服。', 'This order was paid more than once; the surplus goes back to you. Contact us if you have questions.')}</p>`}
<div class="body">${receipt(visit, order, one)}${refunds(visit, order, one, told)}</div>
<div class="side">${goods(visit, order)}<a class="button wide" href="/">${say('继续逛逛', 'Back to the shop')}</a></div>` });
};

// ---- not (yet) paid ---------------------------------------------------------------------------------------

const fresh = (visit, order) => page(visit, { title: visit.say('待确认的订单', 'To be confirmed'), look: 'split', body: html`
${sign('wait', visit.say('还差一步', 'One more step'), visit.say('订单已保留，还没有付款。', 'Your order is kept; nothing has been paid.'))}
<div class="body"><section class="card center"><p>${order.tries.length > 0 && planText(visit, order.tries.at(-1))}</p>
<div class="actions"><a class="button main" href="/orders/${order.id}/confirm">${visit.say('确认费用并付款', 'Confirm and pay')}</a> <a class="button" href="/orders/${order.id}/plans">${visit.say('换一个方案', 'Another plan')}</a></div></section></div><div class="side">${goods(visit, order)}</div>` });

const open = (visit, order, one, { isOld, isBack, told }) => {
  const { say } = visit;
  const { payment } = one;
  const { head, mark } = live(order, payment.version);
  const isReturned = isBack || ['VERIFICATION_RETURNED', 'VERIFICATION_VERIFIED'].includes(payment.verification);
  const [title, text] = payment.closing
    ? [say('正在取消', 'Cancelling'), say('正在与支付平台确认，确认后即可重新选择付款方式。', 'We are checking with the platform; then you can choose again.')]
    : isReturned
      ? [say('正在确认付款结果', 'Confirming your payment'), say('正在等待支付平台的确认，通常只需几秒。已经付款请勿重复支付；可以离开此页，结果会出现在“我的订单”。', 'We are waiting for the platform, usually for a few seconds. If you have paid, do not pay again. You may leave: the result will appear under Orders.')]
      : [say('等待付款', 'Waiting for your payment'), say('完成支付后，此页会自动更新。', 'This page updates by itself once you have paid.')];
  return page(visit, { title, head, look: 'split', body: html`${steps(visit, 2)}${sign('wait', title, text)}${mark}
${isOld && html`<p class="message" role="status">${say('暂时无法获取最新状态，正在重试。', 'The latest state is not available at the moment; we keep trying.')}</p>`}
${(told || (one.isDeclined && !isReturned && !payment.closing)) && html`<p class="message" role="alert">${told || say('刚才的付款未通过，没有扣款。可以继续付款，或换一种方式。', 'That payment was declined; nothing was charged. Try again, or choose another way to pay.')}</p>`}
<div class="body"><section class="card center"><p>${planText(visit, one)} · ${yuan(payment.amount.minor)}</p>
${payment.closing ? html`<p class="note">${say(`最晚于 ${beijing(payment.closes_by_unix_ms)} 完成取消，在此之前不会重复扣款。`, `Cancelled by ${beijing(payment.closes_by_unix_ms)} at the latest; nothing is charged twice.`)}</p>
<div class="actions"><a class="button" href="/orders">${say('我的订单', 'My orders')}</a></div>` : html`<p class="note">${say(`请在 ${beijing(payment.expires_at_unix_ms)} 前完成付款`, `Please pay before ${beijing(payment.expires_at_unix_ms)}`)}</p>
<div class="actions"><a class="button main" href="/orders/${order.id}/go">${isReturned ? say('尚未付款？继续付款', 'Not paid yet? Continue') : say('继续付款', 'Continue to pay')}</a>
${postButton(visit, `/orders/${order.id}/cancel`, say('取消并换一种方式', 'Cancel and choose again'))}</div>`}
<div class="actions no-script"><a class="button" href="/orders/${order.id}">${say('刷新', 'Reload')}</a></div></section></div><div class="side">${goods(visit, order)}</div>` });
};

const unknown = (visit, order, one) => {
  const { head, mark } = live(order, 0);
  return page(visit, { title: visit.say('正在提交', 'Submitting'), head, look: 'split', body: html`${sign('wait', visit.say('正在提交付款', 'Submitting your payment'),
    visit.say('支付服务还没有回应，不会重复扣款。可以再试一次，或稍后回来查看。', 'The payment service has not answered. Nothing is charged twice: try again, or come back later.'))}${mark}
<div class="body"><section class="card center"><p>${planText(visit, one)} · ${yuan(order.minor)}</p>
<form method="post" action="/orders/${order.id}/pay" data-once>${csrf(visit)}<input type="hidden" name="confirmed" value="1"><button class="main">${visit.say('再试一次', 'Try again')}</button></form></section></div><div class="side">${goods(visit, order)}</div>` });
};

const closed = (visit, order, one) => {
  const { say } = visit;
  const [title, text, kind] = CLOSED[one.payment.close_reason] ?? CLOSED.CLOSE_REASON_REQUESTED;
  return page(visit, { title: say(...title), look: 'split', body: html`${sign(kind, say(...title), say(...text))}
<div class="body"><section class="card center"><p>${planText(visit, one)}</p>
<div class="actions"><a class="button main" href="/orders/${order.id}/plans">${say('重新选择付款方式', 'Choose again')}</a> <a class="button" href="/">${say('返回商城', 'Back to the shop')}</a></div></section></div><div class="side">${goods(visit, order)}</div>` });
};

/** facts: { isOld, isBack, told } */
export function orderPage(visit, order, facts = {}) {
  const one = shownTry(order);
  if (!one?.wish) return fresh(visit, order);
  if (!one.payment) return unknown(visit, order, one);
  if (isState(one.payment, 'PAID')) return paid(visit, order, one, facts.told);
  return isState(one.payment, 'CLOSED') ? closed(visit, order, one) : open(visit, order, one, facts);
}

// ---- on the phone: QR code and app ---------------------------------------------------------------------------

export const qrPage = (visit, order, one, simulator) => {
  const { say } = visit;
  const { qr_code: text, expires_at_unix_ms: until } = one.payment.next_action;
  const { head, mark } = live(order, one.payment.version);
  return page(visit, { title: say('扫码支付', 'Scan to pay'), head, look: 'narrow', body: html`${steps(visit, 2)}${mark}<section class="card center"><h1>${say('用手机扫码支付', 'Scan with your phone')}</h1>
<p class="sum">${yuan(one.payment.amount.minor)}</p><p>${planText(visit, one)}</p>
<div class="code">${markup(qrSvg(text, say('付款二维码', 'QR code to pay')))}</div>
<p class="note">${say('请打开支付平台 App 扫码，完成身份验证与付款，此页会自动更新。', 'Open the platform’s app, scan, verify your identity and pay; this page updates by itself.')}<br>${say('有效至', 'Valid until')} ${beijing(until)}</p>
${simulator && html`<p class="note"><a href="${text}" target="_blank" rel="noopener">${say('没有手机？在新窗口模拟扫码', 'No phone at hand? Simulate it in a new window')}</a></p>`}
<div class="actions"><a class="button" href="/orders/${order.id}">${say('我已付款，查看结果', 'I have paid')}</a>${postButton(visit, `/orders/${order.id}/cancel`, say('取消并换一种方式', 'Cancel and choose again'))}</div></section>` });
};

export const appPage = (visit, order, one, simulator, told) => {
  const { say } = visit;
  const { head, mark } = live(order, one.payment.version);
  return page(visit, { title: say('App 支付', 'Pay in the app'), head, look: 'narrow', body: html`${steps(visit, 2)}${mark}<section class="handset" aria-labelledby="app"><div class="screen">
<p class="over">${say('App 模拟器', 'App simulator')}</p><h1 id="app">${say('在 App 中付款', 'Pay in the app')}</h1><p class="sum">${yuan(one.payment.amount.minor)}</p><p>${planText(visit, one)}</p>
${told && html`<p class="message" role="alert">${told}</p>`}
${simulator ? html`${postButton(visit, `/orders/${order.id}/app`, say('打开支付平台', 'Open the platform'), { look: 'main wide' })}`
    : html`<p class="note">${say('请在我们的手机 App 中打开这笔订单。', 'Please open this order in our app.')}</p>`}
<details><summary>${say('交给支付 SDK 的字符串', 'The string for the platform’s SDK')}</summary><p class="string"><code>${one.payment.next_action.app_sdk}</code></p></details></div></section>
<div class="actions"><a class="button" href="/orders/${order.id}">${say('查看结果', 'See the result')}</a>${postButton(visit, `/orders/${order.id}/cancel`, say('取消并换一种方式', 'Cancel and choose again'))}</div>` });
};

// ---- lists, and a browser that we do not know ------------------------------------------------------------------

const stateText = (order) => {
  const one = shownTry(order);
  if (!one?.payment) return ['待付款', 'Not paid'];
  const { payment } = one;
  if (isState(payment, 'PAID')) return payment.refunded_minor === payment.amount.minor ? ['已退款', 'Refunded'] : payment.refunded_minor > 0 ? ['部分退款', 'Partly refunded'] : ['已付款', 'Paid'];
  return isState(payment, 'CLOSED') ? ['未付款', 'Not paid'] : ['等待付款', 'Waiting'];
};

export const ordersPage = (visit, orders) => page(visit, { title: visit.say('我的订单', 'My orders'), look: 'middle', body: html`<h1>${visit.say('我的订单', 'My orders')}</h1>
${orders.length === 0 ? html`<section class="card center"><p class="lead">${visit.say('还没有订单。', 'You have no orders yet.')}</p><div class="actions"><a class="button main" href="/">${visit.say('去看看望舒 M1', 'Look at Wangshu M1')}</a></div></section>`
    : html`<ul class="tiles one">${orders.map((order) => html`<li class="card"><p class="row"><a href="/orders/${order.id}">${order.id}</a><span class="badge">${visit.say(...stateText(order))}</span></p>${lineTable(visit, order.lines)}<p class="row"><small>${beijing(order.createdMs)}</small><strong>${yuan(order.minor)}</strong></p></li>`)}</ul>`}` });

/** Who comes back without our cookie is shown what the signed status says, and nothing of the order. */
export const strangerPage = (visit, status) => {
  const { say } = visit;
  const isPaid = status.state === 'PAID';
  const [title, text] = isPaid ? [say('付款成功', 'Paid'), say('支付平台已确认付款。', 'The platform has confirmed the payment.')]
    : [say('付款尚未确认', 'Not confirmed yet'), say('结果确认后会出现在您下单时所用浏览器的“我的订单”中。', 'The result will appear under Orders, in the browser that you ordered with.')];
  return page(visit, { title, look: 'narrow', body: html`<section class="card center">${sign(isPaid ? 'good' : 'wait', title, text)}
<dl class="facts"><div><dt>${say('订单号', 'Order')}</dt><dd>${status.order}</dd></div><div><dt>${say('金额', 'Amount')}</dt><dd>${yuan(status.amount)}</dd></div></dl>
<div class="actions"><a class="button main" href="/">${say('返回商城', 'Back to the shop')}</a></div></section>` });
};
