// SPDX-License-Identifier: Apache-2.0
// What must hold after every scenario, whatever it was about.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkLines, checkRedaction } from './redaction.mjs';
import { fen } from './sandbox.mjs';
import { until } from './wait.mjs';
import { binary } from './world.mjs';

function checkLog(world, blames) {
  checkRedaction(world.log, world.secrets);
  checkLines(world.log);
  assert.doesNotMatch(world.log, /Sanitizer|runtime error:/, 'a sanitizer spoke');
  const own = world.log.split('\n').filter((line) => /FAULT=ours/.test(line) && !/the clock was set/.test(line) && !blames?.test(line));
  assert.deepEqual(own, [], 'fenqid blames itself');
}

/** The sequence in the buyer's way back tells whose order it is; where there is none, the test does. */
function ownerOf(world, number, way) {
  if (world.owners.has(number)) return world.owners.get(number);
  assert.ok(way, `order ${number} belongs to no payment`);
  const sequence = new URL(way).pathname.split('/').at(-1).slice(0, 13);
  const id = [...world.payments.keys()].find((one) => one.slice(1, 14) === sequence);
  assert.ok(id, `order ${number} belongs to no payment`);
  return id;
}

/** What was paid at any platform: { id, paid, refunded }. */
async function moneyOf(world) {
  const trades = (await Promise.all(world.sandboxes.map((sandbox) => sandbox.trades()))).flat();
  const orders = (await world.unionpay?.orders()) ?? [];
  return [
    ...trades.filter((trade) => trade.gmt_payment).map((trade) => ({ id: ownerOf(world, trade.out_trade_no, trade.return_url),
      paid: fen(trade.total_amount), refunded: fen(trade.refunded_amount) })),
    ...orders.filter((order) => order.charged && order.txn_type === '01').map((order) => ({ id: ownerOf(world, order.order_id, order.front_url),
      paid: order.charged_fen, refunded: order.refunded_fen })),
  ];
}

/** Every fen that the platform took or gave back is known here, and no other. */
async function checkMoney(world, ids) {
  const expected = new Map(ids.map((id) => [id, { paid: 0, refunded: 0 }]));
  for (const { id, paid, refunded } of await moneyOf(world)) {
    const money = expected.get(id);
    if (!money) continue;
    money.paid += paid;
    money.refunded += refunded;
  }
  for (const [id, money] of expected) {
    await until(`payment ${id} to show the platform's money: ${JSON.stringify(money)}`, async () => {
      const payment = await world.payments.get(id).get({ payment_id: id, refresh: true });
      const paid = payment.state === 'PAYMENT_STATE_PAID' ? payment.amount.minor : 0;
      assert.deepEqual({ paid, refunded: payment.refunded_minor }, money);
      return true;
    });
  }
}

/** The chain of the journal, read from the ledger itself. */
function checkJournal(world, ids) {
  if (!existsSync(binary('fenqictl'))) return;
  for (const id of ids) {
    const shown = spawnSync(binary('fenqictl'), ['journal', '-c', join(world.folder, 'fenqid.conf'), id], { encoding: 'utf8' });
    assert.equal(shown.status, 0, `fenqictl journal ${id}: ${shown.stdout}${shown.stderr}`);
  }
}

/** `ids` of the scenario's payments; `skipMoney`: it lied about money on purpose; `blames`: lines in which fenqid is right to blame itself. */
export async function checkAll(world, ids, { skipMoney = false, blames } = {}) {
  for (const sandbox of world.sandboxes) await sandbox.calm();
  await world.unionpay?.calm();
  if (!skipMoney) await checkMoney(world, ids);
  checkJournal(world, ids);
  checkLog(world, blames);
}
