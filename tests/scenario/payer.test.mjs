// SPDX-License-Identifier: Apache-2.0
// A payer's name, number and phone reach the platform, and stand nowhere else: not in the log, the
// ledger, the journal, an answer, an event, a link or a page but the platform's own form.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { World, binary } from './harness/world.mjs';

const MINUTE = 60_000;
const post = { method: 'POST', form: {} };

/** GB 11643. */
function cardNumber(first17) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return first17 + '10X98765432'[weights.reduce((sum, weight, i) => sum + weight * Number(first17[i]), 0) % 11];
}

const PAYER = {
  name: '金丝雀卡娜莉',
  document_type: 'DOCUMENT_TYPE_IDENTITY_CARD',
  document_number: cardNumber('11010519491231002'),
  phone: '13975318642',
};
const EXPECTED = { name: PAYER.name, mobile: PAYER.phone, cert_type: 'IDENTITY_CARD', cert_no: PAYER.document_number, need_check_info: 'T' };

/** Every dress that a value may wear. */
function dresses(value) {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  const inner = [0, 1, 2].map((n) => Buffer.concat([Buffer.alloc(n), bytes]).toString('base64').slice(n && n + 1, -4));
  const json = [...value].map((c) => (c < '\x7f' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)).join('');
  return [value, hex, hex.toUpperCase(), percent, percent.toUpperCase(), encodeURIComponent(value), json,
    encodeURIComponent(encodeURIComponent(value)), ...inner, ...inner.map((one) => one.replaceAll('+', '-').replaceAll('/', '_'))]
    .map((one) => Buffer.from(one)).concat([Buffer.from(value, 'utf16le')]);
}

const NEEDLES = ['name', 'document_number', 'phone'].flatMap((field) => dresses(PAYER[field]).map((needle) => ({ field, needle })));

function assertClean(where, text) {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text ?? '');
  for (const { field, needle } of NEEDLES)
    assert.ok(!bytes.includes(needle), `${where} shows the payer's ${field} as ${needle}`);
}

/** The ledger's files, as they are on the disk at this moment. */
function files(world) {
  return readdirSync(world.folder).filter((name) => name.startsWith('ledger.db')).map((name) => [name, readFileSync(join(world.folder, name))]);
}

/** What is sealed begins with its version and with the name of its key. */
function seal(world) {
  const key = Buffer.from(world.keys.payer, 'base64');
  return Buffer.concat([Buffer.from([1]), createHmac('sha256', key).update('fenqid box key id').digest().subarray(0, 4)]);
}

const isSealed = (world) => files(world).some(([, bytes]) => bytes.includes(seal(world)));

function sweep(world) {
  assertClean('the log', world.log);
  for (const [name, bytes] of files(world)) assertClean(name, bytes);
  for (const storefront of world.storefronts)
    for (const frame of storefront.heard) assertClean('an answer', frame);
  for (const id of world.payments.keys()) {
    const shown = spawnSync(binary('fenqictl'), ['journal', '--json', '-c', join(world.folder, 'fenqid.conf'), id]);
    assert.equal(shown.status, 0, `${shown.stderr}`);
    assertClean('the journal', shown.stdout);
  }
}

/** A page of ours, or a redirect: it may not name the payer. */
async function look(world, url, options) {
  const page = await world.buyer.visit(url, options);
  assertClean(`${options?.method ?? 'GET'} ${url}`, `${page.body}\n${page.location}\n${JSON.stringify(page.headers)}`);
  return page;
}

