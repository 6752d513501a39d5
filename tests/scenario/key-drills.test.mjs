// SPDX-License-Identifier: Apache-2.0
// Keys change under load: the one that signs, and the one of the front. Shops that pin both the old
// and the new key miss nothing, and nothing that they hear fails to verify.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ctl } from './harness/fenqictl.mjs';
import { freePort } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { Storefront } from './harness/storefront.mjs';
import { until } from './harness/wait.mjs';
import { openReply, rawPublicKey } from './harness/wire.mjs';

const conf = { control: { path: 'control' }, front: { rate_per_second: 100000, rate_burst: 100000 } };

/** Asks without pause until it is stopped; every answer is verified before it counts. */
class Load {
  #isOver = false;

  constructor(shops) {
    this.n = 0;
    this.failures = [];
    this.runs = shops.map((shop) => this.#run(shop));
  }

  async #run(shop) {
    while (!this.#isOver) {
      try {
        await shop.quote({ amount: { minor: 699900, currency: 'CNY' }, terminal: 'TERMINAL_DESKTOP' });
        this.n++;
      } catch (error) {
        this.failures.push(error);
      }
    }
  }

  /** Some more answers have come since. */
  more(n = 20) {
    const from = this.n;
    return until(`${n} more answers`, () => this.n >= from + n);
  }

  async end() {
    this.#isOver = true;
    await Promise.all(this.runs);
    assert.deepEqual(this.failures, [], 'an answer was missed, or did not verify');
  }
}

const change = (world, from, to) => {
  const file = join(world.folder, 'fenqid.conf');
  const before = readFileSync(file, 'utf8');
  assert.ok(before.includes(from), from);
  writeFileSync(file, before.replace(from, to));
};

const signers = async (world) => Object.fromEntries((await ctl(world, ['key', 'list', '--json'])).json.signing.map(({ id, signs }) => [id, signs]));

inWorld('the signing key', { conf }, (scenario) => {
  scenario('rotated under load: no answer is missed, none fails to verify', async (world) => {
    const { json: made } = await ctl(world, ['key', 'rotate', '--key-id', 'test-2', '--json']);
    assert.equal(statSync(made.file).mode & 0o777, 0o600);
    const [id, publicKey] = readFileSync(made.public_file, 'utf8').trim().split(' ');
    assert.equal(id, 'test-2');
    world.secrets.push(...readFileSync(made.file, 'utf8').split('\n').slice(1, -2).map((line) => line.slice(0, 40)));
    world.shop.keys.set(id, rawPublicKey(Buffer.from(publicKey, 'base64')));
    world.boutique.keys.set(id, world.shop.keys.get(id));
    const load = new Load([world.shop, world.boutique]);
    const running = await world.opened();
    await load.more();

    const old = '{ id = "test-1"; file = "signing.pem"; }';
    change(world, old, `${old}, { id = "test-2"; file = "${made.file}"; signing = false; }`);
    await ctl(world, ['reload']);
    assert.deepEqual(await signers(world), { 'test-1': true, 'test-2': false });
    const published = (await (await fetch(`${world.web}/.well-known/fenqi-keys`)).json()).keys.map((key) => key.key_id);
    assert.deepEqual(published, ['test-1', 'test-2']);
    await load.more();
    assert.match((await ctl(world, ['key', 'retire', 'test-1'], 1)).stderr, /test-1 signs[^]*next/);
    assert.match((await ctl(world, ['key', 'retire', 'test-2'], 1)).stderr, /test-2 is published[^]*next/);

    change(world, `${old}, { id = "test-2"; file = "${made.file}"; signing = false; }`,
      `{ id = "test-1"; file = "signing-test-1.pem"; signing = false; }, { id = "test-2"; file = "${made.file}"; }`);
    writeFileSync(join(world.folder, 'signing-test-1.pem'), readFileSync(join(world.folder, 'signing.pem')), { mode: 0o600 });
    await ctl(world, ['reload']);
    assert.deepEqual(await signers(world), { 'test-1': false, 'test-2': true });
    await load.more();
    assert.equal(openReply(world.shop.heard.at(-1), world.shop.keys).key_id, 'test-2');

    change(world, '{ id = "test-1"; file = "signing-test-1.pem"; signing = false; }, ', '');
    assert.match((await ctl(world, ['key', 'retire', 'test-1'], 1)).stderr, /is published/, 'until it is reloaded');
    await ctl(world, ['reload']);
    await ctl(world, ['key', 'retire', 'test-1']);
    assert.ok(!existsSync(join(world.folder, 'signing-test-1.pem')));
    await load.more();
    await load.end();
    await world.sandbox.pay(running.number);
    await world.state(running, 'PAYMENT_STATE_PAID');
    assert.match((await ctl(world, ['key', 'list'])).stdout, /answers\s+test-2\s+SIGNS, published\s+0 days/);
  });

  scenario('what is refused', async (world) => {
    await ctl(world, ['key', 'rotate', '--key-id', 'test-2'], 1);
    await ctl(world, ['key', 'rotate', '--key-id', 'a b'], 2);
    await ctl(world, ['key', 'retire', 'nosuch'], 1);
    await ctl(world, ['key', 'retire', '../test-2'], 2);
    const text = (await ctl(world, ['key', 'rotate', '--key-id', 'test-3', '--out', join(world.folder, 'new')])).stdout;
    assert.match(text, /signing\.keys:  \{ id = "test-3"; file = ".*new\/signing-test-3\.pem"; signing = false; \}[^]*fenqictl key retire OLD/);
    const file = join(world.folder, 'new', 'signing-test-3.pem');
    change(world, 'keys = ( ', `keys = ( { id = "test-3"; file = "${file}"; signing = false; }, `);
    chmodSync(file, 0o644);
    assert.match((await ctl(world, ['reload'], 1)).stderr, /signing\.keys\.test-3\.file: .*readable by others/, 'a key that others can read');
    chmodSync(file, 0o640);
    await ctl(world, ['reload']);
    change(world, `{ id = "test-3"; file = "${file}"; signing = false; }, `, '');
    await ctl(world, ['reload']);
  });
});

