// SPDX-License-Identifier: Apache-2.0
// The shop's HTTP side: routes, sessions in a signed cookie, CSRF tokens, strict headers. Node's own http, nothing else.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const BODY_SIZE_MAX = 16 * 1024;
const YEAR_S = 365 * 24 * 3600;
const ASSETS = new URL('assets/', import.meta.url);
const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };

/** Something that the buyer is told on a page of its own; `say` chooses among the two languages. */
export class Told extends Error {
  constructor(status, title, text, next) {
    super(title[1]);
    Object.assign(this, { status, title, text, next });
  }
}

export const redirect = (location) => ({ status: 303, headers: { Location: location } });

const isPhone = (agent) => /Mobi|Android|iPhone|HarmonyOS/.test(agent);

/** Our own pages and nothing else; a link that leads into the page stays in the shop. */
const safePath = (text) => (/^\/(?![/\\])[^\s\\]*$/.test(text ?? '') ? text : '/');

/** Files of assets/, each under a name that changes with its content. */
function loadAssets() {
  const assets = new Map();
  const names = {};
  for (const name of readdirSync(ASSETS)) {
    const body = readFileSync(new URL(name, ASSETS));
    const hash = createHash('sha256').update(body).digest('base64url').slice(0, 10);
    names[name] = `/assets/${hash}-${name}`;
    assets.set(names[name], { body, type: TYPES[name.split('.').pop()] });
  }
  return { assets, names };
}

export class Server {
  /**
   * routes: [method, pattern, handler(visit) -> { status, headers, html | bytes | stream }]. secret signs cookies.
   * formOrigins: where a form may lead on to (the CSP's form-action watches redirects too). tell(visit, told) draws
   * the page of a Told; fault(error) hears what nobody expected.
   */
  constructor({ routes, secret, formOrigins, tell, fault }) {
    Object.assign(this, { routes, secret, tell, fault });
    Object.assign(this, loadAssets());
    this.policy = `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; ` +
      `form-action ${["'self'", ...formOrigins].join(' ')}; base-uri 'none'; frame-ancestors 'none'`;
    this.http = createServer((request, response) => this.#serve(request, response));
  }

  mac(...parts) {
    return createHmac('sha256', this.secret).update(parts.join('\n')).digest('base64url');
  }

  async #serve(request, response) {
    try {
      await this.#answer(request, response);
    } catch (error) {
      this.fault(error);
      response.destroy();
    }
  }

  async #answer(request, response) {
    const url = new URL(request.url, 'http://shop');
    const asset = this.assets.get(url.pathname);
    if (asset) {
      response.writeHead(200, { 'Content-Type': asset.type, 'Cache-Control': `public, max-age=${YEAR_S}, immutable`, 'X-Content-Type-Options': 'nosniff' });
      response.end(asset.body);
      return;
    }
    const visit = this.#visit(request, url);
    const answer = await this.#handled(visit, request);
    this.#write(visit, answer, response);
  }

  async #handled(visit, request) {
    try {
      const handler = this.#route(visit);
      if (visit.method === 'POST') await this.#takeForm(visit, request);
      return await handler(visit);
    } catch (error) {
      if (!(error instanceof Told)) this.fault(error);
      return this.tell(visit, error instanceof Told ? error : new Told(500, ['出了点问题', 'Something went wrong'],
        ['这一步没有完成。请返回重试；已付款的订单不会受影响。', 'This step was not completed. Please go back and try again; paid orders are not affected.']));
    }
  }

  #visit(request, url) {
    const cookies = Object.fromEntries((request.headers.cookie ?? '').split(/;\s*/).map((one) => one.split(/=(.*)/s)));
    const lang = cookies.lang === 'en' ? 'en' : 'zh';
    const agent = request.headers['user-agent'] ?? '';
    const [session, isNew] = this.#session(cookies.session);
    return { method: request.method === 'HEAD' ? 'GET' : request.method, path: url.pathname, query: url.searchParams, url: url.href, session,
      isNewSession: isNew, lang, say: (zh, en) => (lang === 'en' ? en : zh), agent, isPhone: isPhone(agent),
      ip: request.socket.remoteAddress, csrf: this.mac('csrf', session), assets: this.names, here: safePath(url.pathname + url.search) };
  }

  #session(cookie) {
    const [id, mac] = (cookie ?? '').split('.');
    if (id && mac && sameText(mac, this.mac('session', id))) return [id, false];
    return [randomBytes(16).toString('base64url'), true];
  }

  #route(visit) {
    const matching = this.routes.filter(([, pattern]) => pattern.test(visit.path));
    const route = matching.find(([method]) => method === visit.method);
    if (!route)
      throw matching.length
        ? new Told(405, ['暂不支持这样访问', 'This cannot be done here'], ['请返回上一页。', 'Please go back.'])
        : new Told(404, ['没有这个页面', 'There is no such page'], ['链接可能已失效，或输入有误。', 'The link may be old, or mistyped.']);
    visit.match = route[1].exec(visit.path).slice(1);
    return route[2];
  }

  async #takeForm(visit, request) {
    const parts = [];
    let size = 0;
    for await (const part of request) {
      size += part.length;
      if (size > BODY_SIZE_MAX) throw new Told(413, ['内容过长', 'Too long'], ['请返回上一页。', 'Please go back.']);
      parts.push(part);
    }
    visit.form = new URLSearchParams(Buffer.concat(parts).toString('utf8'));
    if (!sameText(visit.form.get('csrf') ?? '', visit.csrf))
      throw new Told(403, ['页面已过期', 'This page is out of date'], ['为了保护您的账户，请返回上一页刷新后再试。', 'To protect you, please go back, reload and try again.'], [visit.here, ['返回商城', 'Back to the shop']]);
  }

  #write(visit, answer, response) {
    const headers = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin', 'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': this.policy, 'Cross-Origin-Opener-Policy': 'same-origin', ...answer.headers };
    const cookies = [...(answer.cookies ?? [])];
    if (visit.isNewSession) cookies.push(`session=${visit.session}.${this.mac('session', visit.session)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${YEAR_S}`);
    if (cookies.length) headers['Set-Cookie'] = cookies;
    if (answer.html) headers['Content-Type'] = 'text/html; charset=utf-8';
    response.writeHead(answer.status ?? 200, headers);
    if (answer.stream) answer.stream(response);
    else response.end(answer.html ? answer.html.toString() : answer.bytes);
  }

  /** GET /lang/en?to=/cart: a cookie, and back. */
  static language(visit) {
    return { ...redirect(safePath(visit.query.get('to'))), cookies: [`lang=${visit.match[0]}; Path=/; SameSite=Lax; Max-Age=${YEAR_S}`] };
  }
}

function sameText(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
