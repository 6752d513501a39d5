// SPDX-License-Identifier: Apache-2.0
// The settlement page (channels, plans, schedules) and the confirmation with its disclosure of cost.
import { html } from '../html.mjs';
import { csrf, headed, named, page, percent, steps, yuan } from './layout.mjs';
import { lineTable } from './product.mjs';

const DEVICES = {
  TERMINAL_DESKTOP: ['在这台设备上支付', 'Pay on this device'],
  TERMINAL_MOBILE_WEB: ['在这台设备上支付', 'Pay on this device'],
  TERMINAL_QR: ['用手机扫码支付', 'Scan with a phone'],
  TERMINAL_APP: ['在手机 App 中支付', 'Pay in the app'],
};

const WHY_NOT = {
  AMOUNT_TOO_SMALL: ['订单金额低于分期起点', 'The order is too small for instalments'],
  AMOUNT_TOO_LARGE: ['订单金额超过分期上限', 'The order is too large for instalments'],
  VIRTUAL_GOODS: ['订单含虚拟商品，不能分期', 'Virtual goods cannot be paid in instalments'],
  TERMINAL_NOT_SUPPORTED: ['不支持所选的支付设备', 'Not for the chosen device'],
  ISSUER_NOT_SUPPORTED: ['不支持所选银行', 'Not for the chosen bank'],
  ISSUER_NEEDED: ['请先选择发卡银行', 'Please choose the bank of your card'],
  RISK: ['暂不能使用分期，请稍后再试', 'Instalments are not available now; please try later'],
};

/** Principal, fee and month of each instalment. */
export const schedule = (visit, plan, feeWord) => {
  const { say } = visit;
  const month = (yyyymm) => `${Math.floor(yyyymm / 100)}-${String(yyyymm % 100).padStart(2, '0')}`;
  const cell = (minor) => html`<td>${yuan(minor).slice(1)}</td>`; /* the unit stands in the caption: a phone is narrow */
  return html`<table class="numbers"><caption>${say('单位：元', 'CNY')}</caption>
<thead><tr><th scope="col">${say('期', 'No.')}</th><th scope="col">${say('账单月', 'Month')}</th><th scope="col">${say('本金', 'Principal')}</th><th scope="col">${feeWord}</th><th scope="col">${say('应还', 'To pay')}</th></tr></thead>
<tbody>${plan.schedule.map((line) => html`<tr><th scope="row">${line.number}</th><td>${month(line.due_month)}</td>${cell(line.principal_minor)}${cell(line.fee_minor)}${cell(line.total_minor)}</tr>`)}</tbody>
<tfoot><tr><th scope="row" colspan="2">${say('合计', 'Sum')}</th>${cell(plan.principal_minor)}${cell(plan.buyer_fee_minor)}${cell(plan.buyer_total_minor)}</tr></tfoot></table>`;
};

const eachText = (visit, plan) => {
  const [first, next] = [plan.schedule[0].total_minor, plan.schedule.at(-1).total_minor];
  return html`<span class="whole"><span class="each">${yuan(next)}</span> × ${plan.instalments} ${visit.say('期', 'months')}</span>${first !== next && html` <small class="whole">${visit.say('首期', 'first')} ${yuan(first)}</small>`}`;
};

const planCard = (visit, offer, plan, isFirst) => {
  const { say } = visit;
  const isFree = plan.buyer_fee_minor === 0;
  const fee = headed(visit, offer, 'fee_word');
  return html`<div class="plan"><label><input type="radio" name="plan" required value="${offer.channel}/${plan.instalments}/${plan.bearer}"${isFirst && html` checked`}>
<span class="grow">${eachText(visit, plan)}<br><small>${isFree ? html`<b class="badge">${say('免息', 'no cost')}</b> <span class="whole">${say('费用由商家承担', 'the shop pays it')}</span>` : html`<span class="whole">${fee} ${yuan(plan.buyer_fee_minor)}</span> · <span class="whole">${say('共还', 'total')} ${yuan(plan.buyer_total_minor)}</span>`}</small></span>
<span class="rate"><small>${say('年化利率（IRR）', 'Annual rate (IRR)')}</small><b>${percent(plan.nominal_annual_bp)}</b></span></label>
<details><summary>${say('每期明细', 'Schedule')}<span class="hidden">${say(`：${plan.instalments} 期`, ` of ${plan.instalments}`)}</span></summary>${schedule(visit, plan, fee)}
<p class="note">${say(`年化利率按每期剩余本金以内部收益率（IRR）计算；实际年利率（复利）${percent(plan.effective_annual_bp)}，单利 ${percent(plan.simple_annual_bp)}。`,
    `By the internal rate of return on the remaining principal; effective ${percent(plan.effective_annual_bp)}, simple rate ${percent(plan.simple_annual_bp)}.`)}</p></details></div>`;
};

