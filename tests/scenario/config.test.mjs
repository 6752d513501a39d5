// SPDX-License-Identifier: Apache-2.0
// What a reload would change is told before, what it changed after, option by option; what it must not
// change is refused by name; and nobody who asks meanwhile notices.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inWorld } from './harness/scenario.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const RELOADED = / reloaded CHANNELS=/;
const KEPT = /not reloaded ERRORS=/;

/** Runs `fenqictl config ...`, and expects that status. */
const config = (world, args, expected = 0) => new Promise((resolve, reject) => {
  const all = ['config', ...args, '-c', join(world.folder, 'fenqid.conf'), '--control', join(world.folder, 'control')];
  execFile(binary('fenqictl'), all, { encoding: 'utf8', timeout: 60_000 * SLOWNESS }, (error, stdout, stderr) => {
    const status = error ? error.code : 0;
    if (status !== expected) reject(new Error(`fenqictl ${all.join(' ')} ended with ${status}: ${stdout}${stderr}`));
    else resolve({ stdout, stderr });
  });
});

const digits = (file) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8);

/** The changes as "key: from -> to", "!" behind those that need a restart. */
const differences = async (world, status = 0) => JSON.parse((await config(world, ['diff', '--json'], status)).stdout).changes
  .map(({ key, from, to, needs_restart: needs }) => `${key}: ${from ?? '-'} -> ${to ?? '-'}${needs ? ' !' : ''}`);

