// SPDX-License-Identifier: Apache-2.0
// Storefronts gone wild and browsers without number: the others are served, notifications come through.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Flood } from './harness/flood.mjs';
import { inWorld } from './harness/scenario.mjs';
import { Refused } from './harness/storefront.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';

const MIB = 1024;
const rssKib = (world) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.fenqid.child.pid}/status`, 'utf8'))[1]);

/** Milliseconds that an answer takes, the median of n. */
async function medianMs(n, body) {
  const all = [];
  for (let i = 0; i < n; i++) {
    const began = performance.now();
    await body();
    all.push(performance.now() - began);
  }
  return all.sort((a, b) => a - b)[n >> 1];
}

/** While `flood` goes on: another merchant's whole payment, answers in time, and not much memory. */
async function othersAreServed(world, flood, withinMs) {
  const before = rssKib(world);
  await until('the flood to come', () => flood.n.sent > 5000, 20_000);
  const { sent } = flood.n;
  const info = await medianMs(50, () => world.boutique.call('get_info', {}));
  await world.paid(world.boutique);
  assert.ok(flood.n.sent > sent, 'it went on all the while');
  const n = await flood.stop();
  const grownKib = rssKib(world) - before;
  console.log(`# ${n.sent} sent, ${n.answered} answered; the others' median ${info.toFixed(1)} ms; ${Math.round(grownKib / MIB)} MiB more`);
  assert.ok(info < withinMs * SLOWNESS, `the others' answers take ${info} ms`);
  if (SLOWNESS === 1) /* a sanitizer keeps what is freed */
    assert.ok(grownKib < 64 * MIB, `${grownKib} KiB more memory`);
}

inWorld('a storefront', { merchants: [...['wild', 'wild1', 'wild8'].map((id) => ({ id, rate_per_second: 50, rate_burst: 50 })), { id: 'deaf', rate_per_second: 1_000_000, rate_burst: 1_000_000 }] }, (scenario) => {
  for (const nSockets of [1, 8]) {
    scenario(`that floods through ${nSockets} connections`, async (world) => {
      const mark = world.logMark;
      const flood = Flood.start(world, `wild${nSockets}`, { nSockets });
      await othersAreServed(world, flood, 250);
      assert.ok(flood.n.answered > 0);
      await world.logged(new RegExp(`a limit refused a request MERCHANT=wild${nSockets} REASON=(RATE|FLOOD) FAULT=theirs`), mark);
    });
  }

  scenario('that floods is told so, and when to come back', async (world) => {
    const wild = await world.storefront('wild');
    const flood = Flood.start(world, 'wild', { nSockets: 2 });
    await until('the flood to come', () => flood.n.answered > 100, 20_000);
    const no = await until('a refusal', () => wild.call('get_info', {}, { withinMs: 500 }).then(() => undefined, (error) => error instanceof Refused && error));
    assert.deepEqual([no.code, no.reason, no.may_repeat, no.blame], ['CODE_RESOURCE_EXHAUSTED', 'RATE', true, 'BLAME_CALLER']);
    assert.ok(no.retry_after_ms > 0 && no.retry_after_ms <= 1000, `${no.retry_after_ms}`);
    await flood.stop();
    await until('the flood to be over', () => wild.call('get_info', {}));
  });

  scenario('that never reads its replies', async (world) => {
    const flood = Flood.start(world, 'deaf', { nSockets: 4, reads: false });
    await othersAreServed(world, flood, 500);
    const deaf = await world.storefront('deaf');
    await until('it to be served again', () => deaf.call('get_info', {}, { withinMs: 1000 }));
  });

  scenario('that quotes without end', async (world) => {
    const asks = { quote_plans: { amount: { minor: 699900, currency: 'CNY' }, terminal: 'TERMINAL_DESKTOP' } };
    const flood = Flood.start(world, 'deaf', { nSockets: 4, asks });
    await othersAreServed(world, flood, 500);
  });
});

// ---- browsers ----

/** n browsers that load a page over and over, until stopped. */
function browsers(n, url) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: n });
  let isOver = false;
  let nPages = 0;
  const one = () => new Promise((resolve) => {
    http.get(url, { agent }, (answer) => answer.resume().on('end', resolve).on('error', resolve)).on('error', resolve);
  });
  const all = Array.from({ length: n }, async () => {
    for (; !isOver; nPages++) await one();
  });
  return { count: () => nPages, async stop() { isOver = true; await Promise.all(all); agent.destroy(); } };
}

/** Connections that say nothing. */
async function silent(world, n) {
  const sockets = Array.from({ length: n }, () => connect(world.webPort, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return { close: () => sockets.forEach((socket) => socket.destroy()) };
}

inWorld('browsers without number', { conf: { web: { connections_max: 64 } } }, (scenario) => {
  scenario('load links, and a notification comes through', async (world) => {
    const made = await world.opened();
    const crowd = [browsers(20, made.link), browsers(20, `${world.web}/r/${made.link.split('/').at(-1).slice(0, -4)}0000`)];
    await until('the crowd', () => crowd.every((one) => one.count() > 200), 20_000);
    await world.sandbox.pay(made.number);
    await world.state(made, 'PAYMENT_STATE_PAID');
    for (const one of crowd) await one.stop();
    const { notifications } = await world.sandbox.trade(made.number);
    assert.deepEqual(notifications.flatMap((one) => one.deliveries.map(({ answer }) => answer)), ['success']);
  });

  scenario('take every connection and say nothing: they are cut, and a notification comes through', async (world) => {
    const made = await world.opened();
    const crowd = await silent(world, 100);
    await world.sandbox.pay(made.number);
    await until('the notification', async () => (await world.shop.get(made.id)).state === 'PAYMENT_STATE_PAID', 30_000);
    crowd.close();
  });
});
