// SPDX-License-Identifier: Apache-2.0
// A bad night, trouble after trouble: what fenqictl status shows and what the log says is what stands in
// bad-night/, for people to read; then it heals, and no money is lost or moved twice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inCardWorld, opened as openedByCard } from './harness/cards.mjs';
import { Expected } from './harness/expected.mjs';
import { ctl } from './harness/fenqictl.mjs';
import { Flood } from './harness/flood.mjs';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { refused } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const HUABEI = { channel: 'huabei' };

/** The trouble's text, and what is said while it lasts and after. */
function troubleOf(world, name, words = []) {
  const expected = new Expected(fileURLToPath(new URL(`./bad-night/${name}.txt`, import.meta.url)), [[world.folder, '/var/lib/fenqid'], ...words]);
  let mark = world.logMark;
  return {
    mark,
    /** `log`: which of the lines from notice on are the trouble's; all of them if not given. */
    async say(when, { log = /./ } = {}) {
      expected.say(`${when}: fenqictl status`, (await ctl(world, ['status'])).stdout);
      this.sayLog(when, { log });
    },
    sayLog(when, { log = /./ } = {}) {
      const lines = world.log.slice(mark).split('\n').filter((line) => /^(notice|warning|error|critical): /.test(line) && log.test(line));
      expected.say(`${when}: the log`, lines.join('\n'));
      mark = world.logMark;
    },
    sayText: (title, text) => expected.say(title, text),
    compare: () => expected.compare(),
  };
}

/** Where days pass within seconds: what is said of that is left out. */
const CLOCK = [[/WRONG [^\n]*\nthe clock was set [^\n]*\s*$/g, 'nothing is wrong'], [/^the clock was set .*\n/gm, '']];

/** What fenqid says of its own ledger. */
const blames = /the ledger cannot be written|REASON=LEDGER_UNAVAILABLE/;

/** What the shop hears meanwhile. */
const UNWRITTEN = { code: 'CODE_UNAVAILABLE', reason: 'LEDGER_UNAVAILABLE', may_repeat: true, blame: 'BLAME_DAEMON' };

/** A payment by Huabei from beginning to end, while nothing is wrong any more. */
const goesOn = (world, storefront) => world.paid(storefront, {}, HUABEI);

const isPaid = (world, made) => world.state(made, 'PAYMENT_STATE_PAID', { refresh: true });