const unescape = (text) => text.replace(/&(quot|amp|lt|gt|#39);/g, (_, name) => ({ quot: '"', amp: '&', lt: '<', gt: '>', '#39': "'" })[name]);

/** Posts the link: the platform's form comes, and only its field names the payer. */
async function form(world, link) {
  const page = await world.buyer.visit(link, post);
  assert.equal(page.status, 200, page.body);
  assert.equal(page.location, undefined, 'no link');
  const url = unescape(/<form method="post" action="([^"]+)"/.exec(page.body)[1]);
  const [, name, value] = /<input type="hidden" name="([^"]+)" value="([^"]*)">/.exec(page.body);
  assertClean("the form's address", url);
  assertClean('the page around the form', page.body.replace(value, ''));
  const biz = JSON.parse(unescape(value));
  assert.deepEqual(biz.ext_user_info, EXPECTED);
  return { url, fields: { [name]: unescape(value) }, biz, number: biz.out_trade_no };
}

/** A payment with the payer, OPEN. */
const created = (world, changes, terms) => world.created(world.shop, { payer: PAYER, ...changes }, terms);

/** The buyer stands at the cashier. */
async function opened(world, changes, terms) {
  const made = await created(world, changes, terms);
  await look(world, made.link);
  const { number, biz, ...sent } = await form(world, made.link);
  const page = await world.buyer.visit(sent.url, { method: 'POST', form: sent.fields });
  assert.ok([200, 302, 303].includes(page.status), `the platform's page: ${page.status} ${page.body}`);
  assert.deepEqual((await world.sandbox.trade(number)).ext_user_info, EXPECTED, 'the platform has it');
  return { ...made, number, biz, cashier: page.location };
}

inWorld('a payer', { conf: { poll: { first: '100ms', max: '400ms' } } }, (define) => {
  const scenario = (name, body) => define(name, async (world) => {
    await body(world);
    sweep(world);
  });

  for (const terminal of ['TERMINAL_DESKTOP', 'TERMINAL_MOBILE_WEB']) {
    scenario(`${terminal}: from the shop to the platform, paid and confirmed`, async (world) => {
      const made = await opened(world, {}, { terminal });
      const { identity: before } = await world.shop.get(made.id);
      assert.deepEqual(before, { asked: true, result: 'RESULT_UNKNOWN' });
      assert.ok(isSealed(world), 'while it is open the ledger holds it, sealed');
      const back = await world.buyer.confirm(await world.buyer.verify(made.cashier));
      const home = await look(world, back);
      assert.equal(home.status, 303);
      const paid = await world.state(made, 'PAYMENT_STATE_PAID');
      assert.deepEqual(paid.identity, { asked: true, result: 'RESULT_REAL_NAME_MATCHED' });
      assert.equal(paid.verification, 'VERIFICATION_VERIFIED');
      await look(world, made.link);
      await look(world, made.link, post);
      assert.deepEqual(await world.eventsOf(made), ['PAYMENT_PAID']);
    });
  }

  scenario('a code to scan: asked for with the payer', async (world) => {
    const made = await created(world, {}, { terminal: 'TERMINAL_QR' });
    const code = made.payment.next_action.qr_code;
    const trade = (await world.sandbox.trades()).find((one) => one.cashier_path.endsWith(new URL(code).pathname.split('/').at(-1)));
    assert.deepEqual(trade.ext_user_info, EXPECTED);
    world.owners.set(trade.out_trade_no, made.id);
    assert.equal((await world.shop.create(made.wish)).next_action.qr_code, code);
    await world.sandbox.scan(code);
    await world.sandbox.pay(trade.out_trade_no);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.equal(paid.identity.result, 'RESULT_REAL_NAME_MATCHED');
  });

  for (const kind of ['system_error', 'unsigned', 'garbage', 'drop_after']) {
    scenario(`a code while the platform has ${kind}`, async (world) => {
      const wish = await world.wish(world.shop, { payer: PAYER }, { terminal: 'TERMINAL_QR' });
      await world.sandbox.fault('alipay.trade.precreate', kind, { count: 1 });
      const first = await world.shop.create(wish);
      const again = await world.shop.create(wish);
      assert.equal(again.payment_id, first.payment_id);
      await world.shop.closePayment(first.payment_id);
      await world.advance(33 * MINUTE);
      await world.state({ storefront: world.shop, id: first.payment_id }, 'PAYMENT_STATE_CLOSED', { refresh: true });
    });
  }

  scenario('not through an app', async (world) => {
    const wish = await world.wish(world.shop, { payer: PAYER }, { terminal: 'TERMINAL_APP' });
    await refused(world.shop.create(wish), { code: 'CODE_INVALID_ARGUMENT', reason: 'PAYER_NOT_WITH_APP', field: 'create_payment.payer' });
  });

  scenario('what cannot be is refused, and not repeated', async (world) => {
    const wrong = `${PAYER.document_number.slice(0, -1)}${PAYER.document_number.endsWith('7') ? '8' : '7'}`;
    const cases = [
      [{ name: '' }, 'PAYER_NAME_INVALID', 'name'],
      [{ name: `${PAYER.name}\n` }, 'PAYER_NAME_INVALID', 'name'],
      [{ document_number: wrong }, 'DOCUMENT_NUMBER_INVALID', 'document_number'],
      [{ document_number: '' }, 'DOCUMENT_NUMBER_INVALID', 'document_number'],
      [{ document_type: 'DOCUMENT_TYPE_UNSPECIFIED' }, 'DOCUMENT_TYPE_INVALID', 'document_type'],
      [{ phone: `${PAYER.phone}x` }, 'PAYER_PHONE_INVALID', 'phone'],
    ];
    const wish = await world.wish();
    for (const [change, reason, field] of cases) {
      await refused(world.shop.create({ ...wish, payer: { ...PAYER, ...change } }),
        { code: 'CODE_INVALID_ARGUMENT', reason, field: `create_payment.payer.${field}` });
    }
    const { payment_id: id } = await world.shop.create({ ...wish, payer: PAYER });
    await world.shop.closePayment(id);
  });

  scenario('texts that are too long never get as far', async (world) => {
    const wish = await world.wish();
    for (const [field, size] of [['name', 65], ['document_number', 33], ['phone', 21]]) {
      const payer = { ...PAYER, [field]: PAYER[field].repeat(9).slice(0, size) };
      await refused(world.shop.create({ ...wish, payer }), { code: 'CODE_INVALID_ARGUMENT', field: `create_payment.payer.${field}` });
    }
  });

  scenario('asked twice, once beside itself: one payment; another payer: a conflict', async (world) => {
    const wish = await world.wish(world.shop, { payer: PAYER });
    const [first, second] = await Promise.all([world.shop.create(wish), world.shop.create(wish)]);
    assert.equal(first.payment_id, second.payment_id);
    for (const payer of [undefined, { ...PAYER, name: '别人' }, { ...PAYER, phone: '' }])
      await refused(world.shop.create({ ...wish, payer }), { code: 'CODE_ALREADY_EXISTS', reason: 'IDEMPOTENCY_KEY_REUSED' });
    const closed = await world.shop.closePayment(first.payment_id);
    assert.equal(closed.state, 'PAYMENT_STATE_CLOSED');
    assert.deepEqual(closed.identity, { asked: true, result: 'RESULT_UNKNOWN' });
    assert.equal((await world.shop.create(wish)).payment_id, first.payment_id, 'and after its end');
  });

  scenario('declined at the cashier, then paid', async (world) => {
    const made = await opened(world);
    await world.sandbox.act(made.number, 'decline');
    await world.shop.get({ payment_id: made.id, refresh: true });
    const again = await form(world, made.link);
    assert.equal(again.number, made.number, 'the same order, bound to the same person');
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('nobody pays: expired', async (world) => {
    const made = await opened(world);
    await world.advance(33 * MINUTE);
    const closed = await world.state(made, 'PAYMENT_STATE_CLOSED', { refresh: true });
    assert.equal(closed.identity.result, 'RESULT_UNKNOWN');
    await look(world, made.link);
    await look(world, made.link, post);
  });

  scenario('killed at every turn', async (world) => {
    const made = await created(world);
    await world.crashAndRestart();
    assert.equal((await world.shop.create(made.wish)).payment_id, made.id);
    const first = await form(world, made.link);
    await world.crashAndRestart();
    const second = await form(world, made.link);
    assert.equal(second.number, first.number);
    await world.buyer.visit(second.url, { method: 'POST', form: second.fields });
    await world.sandbox.pay(second.number);
    await world.crashAndRestart();
    const paid = await world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });
    assert.equal(paid.identity.result, 'RESULT_REAL_NAME_MATCHED');
    const wish = await world.wish(world.shop, { payer: PAYER });
    const dying = world.shop.create(wish).catch(() => undefined);
    await world.crash();
    await dying;
    await world.startDaemon();
    await world.shop.closePayment((await world.shop.create(wish)).payment_id);
  });

  scenario('a name alone is bound too, and claims less', async (world) => {
    const made = await created(world, { payer: { name: PAYER.name } });
    const page = await world.buyer.visit(made.link, post);
    const biz = JSON.parse(unescape(/value="([^"]*)">/.exec(page.body)[1]));
    assert.deepEqual(biz.ext_user_info, { name: PAYER.name, need_check_info: 'T' });
    const url = unescape(/action="([^"]+)"/.exec(page.body)[1]);
    await world.buyer.visit(url, { method: 'POST', form: { biz_content: JSON.stringify(biz) } });
    await world.sandbox.pay(biz.out_trade_no);
    const paid = await world.state(made, 'PAYMENT_STATE_PAID');
    assert.deepEqual(paid.identity, { asked: true, result: 'RESULT_PLATFORM_LOGIN' });
  });

  scenario('nobody named is nobody asked for', async (world) => {
    const paid = await world.paid();
    assert.deepEqual(paid.payment.identity, { asked: false, result: 'RESULT_PLATFORM_LOGIN' });
  });

  scenario('fenqictl takes the payer from a pipe', async (world) => {
    const write = (name, text, mode) => writeFileSync(join(world.folder, name), text, { mode });
    write('server.public', world.keys.server.publicKey, 0o644);
    write('shop.secret', world.merchants[0].curve.secretKey, 0o600);
    write('fenqid-keys', await (await fetch(`${world.web}/.well-known/fenqi-keys`)).text(), 0o644);
    const shown = spawnSync(binary('fenqictl'), ['pay', '--server', `tcp://127.0.0.1:${world.frontPort}`, '--server-key', 'server.public',
      '--client-key', 'shop.secret', '--keys', 'fenqid-keys', '--order', world.order(), '--amount', '6999.00', '--subject', 'phone',
      '--instalments', '12', '--return-url', 'https://shop.example.com/paid/', '--payer-file', '-', '--json'], {
      cwd: world.folder,
      env: { ...process.env, ...world.calendar.environment },
      input: `name=${PAYER.name}\ndocument=identity-card:${PAYER.document_number}\nphone=${PAYER.phone}\n`,
    });
    assert.equal(shown.status, 0, `${shown.stderr}`);
    assertClean('what fenqictl prints', Buffer.concat([shown.stdout, shown.stderr]));
    const { payment } = JSON.parse(shown.stdout);
    assert.equal(payment.identity.asked, true);
    world.payments.set(payment.payment_id, world.shop);
    await form(world, payment.next_action.hosted_url);
    await world.shop.closePayment(payment.payment_id);
    await world.advance(33 * MINUTE);
    await world.state({ storefront: world.shop, id: payment.payment_id }, 'PAYMENT_STATE_CLOSED', { refresh: true });
  });

  scenario('when all have ended, not even what was sealed is left', async (world) => {
    const made = await created(world);
    assert.ok(isSealed(world));
    await world.stopDaemon();
    assert.ok(isSealed(world), 'one is open');
    await world.startDaemon();
    await world.shop.closePayment(made.id);
    for (const id of world.payments.keys())
      assert.notEqual((await world.shop.get(id)).state, 'PAYMENT_STATE_OPEN', id);
    await world.stopDaemon();
    assert.ok(!existsSync(join(world.folder, 'ledger.db-wal')));
    assert.ok(!isSealed(world), 'the ledger remembers nobody');
    await world.startDaemon();
  });
});

