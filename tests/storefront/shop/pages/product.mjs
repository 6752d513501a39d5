// SPDX-License-Identifier: Apache-2.0
// The product and the cart.
import { accessories, colours, item, phone, storages } from '../catalogue.mjs';
import { html } from '../html.mjs';
import { csrf, page, percent, yuan } from './layout.mjs';

/** Our own phone: the back with its cameras, and the front with a moon that rises. */
const drawing = (visit, colour) => html`<svg class="phone ${colour}" viewBox="0 0 420 460" role="img" aria-label="${visit.say('手机的背面和正面', 'Back and front of the phone')}">
<defs>
<linearGradient id="back" x1="0" y1="0" x2="1" y2="1"><stop offset="0" class="tone-a"/><stop offset="1" class="tone-b"/></linearGradient>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="sky-a"/><stop offset="1" class="sky-b"/></linearGradient>
<radialGradient id="lens"><stop offset="0" stop-color="#4a5568"/><stop offset=".45" stop-color="#161a22"/><stop offset="1" stop-color="#05070a"/></radialGradient>
<clipPath id="screen"><rect x="196" y="58" width="180" height="368" rx="26"/></clipPath>
</defs>
<ellipse class="shade" cx="215" cy="440" rx="170" ry="12"/>
<rect x="46" y="26" width="196" height="392" rx="36" fill="url(#back)" class="edge"/>
<rect x="64" y="46" width="96" height="96" rx="30" class="island"/>
<circle cx="91" cy="73" r="17" fill="url(#lens)"/><circle cx="133" cy="73" r="17" fill="url(#lens)"/><circle cx="91" cy="115" r="17" fill="url(#lens)"/>
<circle cx="133" cy="115" r="8" class="flash"/><circle cx="86" cy="68" r="3.5" fill="#8fa3c7" opacity=".7"/><circle cx="128" cy="68" r="3.5" fill="#8fa3c7" opacity=".7"/><circle cx="86" cy="110" r="3.5" fill="#8fa3c7" opacity=".7"/>
<path class="mark" d="M144 352a14 14 0 1 0 9 19.500a12 12 0 0 1-9-19.500z" transform="translate(4 -6)"/>
<rect x="188" y="50" width="196" height="384" rx="36" class="frame"/>
<g clip-path="url(#screen)"><rect x="196" y="58" width="180" height="368" fill="url(#sky)"/>
<circle cx="300" cy="190" r="46" class="moon"/>
<path d="M196 330q50-62 92-18t88-34v150H196z" class="hill far"/><path d="M196 366q60-44 104-10t76-18v90H196z" class="hill"/>
<text x="286" y="118" class="clock" text-anchor="middle">9:41</text></g>
<rect x="262" y="70" width="48" height="13" rx="6.500" fill="#000"/>
</svg>`;

/** What goes with it, in a few strokes. */
const PICTURES = {
  buds: html`<path d="M38 26a12 12 0 0 1 12 12v26a6 6 0 0 1-12 0V50a12 12 0 0 1 0-24zM82 26a12 12 0 0 0-12 12v26a6 6 0 0 0 12 0V50a12 12 0 0 0 0-24z"/>`,
  charger: html`<rect x="34" y="34" width="52" height="44" rx="12"/><path d="M50 34V20M70 34V20M60 78v8"/><path d="M62 46l-8 12h12l-8 12"/>`,
  cloud: html`<path d="M42 74a16 16 0 0 1 0-32 20 20 0 0 1 38-2 17 17 0 0 1 0 34zM60 68V50M52 58l8-8 8 8"/>`,
};
const picture = (id) => html`<svg class="picture" viewBox="0 0 120 100" aria-hidden="true">${PICTURES[id]}</svg>`;

const choice = (name, value, chosen, label) => html`<label class="pill"><input type="radio" name="${name}" value="${value}"${value === chosen && html` checked`}><span>${label}</span></label>`;

/** "花呗分期 低至 ¥626.99 × 12 期": the longest plan of each channel, with its annual rate beside it, as the law asks. */
const tags = (visit, channels) => channels.length > 0 && html`<ul class="tags" aria-label="${visit.say('支持分期付款', 'Pay in instalments')}">${channels.map((one) => {
  const plan = one.plans.reduce((best, other) => (other.instalments > best.instalments ? other : best));
  const each = plan.schedule.at(-1).total_minor;
  const free = one.plans.find(({ buyer_fee_minor: fee }) => fee === 0);
  return html`<li><b>${visit.say(one.title_zh, one.title_en)}</b> ${visit.say('低至', 'from')} <span class="each">${yuan(each)}</span> × ${plan.instalments} ${visit.say('期', 'months')}
<small>${visit.say('年化利率（IRR）', 'Annual rate (IRR) ')}${percent(plan.nominal_annual_bp)}${free && html` · ${visit.say(`${free.instalments} 期免息`, `${free.instalments} months at no cost`)}`}</small></li>`;
})}</ul>`;

