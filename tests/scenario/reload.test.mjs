// SPDX-License-Identifier: Apache-2.0
// SIGHUP: rates, keys, channels and merchants change while payments go on; all of a file or nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { curveKeyPair } from './harness/keys.mjs';
import { inWorld } from './harness/scenario.mjs';

const RELOADED = / reloaded CHANNELS=/;
const KEPT = /not reloaded ERRORS=/;

const withNewKey = (text) => text.replace(/client_keys = \[ "[^"]*" \]/, () => `client_keys = [ "${curveKeyPair().publicKey}" ]`);

/** Opens a named pipe for writing once somebody reads it, which is also how one learns of that. */
const openOnceRead = async (path) => {
  for (;;) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (error.code !== 'ENXIO') throw error;
      await sleep(5);
    }
  }
};

inWorld('reload', {}, (scenario) => {
  const hangUp = async (world, expected) => {
    const mark = world.logMark;
    world.fenqid.child.kill('SIGHUP');
    await world.logged(expected, mark);
    return world.log.slice(mark);
  };
  /** Changes a file, lets it be read, does `meanwhile`, and puts everything back. */
  const changed = async (world, change, expected, meanwhile = async () => {}, name = 'fenqid.conf') => {
    const file = join(world.folder, name);
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    assert.notEqual(after, before, 'the change changed nothing');
    writeFileSync(file, after);
    let said;
    try {
      said = await hangUp(world, expected);
      await meanwhile();
    } finally {
      writeFileSync(file, before);
    }
    if (expected === RELOADED) await hangUp(world, RELOADED);
    return said;
  };
  const fee = async (world) => (await world.plan()).buyer_fee_minor;

  scenario('a rate: quotes change, payments quoted before do not', async (world) => {
    const wish = await world.wish();
    await changed(world, (text) => text.replace('rate = "7.50%"', 'rate = "8.80%"'), RELOADED, async () => {
      assert.equal(await fee(world), 61591, '8.80 % of 6999.00, half to even');
      assert.equal((await world.shop.create(wish)).terms.buyer_fee_minor, 52492);
    });
    assert.equal(await fee(world), 52492);
  });

  scenario('a payment that was opened before is paid after', async (world) => {
    const made = await world.opened();
    await changed(world, (text) => text.replace('rate = "2.30%"', 'rate = "2.31%"'), RELOADED, async () => {
      await world.sandbox.pay(made.number);
      await world.state(made, 'PAYMENT_STATE_PAID');
    });
  });

  scenario('a merchant\'s key: taken away at once, and given back', async (world) => {
    await changed(world, withNewKey, RELOADED, async () => {
      await assert.rejects(world.boutique.call('get_info', {}, { withinMs: 300 }), /no answer/);
      await world.shop.call('get_info', {});
    }, 'merchants.d/boutique.conf');
    await (await world.storefront('boutique')).call('get_info', {});
  });

  scenario('mistakes: every one is said, nothing changes', async (world) => {
    const said = await changed(world, (text) => text.replace('rate = "7.50%"', 'rate = "much"').replace('timeout =', 'timeuot ='), KEPT);
    assert.match(said, /timeuot: unknown key/);
    assert.match(said, /rates\[2\]\.rate/);
    assert.equal(await fee(world), 52492);
  });

  scenario('what cannot change while running is refused by name', async (world) => {
    const said = await changed(world, (text) => text.replace('order_prefix = "T"', 'order_prefix = "U"').replace('"ledger.db"', '"other.db"'), KEPT);
    assert.match(said, /order_prefix: cannot change while running/);
    assert.match(said, /store\.path: cannot change while running/);
  });

  scenario('a channel with open payments cannot go', async (world) => {
    await world.created();
    const names = (text) => text.replaceAll('"huabei" ]', '"other" ]');
    const files = ['shop', 'boutique'].map((id) => join(world.folder, 'merchants.d', `${id}.conf`));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    files.forEach((file, i) => writeFileSync(file, names(before[i])));
    try {
      const said = await changed(world, (text) => text.replace('name = "huabei";', 'name = "other";'), KEPT);
      assert.match(said, /huabei has payments that are not final/);
    } finally {
      files.forEach((file, i) => writeFileSync(file, before[i]));
    }
  });

  scenario('requests are answered while a reload still reads', async (world) => {
    const slow = join(world.folder, 'merchants.d', 'slow.conf');
    const mark = world.logMark;
    execFileSync('mkfifo', ['-m', '600', slow]); // who reads it waits for a writer
    try {
      world.fenqid.child.kill('SIGHUP');
      const writer = await openOnceRead(slow);
      for (let i = 0; i < 3; i++) await world.plan();
      await world.opened();
      assert.doesNotMatch(world.log.slice(mark), RELOADED, 'it still reads');
      const boutique = readFileSync(join(world.folder, 'merchants.d', 'boutique.conf'), 'utf8');
      await writer.write(withNewKey(boutique.replace('"boutique"', '"slow"')));
      await writer.close();
      await world.logged(RELOADED, mark);
      assert.match(world.log.slice(mark), /changed KEY=merchants\.slow/);
    } finally {
      rmSync(slow);
    }
    await hangUp(world, RELOADED);
  });

  scenario('requests are answered all the while', async (world) => {
    let ended = false;
    const asking = (async () => {
      let n = 0;
      for (; !ended; n++) await world.plan();
      return n;
    })();
    for (let i = 0; i < 5; i++) await hangUp(world, RELOADED);
    ended = true;
    assert.ok((await asking) > 0);
  });
});