// ---- the keys ----

async function hangUp(world, payerKeys) {
  const mark = world.logMark;
  world.writeConf({ payerKeys });
  world.fenqid.child.kill('SIGHUP');
  await world.logged(/ reloaded CHANNELS=/, mark);
}

const worlds = [];
after(async () => {
  for (const world of worlds) await world.end();
});

async function start(payerKeys) {
  const world = await World.start({ conf: { payerKeys } });
  worlds.push(world);
  return world;
}

test('a new key seals, the old one still opens; without it the operator is told', async () => {
  const world = await start(['payer.key']);
  writeFileSync(join(world.folder, 'next.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  const old = await created(world);
  await hangUp(world, ['next.key', 'payer.key']);
  const young = await created(world);
  await form(world, old.link);
  await form(world, young.link);
  assert.ok(!/FAULT=ours/.test(world.log));
  const mark = world.logMark;
  await hangUp(world, ['next.key']);
  await form(world, young.link);
  const page = await look(world, old.link, post);
  assert.equal(page.status, 503);
  assert.match(await world.logged(/planning a payment for its payer/, mark), /is the key they were sealed with configured/);
  await hangUp(world, ['next.key', 'payer.key']);
  await form(world, old.link);
  sweep(world);
});

test('without a key payers are refused, and payments go on', async () => {
  const world = await start([]);
  const wish = await world.wish(world.shop, { payer: PAYER });
  await refused(world.shop.create(wish), { code: 'CODE_FAILED_PRECONDITION', reason: 'PAYER_KEY_MISSING' });
  const { payer, ...rest } = wish;
  assert.equal((await world.shop.create(rest)).state, 'PAYMENT_STATE_OPEN', 'the key was not burnt');
  assert.equal(payer, PAYER);
  sweep(world);
});

test('a payer is passed on encrypted where the account is', async () => {
  const world = await World.start({ contentKey: true });
  worlds.push(world);
  const made = await created(world);
  const page = await look(world, made.link, post);
  assert.equal(page.status, 200);
  const url = unescape(/action="([^"]+)"/.exec(page.body)[1]);
  const [, name, value] = /<input type="hidden" name="([^"]+)" value="([^"]*)">/.exec(page.body);
  assert.equal(name, 'biz_content');
  await world.buyer.visit(url, { method: 'POST', form: { [name]: unescape(value) } });
  const [trade] = await world.sandbox.trades();
  assert.deepEqual(trade.ext_user_info, EXPECTED);
  sweep(world);
});