inCardWorld('a bad night', {
  conf: { channel: { timeout: '500ms', breaker_failures: 3, breaker_pause: '2s' }, control: { path: 'control' } },
  merchants: [{ id: 'wild', rate_per_second: 50, rate_burst: 50 }],
  launch: (world, command) => {
    const stuck = join(world.folder, 'stuck');
    mkdirSync(stuck, { recursive: true });
    const { LD_PRELOAD: calendar } = world.calendar.environment;
    return ['env', `LD_PRELOAD=${calendar}:${binary('tests/scenario/stuck.so')}`, `FENQI_STUCK=${stuck}`, ...command];
  },
}, (scenario) => {
  const QUERY = 'alipay.trade.query';
  const refresh = ({ storefront, id }) => storefront.get({ payment_id: id, refresh: true });

  scenario('the platform hangs, and behind its gateway another is not reached (HTTP 502)', async (world) => {
    const huabei = await world.opened(world.shop, {}, HUABEI);
    const card = await openedByCard(world);
    const trouble = troubleOf(world, 'platform-down');
    for (const platform of [world.sandbox, world.unionpay]) await platform.fault('notify', 'never', { count: -1 });
    await world.sandbox.pay(huabei.number);
    await world.unionpay.pay(card.number);
    await world.sandbox.fault(QUERY, 'delay', { count: -1, delay_ms: 1500 });
    await world.unionpay.fault('query', 'http_502', { count: -1 });
    for (const one of [huabei, card])
      for (let i = 0; i < 3; i++) await refresh(one);
    const wish = await world.wish(world.shop, { terminal: 'TERMINAL_QR' }, { ...HUABEI, terminal: 'TERMINAL_QR' });
    await refused(world.shop.create(wish), { code: 'CODE_UNAVAILABLE', reason: 'CHANNEL_PAUSED' });
    await trouble.say('while it lasts');
    await world.sandbox.calm();
    await world.unionpay.calm();
    await isPaid(world, huabei);
    await isPaid(world, card);
    await goesOn(world);
    await trouble.say('when it is over');
    trouble.compare();
  });

  scenario('the disk is full, and empties again', async (world) => {
    const [made, link, wish] = [await world.opened(world.shop, {}, HUABEI), await world.created(world.shop, {}, HUABEI), await world.wish(world.shop, {}, HUABEI)];
    const trouble = troubleOf(world, 'disk-full');
    writeFileSync(join(world.folder, 'stuck/full'), '');
    await refused(world.shop.create(wish), UNWRITTEN);
    assert.equal((await world.buyer.visit(link.link, { method: 'POST', form: {} })).status, 503);
    await world.sandbox.pay(made.number);
    await world.logged(new RegExp(`WHILE="committing a notification"|NUMBER=${made.number}.* WHILE=`), trouble.mark);
    await trouble.say('while it lasts');
    rmSync(join(world.folder, 'stuck/full'));
    await world.logged(/the ledger is written again/, trouble.mark);
    await trouble.say('when it is over');
    const payment = await world.shop.create(wish);
    assert.equal((await world.shop.create(wish)).payment_id, payment.payment_id, 'the same request, one payment');
    await world.sandbox.resend(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    await world.buyer.open(link.link);
    await goesOn(world);
    trouble.compare();
  }, { blames });

  scenario('another process keeps the ledger locked', async (world) => {
    const [made, wish] = [await world.opened(world.shop, {}, HUABEI), await world.wish(world.shop, {}, HUABEI)];
    const trouble = troubleOf(world, 'locked');
    const other = Program.start('sqlite3', 'sqlite3', [join(world.folder, 'ledger.db')], { stdin: true });
    other.child.stdin.write('.timeout 20000\nBEGIN IMMEDIATE;\nSELECT \'locked\';\n');
    await until('the lock', () => other.lines.includes('locked'));
    await refused(world.shop.create(wish), UNWRITTEN);
    await world.sandbox.pay(made.number);
    await world.logged(/WHILE="committing a notification"/, trouble.mark);
    await trouble.say('while it lasts');
    await other.signal('SIGKILL');
    await world.logged(/the ledger is written again/, trouble.mark);
    await trouble.say('when it is over');
    assert.ok((await world.shop.create(wish)).payment_id);
    await world.sandbox.resend(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    await goesOn(world);

    const second = Program.start('fenqid', binary('fenqid'), ['-c', join(world.folder, 'fenqid.conf')]);
    await until('the second to give up', () => second.hasEnded, 20_000);
    assert.notEqual(second.ended.code, 0);
    trouble.sayText('a second fenqid on the same ledger: its log', second.text);
    trouble.compare();
  }, { blames });

  scenario('a storefront floods', async (world) => {
    const trouble = troubleOf(world, 'flood');
    const flood = Flood.start(world, 'wild', { nSockets: 2 });
    await world.logged(/a limit refused a request MERCHANT=wild/, trouble.mark);
    await until('the flood to come', () => flood.n.sent > 3000, 20_000);
    await goesOn(world);
    await trouble.say('while it lasts', { log: /wild/ });
    await flood.stop();
    await goesOn(world);
    trouble.compare();
  }, { blames });

  scenario('the clock is set forward, and back', async (world) => {
    const [made, open] = [await world.opened(world.shop, {}, HUABEI), await world.created(world.shop, {}, HUABEI)];
    const trouble = troubleOf(world, 'clock');
    const step = async (ms, word) => {
      const mark = world.logMark;
      world.calendar.advance(ms);
      await world.logged(new RegExp(`the clock was set ${word}`), mark);
    };
    await step(HOUR / 6, 'forward');
    await trouble.say('ten minutes forward', { log: /clock/ });
    await goesOn(world);
    await step(-HOUR / 6, 'back');
    await trouble.say('and back', { log: /clock/ });
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    await world.buyer.open(open.link);
    await goesOn(world);
    trouble.compare();
  }, { blames });
});

inWorld('a certificate that ends', { certificateMode: true, conf: { control: { path: 'control' } } }, (scenario) => {
  /** The same certificate of ours (by issuer and serial, as the platform knows it), for so many days. */
  const renew = (world, days) => {
    const words = ['x509', '-req', '-in', 'app.csr', '-CA', 'root.crt', '-CAkey', 'root.pem', '-set_serial', '8000000000000001', '-days', `${days}`, '-out', 'app.crt'];
    execFileSync('openssl', ['req', '-new', '-key', 'app.pem', '-subj', '/C=CN/O=shop/CN=shop', '-out', 'app.csr'], { cwd: world.folder, stdio: 'ignore' });
    execFileSync('openssl', words, { cwd: world.folder, stdio: 'ignore' });
  };
  const reload = async (world) => {
    const mark = world.logMark;
    world.fenqid.child.kill('SIGHUP');
    await world.logged(/: reloaded /, mark);
  };

  scenario('30, 7 and 1 days before, and after; then there is a new one', async (world) => {
    renew(world, 1);
    world.calendar.advance(-40 * DAY); /* the platform's stays: it takes orders of the next two weeks only */
    await reload(world);
    const trouble = troubleOf(world, 'certificate', CLOCK);
    for (const [days, when] of [[11, '30 days before'], [23, '7 days before'], [6, '1 day before'], [2, 'when it has ended']]) {
      const mark = world.logMark;
      world.calendar.advance(days * DAY);
      await world.logged(/a certificate (ends soon|has ended) .*KEY=app_cert/, mark);
      await trouble.say(when, { log: /certificate/ });
    }
    renew(world, 3650);
    await reload(world);
    await trouble.say('when there is a new one', { log: /certificate|reload/ });
    await goesOn(world);
    trouble.compare();
  }, { blames: /a certificate has ended/ });
});
