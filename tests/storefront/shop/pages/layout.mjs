// SPDX-License-Identifier: Apache-2.0
// What all pages have in common, and how amounts, rates and times are written.
import { html } from '../html.mjs';

export const yuan = (minor) => `¥${(Math.floor(Math.abs(minor) / 100)).toLocaleString('en-US')}.${String(Math.abs(minor) % 100).padStart(2, '0')}`;
export const percent = (bp) => `${Math.floor(bp / 100)}.${String(bp % 100).padStart(2, '0')}%`;
export const beijing = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
/** The name of a thing that has one in both languages, title_zh and title_en. */
export const named = (visit, thing, name) => thing[`${name}_${visit.lang === 'en' ? 'en' : 'zh'}`];
/** The same where a line begins with it. */
export const headed = (visit, thing, name) => named(visit, thing, name).replace(/^./, (first) => first.toUpperCase());

export const csrf = (visit) => html`<input type="hidden" name="csrf" value="${visit.csrf}">`;

/** A button that posts. */
export const postButton = (visit, action, text, { fields = {}, look = '', id } = {}) => html`
<form method="post" action="${action}" class="inline">${csrf(visit)}${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="${look}"${id && html` id="${id}"`}>${text}</button></form>`;

const STEPS = [['选择分期', 'Choose'], ['确认费用', 'Confirm'], ['验证与支付', 'Pay'], ['完成', 'Done']];
export const steps = (visit, current) => html`<ol class="steps" aria-label="${visit.say('结算步骤', 'Steps')}">${STEPS.map(([zh, en], i) =>
  html`<li class="${i < current ? 'done' : ''}"${i === current && html` aria-current="step"`}>${visit.say(zh, en)}</li>`)}</ol>`;

/** body: the page's main part. options: title, head (more for <head>), wide, status. */
export function page(visit, { title, head, body, look = '', status = 200 }) {
  const { say } = visit;
  const other = visit.lang === 'en' ? ['zh', 'zh-CN', '中文'] : ['en', 'en', 'English'];
  return { status, html: html`<!doctype html>
<html lang="${visit.lang === 'en' ? 'en' : 'zh-CN'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ${say('望舒商城', 'Wangshu Shop')}</title>
<link rel="icon" href="${visit.assets['moon.svg']}">
<link rel="stylesheet" href="${visit.assets['style.css']}">
<script src="${visit.assets['shop.js']}" defer></script>
${head}
</head>
<body>
<a class="skip" href="#main">${say('跳到主要内容', 'Skip to content')}</a>
<header class="top"><nav aria-label="${say('主导航', 'Main')}">
<a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M15.5 2.5a10 10 0 1 0 6 13.6A8.5 8.5 0 0 1 15.5 2.5z"/></svg>${say('望舒', 'Wangshu')}</a>
<span class="links">
<a href="/cart">${say('购物车', 'Cart')}${visit.nCart > 0 && html` <span class="count">${visit.nCart}<span class="hidden">${say(' 件', ' items')}</span></span>`}</a>
<a href="/orders">${say('我的订单', 'Orders')}</a>
<a href="/lang/${other[0]}?to=${encodeURIComponent(visit.here)}" lang="${other[1]}" hreflang="${other[1]}">${other[2]}</a>
</span></nav></header>
<main id="main" tabindex="-1" class="${look}">
${body}
</main>
<footer><p>${say('演示商城：商品、平台与资金均为模拟，不会产生真实扣款。', 'A demonstration: goods, platforms and money are simulated. Nothing is really charged.')}</p></footer>
</body>
</html>
` };
}

const SIGNS = {
  good: html`<path d="M14 25l7.5 7.5L35 17"/>`,
  wait: html`<path d="M24 13v12l7 5"/>`,
  bad: html`<path d="M24 13v15M24 34v.5"/>`,
  info: html`<path d="M24 20v15M24 13v.5"/>`,
};

/** The head of a page that says how things stand. */
export const sign = (kind, title, text) => html`<div class="sign ${kind}"><svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="21"/>${SIGNS[kind]}</svg>
<h1>${title}</h1>${text && html`<p>${text}</p>`}</div>`;

/** A page that tells one thing, with a way on: never a dead end. */
export function told(visit, { status, title, text, next = ['/', ['返回商城', 'Back to the shop']] }) {
  const [href, words] = next;
  return page(visit, { title: visit.say(...title), status, look: 'narrow', body: html`<section class="card center">
${sign('bad', visit.say(...title), visit.say(text[0], text[1] ?? text[0]))}
<div class="actions"><a class="button main" href="${href}">${visit.say(...words)}</a> <a class="button" href="/orders">${visit.say('查看我的订单', 'My orders')}</a></div></section>` });
}
