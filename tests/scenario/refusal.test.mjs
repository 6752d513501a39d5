// SPDX-License-Identifier: Apache-2.0
// Bad input: a clear answer that names the field or the reason, and nothing changes.
import assert from 'node:assert/strict';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { AMOUNT } from './harness/world.mjs';

const INVALID = 'CODE_INVALID_ARGUMENT';
const OVERFLOWS = [0, -1, '9223372036854775807', '-9223372036854775808', 10_000_000_000];
const flip = (bytes, at) => {
  const changed = Buffer.from(bytes);
  changed[at] ^= 1;
  return changed;
};

inWorld('refusals', {}, (scenario) => {
  scenario('are logged, with reason and field (as long as there are few)', async (world) => {
    const mark = world.logMark;
    await refused(world.shop.create({ ...(await world.wish()), subject: '=' }), {});
    const line = await world.logged(/request refused/, mark);
    assert.match(line, /MERCHANT=shop .*REASON=SUBJECT_INVALID FIELD=create_payment.subject FAULT=theirs/);
  });

  scenario('quotes', async (world) => {
    const { shop } = world;
    const good = { amount: AMOUNT, terminal: 'TERMINAL_DESKTOP' };
    for (const minor of OVERFLOWS)
      await refused(shop.quote({ ...good, amount: { minor, currency: 'CNY' } }), { code: INVALID, field: 'quote_plans.amount.minor' });
    for (const currency of ['', 'cny', 'CN', 'CNYX', 'C Y'])
      await refused(shop.quote({ ...good, amount: { minor: 1, currency } }), { code: INVALID, field: 'quote_plans.amount.currency' });
    await refused(shop.quote({ ...good, amount: undefined }), { code: INVALID });
    await refused(shop.quote({ ...good, terminal: 0 }), { code: INVALID, field: 'quote_plans.terminal' });
    await refused(shop.quote({ ...good, terminal: 77 }), { code: INVALID, field: 'quote_plans.terminal' });
    await refused(shop.quote({ ...good, channels: ['bankcard'] }), { code: INVALID, reason: 'CHANNEL_UNKNOWN', field: 'quote_plans.channels' });
  });

  scenario('what the channel cannot do is no error: not eligible, and why', async (world) => {
    const why = async (body) => {
      const { channels } = await world.shop.quote({ amount: AMOUNT, terminal: 'TERMINAL_DESKTOP', ...body });
      assert.deepEqual([channels.length, channels[0].eligible, channels[0].plans.length], [1, false, 0]);
      return channels[0].reason;
    };
    assert.equal(await why({ amount: { minor: 1, currency: 'USD' } }), 'CURRENCY_NOT_SUPPORTED');
    assert.equal(await why({ amount: { minor: 5000001, currency: 'CNY' } }), 'AMOUNT_TOO_LARGE');
    const line = (kind) => ({ kind, name: 'x' });
    assert.equal(await why({ lines: [line('KIND_GOODS'), line('KIND_VIRTUAL')] }), 'VIRTUAL_GOODS');
  });

  scenario('fields of a payment', async (world) => {
    const { shop } = world;
    const wish = await world.wish();
    const changes = [
      [{ idempotency_key: 'short' }, 'idempotency_key'],
      [{ idempotency_key: 'has spaces in it' }, 'idempotency_key'],
      [{ idempotency_key: 'x'.repeat(65) }, 'idempotency_key'],
      [{ merchant_order_id: '' }, 'merchant_order_id'],
      [{ merchant_order_id: 'a/b' }, 'merchant_order_id'],
      [{ merchant_order_id: 'x'.repeat(65) }, 'merchant_order_id'],
      [{ subject: '' }, 'subject'],
      [{ subject: 'a&b' }, 'subject'],
      [{ subject: 'a\nb' }, 'subject'],
      [{ subject: '手'.repeat(43) }, 'subject'],
      [{ terminal: 0 }, 'terminal'],
      [{ terminal: 9 }, 'terminal'],
      [{ expires_in_ms: -1 }, 'expires_in_ms'],
      [{ expires_in_ms: 1000 }, 'expires_in_ms'],
      [{ expires_in_ms: '9223372036854775807' }, 'expires_in_ms'],
      [{ amount: { minor: AMOUNT.minor + 1, currency: 'CNY' } }, 'amount.minor'],
      [{ amount: { minor: 0, currency: 'CNY' } }, 'amount.minor'],
      [{ amount: { minor: AMOUNT.minor, currency: 'USD' } }, 'amount.currency'],
      [{ amount: undefined }, undefined],
      [{ return_url: '' }, 'return_url'],
      [{ return_url: 'https://evil.example.net/paid/' }, 'return_url'],
      [{ return_url: 'https://shop.example.com.evil.net/paid/' }, 'return_url'],
      [{ return_url: 'http://shop.example.com/paid/' }, 'return_url'],
      [{ return_url: 'https://shop.example.com/paid' }, 'return_url'],
      [{ return_url: 'https://boutique.example.com/paid/' }, 'return_url'],
      [{ return_url: 'https://shop.example.com/paid/\r\nSet-Cookie: a=b' }, 'return_url'],
      [{ return_url: 'https://shop.example.com/paid/"><script>' }, 'return_url'],
      [{ return_url: `https://shop.example.com/paid/${'x'.repeat(500)}` }, 'return_url'],
      [{ buyer: { ip: '1'.repeat(46) } }, 'buyer.ip'],
      [{ buyer: { user_agent: 'x'.repeat(513) } }, 'buyer.user_agent'],
      [{ quote: Buffer.alloc(0) }, 'quote'],
      [{ quote: Buffer.alloc(9000) }, 'quote'],
    ];
    for (const [change, field] of changes) {
      const error = await refused(shop.create({ ...wish, ...change }), { code: INVALID, blame: 'BLAME_CALLER', may_repeat: false });
      if (field) assert.equal(error.field, `create_payment.${field}`, JSON.stringify(change));
    }
    await refused(shop.get({ merchant_order_id: wish.merchant_order_id }), { code: 'CODE_NOT_FOUND' });
    await shop.create(wish);
  });

  scenario('quotes that were changed, or given to somebody else', async (world) => {
    const { shop, boutique } = world;
    const wish = await world.wish();
    const field = 'create_payment.quote';
    for (const at of [0, 40, wish.quote.length - 33, wish.quote.length - 1])
      await refused(shop.create({ ...wish, quote: flip(wish.quote, at) }), { code: INVALID, field, reason: 'QUOTE_INVALID' });
    await refused(shop.create({ ...wish, quote: wish.quote.subarray(0, -1) }), { field });
    await refused(shop.create({ ...wish, quote: Buffer.concat([wish.quote, Buffer.from('x')]) }), { field });
    const theirs = await world.wish(boutique);
    await refused(shop.create({ ...wish, quote: theirs.quote }), { field, reason: 'QUOTE_OF_ANOTHER_MERCHANT' });
  });

  scenario('another merchant\'s payment and refund do not exist', async (world) => {
    const { shop, boutique } = world;
    const made = await world.paid();
    const { refund_id: refundId } = await shop.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 1, currency: 'CNY' } });
    await world.refundState(made, refundId, 'REFUND_STATE_REFUNDED', { refresh: true });
    const before = await shop.get(made.id);
    const nobody = { code: 'CODE_NOT_FOUND' };
    await refused(boutique.get(made.id), nobody);
    await refused(boutique.get({ merchant_order_id: made.wish.merchant_order_id }), nobody);
    await refused(boutique.get({ idempotency_key: made.wish.idempotency_key }), nobody);
    await refused(boutique.closePayment(made.id), nobody);
    await refused(boutique.getRefund(refundId), nobody);
    await refused(boutique.refund({ idempotency_key: world.order('key'), payment_id: made.id, amount: { minor: 1, currency: 'CNY' } }), nobody);
    assert.ok((await boutique.events()).events.every((event) => event.payment_id !== made.id));
    assert.deepEqual(await shop.get(made.id), before);
  });

  scenario('ids that are none, or whose secret is wrong', async (world) => {
    const { shop } = world;
    const { id } = await world.created();
    const wrong = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
    for (const key of [wrong, 'p', 'x'.repeat(30), id.toUpperCase(), `${id}0`, "' or 1=1 --"]) {
      await refused(shop.get(key), { code: 'CODE_NOT_FOUND' });
      await refused(shop.closePayment(key), { field: 'close_payment.payment_id' });
      const refund = { idempotency_key: world.order('key'), payment_id: key, amount: { minor: 1, currency: 'CNY' } };
      await refused(shop.refund(refund), { field: 'create_refund.payment_id' });
    }
    for (const key of [`${id}-r1`, `${id}-r0`, `${id}-r99999999999`, id]) await refused(shop.getRefund(key), { code: 'CODE_NOT_FOUND' });
    await refused(shop.get({}), { code: INVALID });
    await refused(shop.get({ payment_id: id, wait_ms: 25_001 }), { code: INVALID, field: 'get_payment.wait_ms' });
    await refused(shop.get({ payment_id: id, wait_ms: -1 }), { code: INVALID, field: 'get_payment.wait_ms' });
    await refused(shop.events(-1), { code: INVALID, field: 'list_events.cursor' });
    await refused(shop.events(0, 201), { code: INVALID, field: 'list_events.limit' });
    assert.equal((await shop.get(id)).version, 1);
  });

  scenario('a request whose deadline has passed', async (world) => {
    const wish = await world.wish();
    const fields = { deadline_unix_ms: Date.now() - 1000 };
    await refused(world.shop.create(wish, { fields }), { code: 'CODE_DEADLINE_EXCEEDED' });
    await refused(world.shop.get({ idempotency_key: wish.idempotency_key }), { code: 'CODE_NOT_FOUND' });
  });
});

inWorld('policies of a merchant', { merchants: [{ id: 'careful', disclosure_min: '6s' }] }, (scenario) => {
  scenario('the cost disclosure must have been shown and confirmed', async (world) => {
    const careful = await world.storefront('careful');
    const wish = await world.wish(careful);
    const show = (disclosure) => careful.create({ ...wish, disclosure });
    await refused(show({ seconds: 9, confirmed: false }), { code: INVALID, field: 'create_payment.disclosure.confirmed' });
    await refused(show({ seconds: 5, confirmed: true }), { code: INVALID, field: 'create_payment.disclosure.seconds' });
    await refused(show(undefined), { code: INVALID });
    const shown = world.now();
    await world.advance(6000);
    await show({ shown_at_unix_ms: shown, seconds: 6, confirmed: true });
  });
});
