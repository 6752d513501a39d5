// SPDX-License-Identifier: Apache-2.0
// Starting: configurations that are refused, with file and line, and one daemon per ledger.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { binary } from './harness/world.mjs';

inWorld('start', {}, (scenario) => {
  const check = (world, args = []) => {
    const { status, stdout, stderr } = spawnSync(binary('fenqid'), ['-c', join(world.folder, 'fenqid.conf'), ...args], { encoding: 'utf8', timeout: 30_000 });
    return { status, text: stdout + stderr };
  };
  const withConf = (world, change, name = 'fenqid.conf') => {
    const file = join(world.folder, name);
    const good = readFileSync(file, 'utf8');
    const bad = change(good);
    assert.notEqual(bad, good, 'the change changed nothing');
    writeFileSync(file, bad);
    try {
      return check(world, ['--check-config']);
    } finally {
      writeFileSync(file, good);
    }
  };

  scenario('a good configuration', async (world) => {
    const { status, text } = check(world, ['--check-config']);
    assert.equal(status, 0, text);
    assert.match(text, /ok/);
  });

  const mistakes = [
    ['an unknown key', (text) => text.replace('timeout =', 'timeuot ='), /fenqid\.conf:\d+: channels\.huabei\.timeuot: unknown key \(did you mean timeout\?\)/],
    ['a bad value', (text) => text.replace(/timeout = "\d+s"/, 'timeout = "5min"'), /fenqid\.conf:\d+: channels\.huabei\.timeout: must be 100ms\.\.120s, is "5min"/],
    ['a life that the adapter does not allow', (text) => text.replace('payment_life = "30min"', 'payment_life = "16d"'), /fenqid\.conf:\d+: channels\.huabei\.payment_life: must be 1296000s at most for adapter huabei, is 1382400s/],
    ['a wrong type', (text) => text.replace('workers = 2', 'workers = "two"'), /fenqid\.conf:\d+: work\.workers/],
    ['a syntax error', (text) => text.replace('store: {', 'store: ['), /fenqid\.conf:\d+:/],
    ['a missing option', (text) => text.replace(/ +public_url = .*\n/, ''), /public_url/],
    ['a plain public URL', (text) => text.replace(/public_url = "[^"]*"/, 'public_url = "http://pay.example.com"'), /fenqid\.conf:\d+: web\.public_url/],
    ['a key file that is not there', (text) => text.replace('"signing.pem"', '"nothing.pem"'), /fenqid\.conf:\d+: .*nothing\.pem|fenqid\.conf:\d+: signing\.keys/],
    ['an adapter that is not there', (text) => text.replace('adapter = "huabei"', 'adapter = "nothing"'), /fenqid\.conf:\d+: channels\.huabei\.adapter/],
    ['a setting that the adapter refuses', (text) => text.replace(/seller_id = "\d+"/, 'seller_id = "1"'), /fenqid\.conf:\d+: channels\.huabei\.(settings\.)?seller_id/],
    ['a setting that the adapter does not know', (text) => text.replace('app_id = ', 'ap_id = "1"; app_id = '), /fenqid\.conf:\d+: channels\.huabei\.(settings\.)?ap_id/],
    ['a public key in the place of a private one', (text) => text.replace('app = "app.pem"', 'app = "app.pub"'), /fenqid\.conf:\d+: channels\.huabei\.keys\.app/],
  ];
  for (const [name, change, expected] of mistakes) {
    scenario(name, async (world) => {
      const { status, text } = withConf(world, change);
      assert.equal(status, 78, text);
      assert.match(text, expected);
      assert.match(text, /1 error; not started/);
    });
  }

  scenario('every mistake at once, each with its line', async (world) => {
    const { status, text } = withConf(world, (good) => good.replace('workers = 2', 'workers = 999').replace('level = "debug"', 'level = "loud"').replace('instance = "t1"', 'instance = "t"'));
    assert.equal(status, 78);
    assert.equal(text.match(/fenqid\.conf:\d+:/g).length, 3, text);
    assert.match(text, /3 errors; not started/);
  });

  scenario('a merchant\'s file', async (world) => {
    const file = 'merchants.d/shop.conf';
    const { status, text } = withConf(world, (good) => good.replace(/client_keys = \[ "./, 'client_keys = [ "'), file);
    assert.equal(status, 78);
    assert.match(text, /merchants\.d\/shop\.conf:3: /);
    assert.equal(withConf(world, (good) => good.replace('channels = [ "huabei" ]', 'channels = [ "other" ]'), file).status, 78);
  });

  scenario('private keys that others can read', async (world) => {
    for (const name of ['app.pem', 'token.key', 'curve.secret', 'signing.pem']) {
      chmodSync(join(world.folder, name), 0o644);
      const { status, text } = check(world, ['--check-config']);
      chmodSync(join(world.folder, name), 0o600);
      assert.equal(status, 78, `${name}: ${text}`);
      assert.match(text, /fenqid\.conf:\d+: .*readable by others/, name);
    }
  });

  scenario('no configuration at all', async () => {
    const none = spawnSync(binary('fenqid'), ['-c', '/nonexistent/fenqid.conf'], { encoding: 'utf8' });
    assert.equal(none.status, 78);
    assert.match(none.stderr, /\/nonexistent\/fenqid\.conf/);
    assert.equal(spawnSync(binary('fenqid'), ['--nonsense'], { encoding: 'utf8' }).status, 2);
  });

  scenario('a second daemon on the same ledger', async (world) => {
    const good = readFileSync(join(world.folder, 'fenqid.conf'), 'utf8');
    const file = join(world.folder, 'second.conf');
    writeFileSync(file, good.replaceAll(`tcp://127.0.0.1:${world.frontPort}`, 'tcp://127.0.0.1:0').replace(`address = "127.0.0.1:${world.webPort}"`, 'address = "127.0.0.1:0"'));
    const second = Program.start('a second fenqid', binary('fenqid'), ['-c', file]);
    const { code } = await second.exit;
    rmSync(file);
    assert.equal(code, 1, second.text);
    assert.match(second.text, /another daemon has the ledger .*ledger\.db open/);
    assert.ok((await world.shop.call('get_info', {})).info, 'the first goes on');
  });

  scenario('stopped and started: the same payments, the same keys', async (world) => {
    const made = await world.created();
    await world.stopDaemon();
    await world.startDaemon();
    assert.deepEqual(await world.shop.get(made.id), made.payment);
    assert.equal((await world.buyer.visit(made.link)).status, 200);
  });
});
