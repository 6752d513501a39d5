// SPDX-License-Identifier: Apache-2.0
// A buyer with a browser that runs no script and follows redirects only when told to.
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';

const PASSWORD = '111111';
export const USER_AGENT = 'Canary-7f3a/1.0 (buyer agent)';

export class Buyer {
  constructor(ca) {
    this.ca = ca;
  }

  /** One request; returns { status, headers, location, body, url }. */
  visit(url, { method = 'GET', form, headers = {} } = {}) {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const { request } = url.startsWith('https:') ? https : http;
    const options = {
      method,
      ca: this.ca,
      agent: false,
      headers: {
        'User-Agent': USER_AGENT,
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const asked = request(url, options, (answer) => {
        const parts = [];
        answer.on('error', reject).on('data', (part) => parts.push(part)).on('end', () => {
          const { location } = answer.headers;
          resolve({
            url,
            status: answer.statusCode,
            headers: answer.headers,
            location: location && new URL(location, url).href,
            body: Buffer.concat(parts).toString('utf8'),
          });
        });
      });
      asked.on('error', reject).end(body);
    });
  }

  /** Posts the payment's link, as its page does by itself; returns the way to the cashier. */
  async go(link) {
    const answer = await this.visit(link, { method: 'POST', form: {} });
    assert.equal(answer.status, 303, `the link leads to the platform: ${answer.body}`);
    return orderOf(answer.location);
  }

  /** Opens the link and the platform's first page. */
  async open(link) {
    const way = await this.go(link);
    const page = await this.visit(way.url);
    assert.ok([200, 302, 303].includes(page.status), `the platform's page: ${page.status} ${page.body}`);
    return { ...way, cashier: page.location };
  }

  /** Clicks through login and identity; returns the page that asks for the confirmation. */
  async verify(cashier) {
    let page = await this.visit(cashier);
    page = await this.submit(page, 'login', { account: 'buyer@sandbox.com' });
    page = await this.submit(page, 'verify', { password: PASSWORD });
    assert.match(page.body, /name="action" value="pay"/, 'the page that asks for the confirmation');
    return page;
  }

  /** Posts one of a cashier page's forms and follows its redirect within the platform. */
  async submit(page, action, fields = {}) {
    const token = /name="token" value="([^"]+)"/.exec(page.body)?.[1];
    assert.ok(token && page.body.includes(`name="action" value="${action}"`), `no form ${action} in ${page.body}`);
    const answer = await this.visit(new URL('/cashier', page.url).href, { method: 'POST', form: { token, action, ...fields } });
    const isInside = answer.location && new URL(answer.location).origin === new URL(page.url).origin;
    return isInside ? this.visit(answer.location) : answer;
  }

  /** Pays by the first plan that the cashier offers; returns the link back to the shop. */
  async confirm(page) {
    const channel = /name="channel" value="(\d+)"/.exec(page.body)[1];
    const answer = await this.submit(page, 'pay', { channel });
    assert.ok(answer.location, `the platform sends the buyer back: ${answer.body}`);
    return answer.location;
  }
}

/** The platform's order number and terms, out of the signed link to its cashier. */
export function orderOf(url) {
  const biz = JSON.parse(new URL(url).searchParams.get('biz_content'));
  return { url, number: biz.out_trade_no, biz };
}