inWorld('the key of the front', { conf }, (scenario) => {
  scenario('a second listener carries the next one until the first is retired', async (world) => {
    const { json: made } = await ctl(world, ['key', 'rotate', '--curve', '--key-id', 'next', '--json']);
    const serverKey = readFileSync(made.public_file, 'utf8').trim();
    world.secrets.push(readFileSync(made.file, 'utf8').trim());
    const port = await freePort();
    const endpoint = `tcp://127.0.0.1:${port}`;
    const shopAt = (at, key) => new Storefront({ endpoint: at, serverKey: key, clientKeys: world.merchants[0].curve, publicKeys: world.publicKeys, merchantId: 'shop', onPayment: () => {} });
    const front = `endpoints = [ "tcp://127.0.0.1:${world.frontPort}" ];`;
    const next = `next_endpoints = [ "${endpoint}" ];`;
    change(world, front, `${front}\n    ${next}`);
    assert.match((await ctl(world, ['reload'], 1)).stderr, /front/, 'they belong together, and wait for a restart');
    change(world, next, `${next}\n    next_curve_secret_file = "${made.file}";`);
    await world.stopDaemon();
    await world.startDaemon();

    const newer = shopAt(endpoint, serverKey);
    const load = new Load([world.shop, newer]);
    await load.more(50);
    assert.match((await ctl(world, ['key', 'list'])).stdout, /front\s+CURVE\s+serves next_endpoints/);
    const wrong = shopAt(endpoint, world.keys.server.publicKey);
    await assert.rejects(wrong.call('get_info', {}, { withinMs: 300 }), /no answer/, 'the old key does not serve there');
    wrong.close();
    await load.end();

    change(world, `${front}\n    ${next}\n    next_curve_secret_file = "${made.file}";`, `endpoints = [ "${endpoint}" ];`);
    change(world, 'curve_secret_file = "curve.secret"', `curve_secret_file = "${made.file}"`);
    await world.stopDaemon();
    await world.startDaemon();
    await newer.call('get_info', {});
    await assert.rejects(world.shop.call('get_info', {}, { withinMs: 300 }), /no answer/, 'the first is retired');
    newer.close();
  });
});
