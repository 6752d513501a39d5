// SPDX-License-Identifier: Apache-2.0
// The ledger copied while payments go on, and taken back: nothing from before the copy is lost, what
// was open then is asked about again. And evidence that leaves the house, and can be verified there.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ctl, run } from './harness/fenqictl.mjs';
import { inWorld } from './harness/scenario.mjs';
import { until } from './harness/wait.mjs';

const conf = { control: { path: 'control' }, poll: { first: '100ms', max: '300ms' } };

inWorld('backup', { conf }, (scenario) => {
  scenario('while paying, taken back: no loss up to it, and a clean continuation', async (world) => {
    const paid = await world.paid();
    const refunded = await world.paid();
    const { refund_id: refundId } = await world.shop.refund({ idempotency_key: world.order('key'), payment_id: refunded.id, amount: { minor: 100, currency: 'CNY' } });
    await world.refundState(refunded, refundId, 'REFUND_STATE_REFUNDED', { refresh: true });
    await world.sandbox.fault('notify', 'never', { count: -1 });
    await world.sandbox.fault('alipay.trade.query', 'system_error', { count: -1 });
    const unknown = await world.opened();
    const waiting = await world.created();

    let isOver = false;
    const made = [];
    const paying = (async () => {
      while (!isOver) made.push(await world.created(world.boutique));
    })();
    await until('some payments', () => made.length >= 5);
    const before = made.length;
    const file = join(world.folder, 'backup.db');
    const { json } = await ctl(world, ['backup', file, '--json']);
    isOver = true;
    await paying;
    const during = made.slice(0, before);
    assert.ok(json.payments >= before + 4 && json.payments <= made.length + 4, JSON.stringify(json));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(file).size, json.bytes);
    assert.deepEqual(readdirSync(world.folder).filter((name) => name.startsWith('backup')), ['backup.db'], 'one file, nothing beside it');
    assert.match((await ctl(world, ['backup', file], 1)).stderr, /nothing is overwritten/);

    // The buyer pays after the copy was made; then the machine burns down.
    await world.sandbox.pay(unknown.number);
    await world.crash();
    for (const end of ['', '-wal', '-shm']) rmSync(join(world.folder, `ledger.db${end}`), { force: true });
    copyFileSync(file, join(world.folder, 'ledger.db'));
    await world.sandbox.calm();
    await world.startDaemon();

    for (const one of [paid, refunded]) {
      const now = await world.shop.get(one.id);
      assert.equal(now.state, 'PAYMENT_STATE_PAID');
      assert.equal(now.platform_ref, one.payment.platform_ref);
    }
    assert.equal((await world.shop.getRefund(refundId, {})).state, 'REFUND_STATE_REFUNDED');
    await world.state(unknown, 'PAYMENT_STATE_PAID');
    for (const one of during) assert.equal((await world.boutique.get(one.id)).state, 'PAYMENT_STATE_OPEN');
    assert.equal((await world.shop.create(waiting.wish)).payment_id, waiting.id, 'the same key finds its payment');
    assert.ok((await world.buyer.open(waiting.link)).number, 'its link works');
    assert.deepEqual(await world.eventsOf(unknown), ['PAYMENT_PAID']);
    await world.paid();
    for (const one of made) world.payments.delete(one.id); // those after the copy only the shop remembers
  });

  scenario('what cannot be copied', async (world) => {
    const file = join(world.folder, 'other.db');
    await ctl(world, ['backup', join(world.folder, 'nowhere', 'b.db')], 1);
    writeFileSync(join(world.folder, 'no-ledger'), 'this is no ledger');
    await ctl(world, ['backup', file, '--store', join(world.folder, 'no-ledger')], 2);
    await ctl(world, ['backup', file, '--store', join(world.folder, 'absent')], 2);
    // A page in its middle is garbage.
    await world.stopDaemon();
    const bytes = readFileSync(join(world.folder, 'ledger.db'));
    const page = bytes.readUInt16BE(16);
    bytes.fill(0x55, page * 3, page * 5);
    writeFileSync(join(world.folder, 'broken.db'), bytes);
    await assert.rejects(ctl(world, ['backup', file, '--store', join(world.folder, 'broken.db')]), /ended with [14]/);
    assert.deepEqual(readdirSync(world.folder).filter((name) => name.startsWith('other')), [], 'nothing is left behind');
    assert.equal((await ctl(world, ['backup', file, '--json'])).json.file, file, 'also while no fenqid runs');
    await world.startDaemon();
  });
});

inWorld('journal export', { conf }, (scenario) => {
  const lines = ({ stdout }) => stdout.trim().split('\n').map((line) => JSON.parse(line));
  const proven = async (world, text, expected = 0) => {
    const file = join(world.folder, 'export.jsonl');
    writeFileSync(file, text);
    return run(['journal', 'verify', file], expected);
  };

  scenario('of one payment, of a range; verified without the ledger', async (world) => {
    const paid = await world.paid();
    const other = await world.created(world.boutique);
    const one = await ctl(world, ['journal', 'export', paid.id]);
    const [head, ...entries] = lines(one);
    assert.deepEqual([head.payment, head.merchant, head.state, head.entries], [paid.id, 'shop', 'PAID', entries.length]);
    assert.equal(entries.at(-1).hash, head.head);
    assert.ok(entries.some(({ says }) => says.move === 'OPEN -> PAID' && /^[0-9a-f]{64}$/.test(says.sha256)));
    assert.match((await proven(world, one.stdout)).stdout, /1 payments, \d+ entries, all chains intact/);
    const all = await ctl(world, ['journal', 'export', '--since', '1h']);
    assert.deepEqual(lines(all).filter((line) => line.payment).map((line) => line.payment), [other.id, paid.id]);
    assert.deepEqual(lines(await ctl(world, ['journal', 'export', '--since', '1h', '--merchant', 'boutique'])).map((line) => line.payment ?? line.of).every((id) => id === other.id), true);
    await proven(world, all.stdout);

    const rows = one.stdout.trimEnd().split('\n');
    const forged = rows.map((row) => {
      const line = JSON.parse(row);
      if (line.says?.move !== 'OPEN -> PAID') return row;
      const body = Buffer.from(line.body, 'base64').toString('latin1').replace('OPEN -> PAID', 'OPEN -> LAID');
      return JSON.stringify({ ...line, body: Buffer.from(body, 'latin1').toString('base64') });
    });
    assert.notDeepEqual(forged, rows);
    assert.match((await proven(world, forged.join('\n'), 4)).stderr, /line \d+: BROKEN/);
    await proven(world, rows.slice(0, -1).join('\n'), 4);
    await proven(world, [rows[0], ...rows.slice(2)].join('\n'), 4);
    await proven(world, rows.slice(1).join('\n'), 4);
    await proven(world, `${rows.join('\n')}\nnonsense`, 4);
  });

  scenario('what cannot be exported', async (world) => {
    await ctl(world, ['journal', 'export'], 2);
    await ctl(world, ['journal', 'export', 'p123'], 2);
    await ctl(world, ['journal', 'export', '--since', 'never'], 2);
    await run(['journal', 'verify', join(world.folder, 'absent')], 2);
  });
});