const channelPart = (visit, offer, isFirst) => {
  const { say } = visit;
  const title = named(visit, offer, 'title');
  if (!offer.eligible || offer.plans.length === 0)
    return html`<fieldset class="card channel off"><legend>${title}</legend><p class="note">${say(...(WHY_NOT[offer.reason] ?? ['这笔订单暂不可用', 'Not available for this order']))}</p></fieldset>`;
  return html`<fieldset class="card channel"><legend>${title}${offer.issuer && html` · ${named(visit, offer.issuer, 'title')}`}</legend>
${inOrder(offer.plans).map((plan, i) => planCard(visit, offer, plan, isFirst && i === 0))}
${offer.indicative && html`<p class="note">${named(visit, offer, 'note')}</p>`}</fieldset>`;
};

/** What costs nothing first, then by length. */
const inOrder = (plans) => [...plans].sort((a, b) => (a.buyer_fee_minor > 0) - (b.buyer_fee_minor > 0) || a.instalments - b.instalments);

/** target: where the choice is posted; issuers: banks that can be named. */
export const plansPage = (visit, { title, target, here, lines, minor, channels, terminal, devices, issuer, issuers, told }) => {
  const { say } = visit;
  const firstEligible = channels.find(({ eligible, plans }) => eligible && plans.length > 0);
  return page(visit, { title, look: 'split', body: html`
${steps(visit, 0)}<h1>${title}</h1>
${told && html`<p class="message" role="alert">${told}</p>`}
<div class="side"><section class="card" aria-labelledby="what"><h2 id="what">${say('商品清单', 'Your order')}</h2>${lineTable(visit, lines)}<p class="total"><span>${say('应付', 'To pay')}</span> <strong>${yuan(minor)}</strong></p></section>
<section class="card" aria-labelledby="to"><h2 id="to">${say('收货信息', 'Delivery')}</h2><p>${say('月小姐', 'Ms Yue')} <small>138****0000</small><br><small>${say('上海市 · 望舒路 1 号（演示地址）', '1 Wangshu Road, Shanghai (demonstration)')}</small></p></section></div>
<div class="body"><form method="get" action="${here}" class="card pick" data-auto><fieldset><legend>${say('支付设备', 'Device')}</legend>${devices.map((one) => html`<label class="pill"><input type="radio" name="terminal" value="${one}"${one === terminal && html` checked`}><span>${say(...DEVICES[one])}</span></label>`)}</fieldset>
${issuers.length > 0 && html`<p><label for="issuer" class="label">${say('信用卡发卡银行', 'Card issuer')}</label><select id="issuer" name="issuer"><option value="">${say('稍后在支付页面选择', 'Choose on the payment page')}</option>${issuers.map((one) => html`<option value="${one.issuer}"${one.issuer === issuer && html` selected`}>${named(visit, one, 'title')}</option>`)}</select></p>`}
<button class="no-script">${say('更新方案', 'Update the plans')}</button></form>
<form method="post" action="${target}">${csrf(visit)}<input type="hidden" name="terminal" value="${terminal}"><input type="hidden" name="issuer" value="${issuer ?? ''}">
<h2>${say('选择分期方案', 'Choose a plan')}</h2>
${channels.map((one) => channelPart(visit, one, one === firstEligible))}
${firstEligible ? html`<div class="actions end"><button class="main wide">${say('下一步：确认费用', 'Next: confirm the cost')}</button></div>`
    : html`<p class="message" role="alert">${say('这笔订单暂时没有可用的分期方案。可以更换支付设备、发卡银行，或返回购物车调整商品。', 'No plan is available for this order. Choose another device or bank, or change your cart.')}</p><div class="actions end"><a class="button main" href="/cart">${say('返回购物车', 'Back to the cart')}</a></div>`}</form></div>` });
};