inWorld('a changed configuration', { conf: { control: { path: 'control' }, channel: { timeout: '2s' } } }, (scenario) => {
  const hangUp = async (world, expected) => {
    const mark = world.logMark;
    world.fenqid.child.kill('SIGHUP');
    await world.logged(expected, mark);
    return world.log.slice(mark);
  };

  /** Lets `body` run while the file reads otherwise, and has the old one read again after it. */
  const changed = async (world, change, body, name = 'fenqid.conf') => {
    const file = join(world.folder, name);
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    assert.notEqual(after, before, 'the change changed nothing');
    writeFileSync(file, after);
    try {
      await body();
    } finally {
      writeFileSync(file, before);
    }
    await hangUp(world, RELOADED);
  };

  scenario('nothing changed: nothing to tell', async (world) => {
    assert.equal((await config(world, ['diff'])).stdout, 'no difference\n');
    assert.equal((await config(world, ['check'])).stdout, 'ok: a reload would change 0 settings\n');
    assert.match(await hangUp(world, RELOADED), / CHANGES=0/);
  });

  scenario('rates: told before and after the reload, with the old and the new value', async (world) => {
    await changed(world, (text) => text.replace('rate = "7.50%"', 'rate = "8.80%"').replace('timeout = "2s"', 'timeout = "3000ms"'), async () => {
      const expected = ['channels.huabei.timeout: 2s -> 3s', 'channels.huabei.rates[2].rate: 7.50% -> 8.80%'];
      assert.deepEqual(await differences(world), expected);
      assert.equal((await config(world, ['check'])).stdout, 'ok: a reload would change 2 settings\n');
      assert.match((await config(world, ['diff'])).stdout, /^channels\.huabei\.timeout +2s +3s *$/m);
      const said = await hangUp(world, RELOADED);
      assert.match(said, / changed KEY=channels\.huabei\.timeout FROM=2s TO=3s/);
      assert.match(said, / changed KEY=channels\.huabei\.rates\[2\]\.rate FROM=7\.50% TO=8\.80%/);
      assert.match(said, / CHANGES=2/);
      assert.deepEqual(await differences(world), [], 'it runs now');
    });
  });

  scenario('a merchant\'s file: what came and what went', async (world) => {
    const url = ['https://shop.example.com/paid/', 'https://shop.example.com/done/'];
    await changed(world, (text) => text.replace(url[0], url[1]), async () => {
      assert.deepEqual(await differences(world), [
        `merchants.shop.return_urls: ${url[0]} -> -`, `merchants.shop.return_urls: - -> ${url[1]}`]);
    }, 'merchants.d/shop.conf');
  });

  scenario('a key under the same name: its digest is told, never the key', async (world) => {
    const file = join(world.folder, 'next.pem');
    const make = () => {
      const { privateKey } = generateKeyPairSync('ed25519', { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
      writeFileSync(file, privateKey, { mode: 0o600 });
      world.secrets.push(privateKey.split('\n')[1]);
      return digits(file);
    };
    const first = make();
    await changed(world, (text) => text.replace('file = "signing.pem"; }', 'file = "signing.pem"; }, { id = "next"; file = "next.pem"; signing = false; }'), async () => {
      assert.deepEqual(await differences(world), ['signing.keys.next: - -> is there']);
      await hangUp(world, RELOADED);
      const second = make();
      const expected = `signing.keys.next.file: ${file} (sha-256 ${first}) -> ${file} (sha-256 ${second})`;
      assert.deepEqual(await differences(world), [expected]);
      assert.match(await hangUp(world, RELOADED), new RegExp(`changed KEY=signing\\.keys\\.next\\.file FROM="${file} \\(sha-256 ${first}\\)" TO="${file} \\(sha-256 ${second}\\)"`));
    });
    rmSync(file);
  });

  scenario('what cannot change while running: refused by name, with both values', async (world) => {
    const token = join(world.folder, 'token.key');
    const before = readFileSync(token);
    await changed(world, (text) => text.replace('order_prefix = "T"', 'order_prefix = "U"').replace('workers = 2', 'workers = 3'), async () => {
      writeFileSync(token, `${Buffer.alloc(32, 7).toString('base64')}\n`);
      assert.deepEqual((await differences(world, 1)).map((line) => line.replace(/^(signing.token_key_file): .* !$/, '$1 !')),
        ['order_prefix: T -> U !', 'signing.token_key_file !', 'work.workers: 2 -> 3 !']);
      const { stderr } = await config(world, ['check'], 1);
      assert.match(stderr, /fenqid\.conf:2: order_prefix: cannot change while running: restart \(is T, would be U\)\n/);
      assert.match(stderr, /3 errors: a reload would be refused/);
      const said = await hangUp(world, KEPT);
      assert.match(said, /fenqid\.conf:\d+: work\.workers: cannot change while running: restart \(is 2, would be 3\)/);
      assert.match(said, new RegExp(`signing\\.token_key_file: cannot change .*would be ${token} \\(sha-256 ${digits(token)}\\)`));
      writeFileSync(token, before);
    });
  });

  scenario('mistakes: told before, and without asking for a reload', async (world) => {
    const mark = world.logMark;
    await changed(world, (text) => text.replace('timeout =', 'timeuot =').replace('level = "debug"', 'level = "infos"'), async () => {
      const { stderr } = await config(world, ['check'], 1);
      assert.match(stderr, /fenqid\.conf:\d+: channels\.huabei\.timeuot: unknown key \(did you mean timeout\?\)\n/);
      assert.match(stderr, /fenqid\.conf:\d+: log\.level: must be one of .*, is "infos" \(did you mean info\?\)\n/);
      assert.match(stderr, /2 errors: a reload would be refused/);
    });
    assert.doesNotMatch(world.log.slice(mark), /not reloaded/);
  });

  scenario('a channel with open payments is missed before, too', async (world) => {
    await world.created();
    const files = ['shop', 'boutique'].map((id) => join(world.folder, 'merchants.d', `${id}.conf`));
    const before = files.map((file) => readFileSync(file, 'utf8'));
    files.forEach((file, i) => writeFileSync(file, before[i].replaceAll('"huabei" ]', '"other" ]')));
    try {
      await changed(world, (text) => text.replace('name = "huabei";', 'name = "other";'), async () => {
        assert.match((await config(world, ['check'], 1)).stderr, /channels: huabei has payments that are not final: keep it/);
        files.forEach((file, i) => writeFileSync(file, before[i]));
      });
    } finally {
      files.forEach((file, i) => writeFileSync(file, before[i]));
    }
  });

  scenario('twenty reloads under load, good ones and bad ones: every request is answered', async (world) => {
    const file = join(world.folder, 'fenqid.conf');
    const good = readFileSync(file, 'utf8');
    const made = await world.created();
    let ended = false;
    const asked = { quote: 0, create: 0, get: 0, page: 0 };
    const repeat = async (name, ask) => {
      for (; !ended; asked[name]++) await ask();
    };
    const asking = Promise.all([
      ...[world.shop, world.boutique, world.shop].map((shop) => repeat('quote', () => world.plan(shop))),
      repeat('create', () => world.created()),
      repeat('get', () => world.shop.get(made.id)),
      repeat('page', async () => assert.equal((await world.buyer.visit(made.link)).status, 200)),
    ]);
    asking.catch(() => {}); // it is told below
    for (let i = 0; i < 20; i++) {
      const before = { ...asked };
      if (i % 4 === 3) {
        writeFileSync(file, good.replace('rate = "7.50%"', 'rate = "much"'));
        await hangUp(world, KEPT);
      } else {
        writeFileSync(file, good.replace('rate = "7.50%"', `rate = "7.5${i % 10}%"`));
        await hangUp(world, RELOADED);
      }
      await Promise.race([asking, until('a quote under it', () => asked.quote > before.quote)]);
    }
    ended = true;
    await asking;
    writeFileSync(file, good);
    await hangUp(world, RELOADED);
    for (const [name, n] of Object.entries(asked)) assert.ok(n >= 3, `${name}: ${n}`);
  });
});
