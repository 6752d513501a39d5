// SPDX-License-Identifier: Apache-2.0
// What an operator changes of the daemon itself while it runs: merchants, adapters, the log, all of
// the configuration. What fenqid does not take is taken back.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ctl } from './harness/fenqictl.mjs';
import { curveKeyPair } from './harness/keys.mjs';
import { inWorld } from './harness/scenario.mjs';
import { binary } from './harness/world.mjs';

const conf = { control: { path: 'control' } };
const merchants = async (world) => Object.fromEntries((await ctl(world, ['merchant', 'list', '--json'])).json.merchants.map((one) => [one.id, one]));
const file = (world, id) => join(world.folder, 'merchants.d', `${id}.conf`);

inWorld('merchants', { conf }, (scenario) => {
  scenario('add: with a pair that is made, and with the shop\'s own key', async (world) => {
    const add = await ctl(world, ['merchant', 'add', 'kiosk', '--name', 'Kiosk "am Eck" \\ 小店', '--channel', 'huabei', '--return-url', 'https://kiosk.example.com/paid/', '--out', join(world.folder, 'handed-over')]);
    assert.match(add.stdout, /kiosk\.secret\s+secret\s+to the shop[^]*kiosk is added/);
    const secret = readFileSync(join(world.folder, 'handed-over', 'kiosk.secret'), 'utf8').trim();
    const publicKey = readFileSync(join(world.folder, 'handed-over', 'kiosk.public'), 'utf8').trim();
    assert.equal(statSync(join(world.folder, 'handed-over', 'kiosk.secret')).mode & 0o777, 0o600);
    assert.equal(statSync(file(world, 'kiosk')).mode & 0o777, 0o640);
    world.secrets.push(secret);
    const kiosk = await world.storefront('kiosk', { clientKeys: { publicKey, secretKey: secret } });
    await world.created(kiosk);
    assert.equal((await merchants(world)).kiosk.name, 'Kiosk "am Eck" \\ 小店');

    const own = curveKeyPair();
    const { json } = await ctl(world, ['merchant', 'add', 'stall', '--channel', 'huabei', '--public-key', own.publicKey, '--json']);
    assert.deepEqual(json, { merchant: 'stall', is: 'added', file: file(world, 'stall') });
    const stall = await world.storefront('stall', { clientKeys: own });
    await stall.call('get_info', {});
    assert.match((await ctl(world, ['merchant', 'list'])).stdout, /stall\s+stall\s+enabled\s+huabei/);
  });

  scenario('disable: the key stops at once, what runs goes on, enable gives it back', async (world) => {
    const made = await world.opened(world.boutique);
    const before = readFileSync(file(world, 'boutique'), 'utf8');
    await ctl(world, ['merchant', 'disable', 'boutique']);
    await assert.rejects(world.boutique.call('get_info', {}, { withinMs: 300 }), /no answer/);
    await world.shop.call('get_info', {});
    await world.sandbox.pay(made.number);
    assert.equal((await merchants(world)).boutique.disabled, true);
    await ctl(world, ['merchant', 'disable', 'boutique']);
    await world.crashAndRestart();
    await assert.rejects(world.boutique.call('get_info', {}, { withinMs: 300 }), /no answer/);
    await ctl(world, ['merchant', 'enable', 'boutique']);
    assert.equal(readFileSync(file(world, 'boutique'), 'utf8'), `${before}disabled = false;\n`, 'nothing else changed');
    world.boutique = await world.storefront('boutique');
    await world.state({ ...made, storefront: world.boutique }, 'PAYMENT_STATE_PAID');
  }, { skipMoney: true });

  scenario('what is not taken is taken back', async (world) => {
    const files = () => readdirSync(join(world.folder, 'merchants.d')).sort();
    const before = files();
    const shop = readFileSync(file(world, 'shop'), 'utf8');
    const bad = await ctl(world, ['merchant', 'add', 'other', '--channel', 'nosuch', '--out', join(world.folder, 'none')], 1);
    assert.match(bad.stderr, /other\.conf:\d+: merchants\.other\.channels[^]*nothing was changed/);
    assert.ok(!existsSync(join(world.folder, 'none', 'other.secret')));
    const [key] = (await merchants(world)).shop.client_keys;
    await ctl(world, ['merchant', 'add', 'other', '--channel', 'huabei', '--public-key', key], 1);
    await ctl(world, ['merchant', 'add', 'shop', '--channel', 'huabei', '--public-key', key], 1);
    await ctl(world, ['merchant', 'add', '../x', '--channel', 'huabei', '--public-key', key], 2);
    await ctl(world, ['merchant', 'add', 'other', '--channel', 'huabei'], 2);
    await ctl(world, ['merchant', 'add', 'other', '--public-key', key], 2);
    await ctl(world, ['merchant', 'disable', 'nobody'], 1);
    assert.deepEqual(files(), before);
    const main = join(world.folder, 'fenqid.conf');
    const good = readFileSync(main, 'utf8');
    writeFileSync(main, good.replace('order_prefix = "T"', 'order_prefix = "U"'));
    const refused = await ctl(world, ['merchant', 'disable', 'shop'], 1);
    assert.match(refused.stderr, /order_prefix: cannot change while running[^]*nothing was changed/);
    writeFileSync(main, good);
    assert.equal(readFileSync(file(world, 'shop'), 'utf8'), shop);
    await world.shop.call('get_info', {});
  });
});

