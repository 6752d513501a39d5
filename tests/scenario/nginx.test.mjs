// SPDX-License-Identifier: Apache-2.0
// The shipped conf/nginx.conf in front of fenqid: buyers and the platform come by TLS, through a real nginx.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program, freePort } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { unpacked } from './harness/unpacked.mjs';
import { until } from './harness/wait.mjs';

const shipped = readFileSync(fileURLToPath(new URL('../../conf/nginx.conf', import.meta.url)), 'utf8');
const program = join(unpacked('nginx', 'nginx'), 'usr/sbin/nginx');
const [plain, secure] = [await freePort(), await freePort()];
const outside = `https://127.0.0.1:${secure}`;

/** One thing of the shipped file is another in the test; each must stand there. */
function replaced(text, wishes) {
  return wishes.reduce((so, [from, to]) => {
    assert.ok(so.includes(from), `conf/nginx.conf says ${from}`);
    return so.replaceAll(from, to);
  }, text);
}

function writeNginxConf({ folder, webPort }) {
  const site = replaced(shipped, [
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${webPort};`],
    ['    listen [::]:80;\n', ''], ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['    listen [::]:443 ssl http2;\n', ''], ['listen 443 ssl', `listen 127.0.0.1:${secure} ssl`],
    ['/etc/ssl/pay.example.com/fullchain.pem', join(folder, 'tls.crt')],
    ['/etc/ssl/pay.example.com/privkey.pem', join(folder, 'tls.key')],
  ]);
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`);
  writeFileSync(file, `daemon off;\nuser root;\npid ${folder}/nginx.pid;\nerror_log stderr warn;\nevents {}\nhttp {\n${temporary.join('\n')}\n${site}}\n`);
  return file;
}

async function withNginx(world, body) {
  const nginx = Program.start('nginx', program, ['-p', world.folder, '-c', writeNginxConf(world)]);
  try {
    await nginx.untilReady('nginx to serve', () => world.buyer.visit(`${outside}/nothing`).then(() => true, () => false));
    await body(nginx);
  } finally {
    await nginx.signal('SIGTERM');
  }
}

inWorld('behind nginx', { conf: { web: { public_url: outside } } }, (scenario) => {
  scenario('a payment, with link, notification and way back by TLS', (world) => withNginx(world, async (nginx) => {
    const made = await world.created();
    assert.ok(made.link.startsWith(`${outside}/r/`));
    const page = await world.buyer.visit(made.link);
    assert.equal(page.status, 200);
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
    assert.match(page.headers['strict-transport-security'], /max-age=\d{7}/);

    const way = await world.buyer.open(made.link);
    const waiting = world.shop.get({ payment_id: made.id, wait_ms: 25_000 });
    const back = await world.buyer.confirm(await world.buyer.verify(way.cashier));
    assert.equal((await waiting).state, 'PAYMENT_STATE_PAID');
    await until('the acknowledgement', async () =>
      (await world.sandbox.trade(way.number)).notifications.every((one) => one.deliveries.some(({ answer }) => answer === 'success')));
    assert.ok(back.startsWith(`${outside}/back/`));
    assert.equal((await world.buyer.visit(back)).status, 303);
    assert.ok(!nginx.text.includes(made.link.split('/r/')[1]), 'no token in nginx\'s log');
  }));

  scenario('what is not for the world is not shown to it', (world) => withNginx(world, async () => {
    for (const path of ['/metrics', '/healthz', '/readyz', '/', '/v1/status'])
      assert.equal((await world.buyer.visit(outside + path)).status, 404, path);
    const keys = await world.buyer.visit(`${outside}/.well-known/fenqi-keys`);
    assert.equal(JSON.parse(keys.body).keys[0].key_id, 'test-1');
  }));

  scenario('without TLS there is only the way to it', (world) => withNginx(world, async () => {
    const answer = await world.buyer.visit(`http://127.0.0.1:${plain}/r/x`, { headers: { Host: 'pay.example.com' } });
    assert.deepEqual([answer.status, answer.location], [301, 'https://pay.example.com/r/x']);
  }));

  scenario('a body larger than fenqid takes does not reach it', (world) => withNginx(world, async () => {
    const { status } = await world.buyer.visit(`${outside}/notify/huabei`, { method: 'POST', form: { x: 'y'.repeat(140_000) } });
    assert.equal(status, 413);
  }));

  scenario('fenqid away and back: the platform\'s notification comes again', (world) => withNginx(world, async () => {
    const made = await world.created();
    const way = await world.buyer.open(made.link);
    await world.stopDaemon();
    await world.sandbox.pay(way.number);
    await until('a notification that found nobody', async () =>
      (await world.sandbox.trade(way.number)).notifications.some((one) => one.deliveries.some(({ status }) => status === 502)));
    assert.equal((await world.buyer.visit(made.link)).status, 502);
    await world.startDaemon();
    await world.shop.get({ payment_id: made.id, refresh: true });
    await until('PAID', async () => (await world.shop.get(made.id)).state === 'PAYMENT_STATE_PAID');
  }));
});
