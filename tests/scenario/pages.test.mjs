// SPDX-License-Identifier: Apache-2.0
// What a buyer's browser gets: links that change nothing until they are posted, and die in time.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inWorld } from './harness/scenario.mjs';

const post = { method: 'POST', form: {} };

inWorld('pages', {}, (scenario) => {
  const quiet = (answer) => {
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
    assert.equal(answer.headers['set-cookie'], undefined, 'works without cookies');
    return answer;
  };

  scenario('looking at a link changes nothing, however often', async (world) => {
    const made = await world.created();
    for (let i = 0; i < 5; i++) {
      const page = quiet(await world.buyer.visit(made.link));
      assert.equal(page.status, 200);
      assert.match(page.headers['content-type'], /^text\/html/);
      assert.match(page.body, /<html lang="zh-CN">/);
      assert.match(page.body, /lang="en"/);
    }
    assert.equal((await world.buyer.visit(made.link, { method: 'HEAD' })).status, 200);
    assert.deepEqual(await world.shop.get(made.id), made.payment);
    assert.equal((await world.buyer.visit(made.link, { method: 'PUT' })).status, 405);
  });

  scenario('the page posts itself, by the one script that its policy allows', async (world) => {
    const made = await world.created();
    const page = await world.buyer.visit(made.link);
    const scripts = [...page.body.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]);
    assert.equal(scripts.length, 1);
    const hash = createHash('sha256').update(scripts[0]).digest('base64');
    assert.ok(page.headers['content-security-policy'].includes(`'sha256-${hash}'`));
    assert.match(page.body, /<button>/, 'and by hand without scripts');
    assert.doesNotMatch(page.headers['content-security-policy'], /script-src[^;]*unsafe-inline/);
  });

  scenario('texts of the shop are text, not markup', async (world) => {
    const made = await world.created(world.shop, { subject: '<script>alert("1")</script>'.replaceAll('/', '|').replaceAll('=', '') });
    const page = await world.buyer.visit(made.link);
    assert.ok(!page.body.includes('<script>alert'));
    assert.ok(page.body.includes('&lt;script&gt;alert'));
    assert.ok(page.body.includes('shop &amp; Söhne &lt;店&gt;'), 'the merchant\'s name too');
    assert.ok(page.body.includes('¥6,999.00'));
  });

  scenario('a post opens one order, and the same one again', async (world) => {
    const made = await world.created();
    const ways = await Promise.all([0, 1, 2, 3].map(() => world.buyer.visit(made.link, post)));
    for (const way of ways) {
      assert.equal(quiet(way).status, 303);
      assert.ok(way.location.startsWith(`https://127.0.0.1:${world.sandbox.port}/gateway.do?`));
    }
    const numbers = ways.map((way) => JSON.parse(new URL(way.location).searchParams.get('biz_content')).out_trade_no);
    assert.equal(new Set(numbers).size, 1);
    const { verification, version } = await world.shop.get(made.id);
    assert.deepEqual([verification, version], ['VERIFICATION_OPENED', 2]);
  });

  scenario('a long order goes as a form', async (world) => {
    const made = await world.created(world.shop, { subject: '手机'.repeat(21) });
    const answer = quiet(await world.buyer.visit(made.link, post));
    if (answer.status === 303) assert.ok(answer.location.length <= 2048);
    else assert.match(answer.body, /<form method="post" action="https:/);
  });

  scenario('a paid link says so', async (world) => {
    const made = await world.paid();
    for (const options of [{}, post]) {
      const page = quiet(await world.buyer.visit(made.link, options));
      assert.equal(page.status, 200);
      assert.match(page.body, /付款成功/);
      assert.match(page.body, /href="https:\/\/shop\.example\.com\/paid\/"/);
    }
    assert.equal((await world.sandbox.trades()).filter((trade) => trade.out_trade_no === made.number).length, 1);
  });

  scenario('links that never were', async (world) => {
    const made = await world.created();
    const token = made.link.split('/').at(-1);
    const wrong = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    const other = (await world.created()).link.split('/').at(-1);
    const mixed = token.slice(0, 13) + other.slice(13);
    for (const path of ['/r/', '/r/x', `/r/${wrong}`, `/r/${mixed}`, `/r/${token}0`, `/r/${token.toUpperCase()}`, `/back/${token}`, `/r/${token}/`, '/r/%00', `/r/${'0'.repeat(39)}`]) {
      for (const options of [{}, post]) {
        const page = quiet(await world.buyer.visit(world.web + path, options));
        assert.equal(page.status, 404, path);
        assert.ok(!page.body.includes('6999.00'), `${path} tells nothing`);
      }
    }
    assert.equal((await world.shop.get(made.id)).version, 1);
  });

  scenario('coming back without having paid: a page that waits, nothing believed', async (world) => {
    const made = await world.opened();
    const { return_url: back } = await world.sandbox.trade(made.number);
    for (const query of ['', '?trade_status=TRADE_SUCCESS', '?out_trade_no=1&sign=AAAA&sign_type=RSA2', '?%zz', `?${'x'.repeat(5000)}`]) {
      const page = await world.buyer.visit(back + query);
      assert.equal(page.status, 200, query);
      assert.match(page.body, /正在确认付款结果/);
    }
    assert.equal((await world.shop.get(made.id)).state, 'PAYMENT_STATE_OPEN');
  });

  scenario('a signed return is noted', async (world) => {
    const made = await world.opened();
    await world.sandbox.fault('notify', 'never');
    await world.sandbox.fault('alipay.trade.query', 'http_500', { count: -1 });
    const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
    await world.buyer.visit(back);
    assert.equal((await world.shop.get(made.id)).verification, 'VERIFICATION_RETURNED');
    await world.sandbox.calm();
    await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
  });

  scenario('other paths', async (world) => {
    const visit = (path, options) => world.buyer.visit(world.web + path, options);
    assert.equal((await visit('/healthz')).status, 200);
    assert.equal((await visit('/readyz')).status, 200);
    for (const path of ['/', '/r', '/admin', '/healthz/', '/notify/', `/${'x'.repeat(3000)}`])
      assert.ok([404, 414, 405].includes((await visit(path)).status), path);
    const keys = await visit('/.well-known/fenqi-keys');
    assert.match(keys.headers['content-type'], /json/);
    assert.deepEqual(JSON.parse(keys.body).keys.map((key) => key.key_id), ['test-1']);
  });
});