inWorld('the daemon', { conf }, (scenario) => {
  scenario('reload tells every mistake', async (world) => {
    assert.match((await ctl(world, ['reload'])).stdout, /reloaded/);
    assert.deepEqual((await ctl(world, ['reload', '--json'])).json, { reloaded: true });
    const main = join(world.folder, 'fenqid.conf');
    const good = readFileSync(main, 'utf8');
    writeFileSync(main, good.replace('instance = "t1"', 'instance = "t2"').replace('order_prefix = "T"', 'order_prefix = "U"'));
    const refused = await ctl(world, ['reload'], 1);
    assert.match(refused.stderr, /CONF_INVALID[^]*instance: cannot change[^]*order_prefix: cannot change/);
    const { json } = await ctl(world, ['reload', '--json'], 1);
    assert.deepEqual([json.reloaded, json.error.reason, json.mistakes.length], [false, 'CONF_INVALID', 2]);
    writeFileSync(main, good);
    await ctl(world, ['reload']);
  });

  scenario('log level: at once, until a reload', async (world) => {
    const says = async () => {
      const mark = world.logMark;
      const made = await world.created();
      await world.shop.closePayment(made.id);
      return /info: payment created/.test(world.log.slice(mark));
    };
    assert.equal(await says(), true);
    await ctl(world, ['log', 'level', 'warning']);
    assert.equal(await says(), false);
    await ctl(world, ['reload']);
    assert.equal(await says(), true);
    await ctl(world, ['log', 'level', 'loud'], 2);
    await ctl(world, ['log', 'level'], 2);
  });

  scenario('adapter reload: a new file is taken, what runs goes on', async (world) => {
    const adapters = async () => (await ctl(world, ['adapter', 'list', '--json'])).json.adapters[0];
    cpSync(binary('adapters'), join(world.folder, 'adapters'), { recursive: true });
    world.writeConf({ ...conf, work: { adapters_dir: 'adapters' } });
    await ctl(world, ['reload']);
    const { version, file: path, replaced } = await adapters();
    assert.deepEqual([path, replaced], [join(world.folder, 'adapters', 'huabei.so'), false]);

    const running = await world.opened();
    const newer = version.replace(/^./, '9');
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(`\0${version}\0`); at >= 0; at = bytes.indexOf(`\0${version}\0`, at + 1)) bytes.write(newer, at + 1);
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
    assert.deepEqual([(await adapters()).version, (await adapters()).replaced], [version, true]);
    assert.match((await ctl(world, ['adapter', 'list'])).stdout, /ANOTHER FILE STANDS THERE NOW[^]*fenqictl adapter reload/);

    const during = world.opened();
    assert.match((await ctl(world, ['adapter', 'reload'])).stdout, new RegExp(`huabei\\s+huabei\\s+${newer.replaceAll('.', '\\.')}`));
    assert.equal((await adapters()).replaced, false);
    for (const made of [running, await during, await world.opened()]) {
      await world.sandbox.pay(made.number);
      await world.state(made, 'PAYMENT_STATE_PAID');
    }
    writeFileSync(`${path}.new`, 'no adapter');
    renameSync(`${path}.new`, path);
    await ctl(world, ['adapter', 'reload'], 1);
    assert.equal((await adapters()).version, newer, 'the running one is kept');
    await world.paid();
  });

  scenario('nobody answers', async (world) => {
    await world.stopDaemon();
    for (const words of [['status'], ['reload'], ['merchant', 'list'], ['log', 'level', 'info'], ['payments', 'list'], ['top', '--once']])
      await ctl(world, words, 3);
    cpSync(binary('adapters'), join(world.folder, 'adapters'), { recursive: true, force: true });
    await world.startDaemon();
  });
});