export const productPage = (visit, { colour, storage, channels }) => {
  const { say } = visit;
  const chosen = phone(storage, colour);
  return page(visit, { title: say('望舒 M1', 'Wangshu M1'), body: html`
<article class="product">
<div class="stage">${drawing(visit, colour)}</div>
<div>
<p class="over">${say('新品', 'New')}</p>
<h1>${say('望舒 M1', 'Wangshu M1')}</h1>
<p class="lead">${say('把月光装进口袋。6.6 英寸护眼屏，全天续航，夜景随手拍。', 'Moonlight in your pocket. A 6.6-inch screen that is kind to the eyes, all-day battery, night shots at once.')}</p>
<p class="price">${yuan(chosen.minor)}</p>
${tags(visit, channels)}
<form method="get" action="/" class="pick" data-auto>
<fieldset><legend>${say('颜色', 'Colour')}</legend>${colours.map((one) => choice('colour', one.id, colour, html`<i class="dot ${one.id}"></i>${say(...one.title)}`))}</fieldset>
<fieldset><legend>${say('存储', 'Storage')}</legend>${storages.map((one) => choice('storage', one.id, storage, one.title))}</fieldset>
<button class="no-script">${say('更新选择', 'Update')}</button>
</form>
<form method="post" action="/cart" class="buy">${csrf(visit)}<input type="hidden" name="item" value="${chosen.id}">
<button class="main wide" name="then" value="checkout">${say('立即购买', 'Buy now')}</button>
<button class="wide" name="then" value="cart">${say('加入购物车', 'Add to cart')}</button></form>
<p class="note">${say('分期由支付平台或发卡银行提供，最终以其审核为准。费用在结算页逐项列明。', 'Instalments are offered by the payment platform or your card’s bank, and are subject to their approval. The cost is itemised at checkout.')}</p>
</div>
</article>
<section aria-labelledby="more"><h2 id="more">${say('搭配购买', 'Goes well with it')}</h2><ul class="tiles">${accessories.map((one) => html`<li class="card">${picture(one.id)}<h3>${say(...one.title)}</h3><p class="note">${say(...one.text)}</p><p class="each">${yuan(one.minor)}</p>
<form method="post" action="/cart">${csrf(visit)}<input type="hidden" name="item" value="${one.id}"><button name="then" value="cart">${say('加入购物车', 'Add to cart')}<span class="hidden">${say('：', ': ')}${say(...one.title)}</span></button></form></li>`)}</ul></section>` });
};

export const lineTable = (visit, lines) => html`<ul class="lines">${lines.map(({ id, n }) => html`<li><span class="thumb ${item(id).colour ?? 'plain'}" aria-hidden="true"></span><span class="grow">${visit.say(...item(id).title)} <small class="whole">× ${n}</small></span><span>${yuan(item(id).minor * n)}</span></li>`)}</ul>`;

export const cartPage = (visit, { lines }) => {
  const { say } = visit;
  const total = lines.reduce((sum, { id, n }) => sum + item(id).minor * n, 0);
  const body = lines.length === 0
    ? html`<section class="card center"><p class="lead">${say('购物车还是空的。', 'Your cart is empty.')}</p><div class="actions"><a class="button main" href="/">${say('去看看望舒 M1', 'Look at Wangshu M1')}</a> <a class="button" href="/orders">${say('我的订单', 'My orders')}</a></div></section>`
    : html`<section class="card"><ul class="lines cart">${lines.map(({ id, n }) => html`<li><span class="thumb ${item(id).colour ?? 'plain'}" aria-hidden="true"></span><span class="grow">${say(...item(id).title)}<br><small>${yuan(item(id).minor)}</small></span>
<form method="post" action="/cart/set" class="set" data-auto>${csrf(visit)}<input type="hidden" name="item" value="${id}"><label><span class="hidden">${say('数量', 'Quantity')}：${say(...item(id).title)}</span><select name="n">${[1, 2, 3, 4, 5].map((one) => html`<option${one === n && html` selected`}>${one}</option>`)}</select></label><button class="no-script">${say('更新', 'Update')}</button></form>
<form method="post" action="/cart/set">${csrf(visit)}<input type="hidden" name="item" value="${id}"><button class="plain" name="n" value="0">${say('移除', 'Remove')}<span class="hidden">：${say(...item(id).title)}</span></button></form></li>`)}</ul>
<p class="total"><span>${say('合计', 'Total')}</span> <strong>${yuan(total)}</strong></p>
<div class="actions end"><a class="button" href="/">${say('继续选购', 'Continue shopping')}</a> <a class="button main" href="/checkout">${say('去结算', 'Check out')}</a></div></section>`;
  return page(visit, { title: say('购物车', 'Cart'), look: 'middle', body: html`<h1>${say('购物车', 'Cart')}</h1>${body}` });
};