/** 综合融资成本明示表: every row, then the total and how it was computed. */
const costTable = (visit, { plan, offer }) => {
  const { say } = visit;
  const heads = [['费用项目', 'Item'], ['收取方式', 'Charged'], ['收取标准', 'Basis'], ['金额', 'Amount'], ['年化水平', 'Per year'], ['收取主体', 'Collected by']].map((one) => say(...one));
  const cell = (i, value) => html`<td data-label="${heads[i]}">${value}</td>`;
  return html`<table class="cost" aria-describedby="method"><caption>${say('综合融资成本明示表', 'Total cost of this credit')}</caption>
<thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
<tbody>${[...plan.cost.rows, ...offer.cost.rows].map((row) => html`<tr><th scope="row">${headed(visit, row, 'item')}${row.on_default && html` <small class="whole">${say('仅违约时', 'on default only')}</small>`}</th>${cell(1, named(visit, row, 'charged'))}${cell(2, named(visit, row, 'standard'))}${cell(3, row.on_default ? '—' : yuan(row.amount_minor))}${cell(4, row.on_default ? '—' : percent(row.annual_bp))}${cell(5, named(visit, row, 'collector'))}</tr>`)}</tbody>
<tfoot><tr><th scope="row">${say('综合年化成本', 'Total per year')}</th>${cell(1, '')}${cell(2, '')}${cell(3, yuan(plan.buyer_fee_minor))}<td data-label="${heads[4]}"><strong>${percent(plan.cost.total_annual_bp)}</strong></td>${cell(5, '')}</tr></tfoot></table>
<p class="note" id="method">${headed(visit, offer.cost, 'method')}${say(`。实际年利率（复利）${percent(plan.effective_annual_bp)}；单利 ${percent(plan.simple_annual_bp)}。`, `. Effective annual rate ${percent(plan.effective_annual_bp)}; simple rate ${percent(plan.simple_annual_bp)}.`)}</p>`;
};

export const confirmPage = (visit, { order, chosen, secondsLeft, told }) => {
  const { say } = visit;
  const { plan, offer } = chosen;
  const fee = headed(visit, offer, 'fee_word');
  return page(visit, { title: say('确认费用', 'Confirm the cost'), look: 'split', status: told ? 409 : 200, body: html`
${steps(visit, 1)}<h1>${say('确认费用', 'Confirm the cost')}</h1>
${told && html`<p class="message" role="alert">${told}</p>`}
<div class="side"><section class="card" aria-labelledby="what"><h2 id="what">${say('订单', 'Order')}</h2>${lineTable(visit, order.lines)}<p class="total"><span>${say('应付', 'To pay')}</span> <strong>${yuan(order.minor)}</strong></p>
<p class="note">${say('订单号', 'Number')} ${order.id}</p></section></div>
<div class="body"><section class="card" aria-labelledby="plan"><h2 id="plan">${named(visit, offer, 'title')}${offer.issuer && html` · ${named(visit, offer.issuer, 'title')}`} · ${say(`${plan.instalments} 期`, `${plan.instalments} instalments`)}</h2>
<dl class="facts big"><div><dt>${say('每期应还', 'Each month')}</dt><dd>${yuan(plan.schedule.at(-1).total_minor)}</dd></div><div><dt>${fee}</dt><dd>${yuan(plan.buyer_fee_minor)}</dd></div><div><dt>${say('还款总额', 'Total to repay')}</dt><dd>${yuan(plan.buyer_total_minor)}</dd></div><div><dt>${say('年化利率（IRR）', 'Annual rate (IRR)')}</dt><dd>${percent(plan.nominal_annual_bp)}</dd></div></dl>
<details><summary>${say('每期还款计划', 'Schedule')}</summary>${schedule(visit, plan, fee)}</details>
${offer.indicative && html`<p class="note">${named(visit, offer, 'note')}</p>`}</section>
<section class="card">${costTable(visit, chosen)}
<form method="post" action="/orders/${order.id}/pay" class="confirm" data-once data-wait="${secondsLeft}" data-wait-text="${say('请阅读费用说明（%s 秒）', 'Please read the cost (%s s)')}">${csrf(visit)}
<label class="check"><input type="checkbox" name="confirmed" value="1" required> <span>${say('我已阅读上表，知晓分期的全部费用与年化成本，确认申请本次分期。', 'I have read the table above, know the total cost and the annual rate, and apply for these instalments.')}</span></label>
<button class="main wide">${say('确认并前往支付', 'Confirm and pay')}</button>
<p class="note" aria-live="polite">${secondsLeft > 0 ? say(`为保障您的知情权，请至少阅读 ${secondsLeft} 秒。`, `For your protection, please take at least ${secondsLeft} seconds to read.`) : say('接下来将前往支付平台验证身份并付款。', 'Next, you verify your identity and pay on the platform’s own pages.')}</p></form>
<p class="note"><a href="/orders/${order.id}/plans">${say('换一个方案', 'Choose another plan')}</a></p></section></div>` });
};
