// SPDX-License-Identifier: Apache-2.0
// What systemd hears and hands over: ready, reloading, stopping, alive; and a socket that outlives a restart.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { underKeeper } from './harness/keeper.mjs';
import { Program } from './harness/processes.mjs';
import { inWorld } from './harness/scenario.mjs';
import { SLOWNESS, until } from './harness/wait.mjs';
import { binary } from './harness/world.mjs';

const harness = (name) => fileURLToPath(new URL(`./harness/${name}`, import.meta.url));

/** fenqid under a systemd that only listens; `messages` are what it heard. */
async function underSystemd(world, { watchdogMs }) {
  const path = join(world.folder, 'notify');
  rmSync(path, { force: true });
  const systemd = Program.start('systemd', 'perl', [harness('notified.pl'), path]);
  await systemd.untilReady('the socket', () => systemd.lines.includes('listening'));
  const stuck = join(world.folder, 'stuck');
  mkdirSync(stuck, { recursive: true });
  const { LD_PRELOAD: calendar } = world.calendar.environment;
  await world.stopDaemon();
  await world.startDaemon({ env: {
    NOTIFY_SOCKET: path,
    LD_PRELOAD: `${calendar}:${binary('tests/scenario/stuck.so')}`,
    FENQI_STUCK: stuck,
    ...(watchdogMs ? { WATCHDOG_USEC: `${watchdogMs * 1000}` } : {}),
  } });
  return {
    messages: () => systemd.lines.slice(1),
    heard: (pattern, from = 0) => until(`systemd to hear ${pattern}`, () => systemd.lines.slice(from).find((line) => pattern.test(line))),
    nPings: () => systemd.lines.filter((line) => line === 'WATCHDOG=1').length,
    hang: (part) => writeFileSync(join(stuck, part), ''),
    goOn: (part) => rmSync(join(stuck, part), { force: true }),
    end: () => systemd.signal('SIGTERM'),
  };
}

inWorld('systemd', {}, (scenario) => {
  scenario('it hears ready, reloading and ready again, stopping', async (world) => {
    const systemd = await underSystemd(world, {});
    await systemd.heard(/^READY=1; STATUS=serving$/);
    world.fenqid.child.kill('SIGHUP');
    await systemd.heard(/^RELOADING=1; MONOTONIC_USEC=\d+$/);
    await until('ready again', () => systemd.messages().filter((line) => line === 'READY=1; STATUS=serving').length === 2);
    assert.ok(systemd.messages().findIndex((line) => line.startsWith('RELOADING=1')) < systemd.messages().lastIndexOf('READY=1; STATUS=serving'));
    assert.equal(systemd.nPings(), 0, 'it wanted no watchdog');
    const conf = join(world.folder, 'fenqid.conf');
    world.writeConf({ work: { workers: 3 } });
    world.fenqid.child.kill('SIGHUP');
    await systemd.heard(/^READY=1; STATUS=serving; the last reload was refused/);
    assert.ok(statSync(conf).size > 0);
    world.writeConf();
    await world.stopDaemon();
    await systemd.heard(/^STOPPING=1; STATUS=draining$/);
    await systemd.end();
    await world.startDaemon();
  });

  const watchdogMs = 900 * SLOWNESS;

  for (const [part, name, provoke] of [
    ['net', 'the net thread', () => {}],
    ['store', "the store's writer", (world) => void world.created().catch(() => {})],
  ]) {
    scenario(`alive while all goes round, and not while ${name} hangs`, async (world) => {
      const systemd = await underSystemd(world, { watchdogMs });
      await until('it to be alive', () => systemd.nPings() >= 4);
      const mark = world.logMark;
      systemd.hang(part);
      provoke(world);
      await world.logged(new RegExp(`a part hangs FAULT=ours PART="${name}"`), mark);
      const n = systemd.nPings();
      assert.ok((await world.shop.call('get_info', {})).info, 'the loop itself goes round');
      const since = performance.now();
      await until('a whole timeout to pass', () => performance.now() - since > watchdogMs);
      assert.equal(systemd.nPings(), n, 'nobody is told that it is alive');
      systemd.goOn(part);
      await until('it to be alive again', () => systemd.nPings() > n + 1);
      assert.equal(world.log.slice(mark).match(/a part hangs/g).length, 1, 'it is said once');
      await world.stopDaemon();
      await systemd.end();
      await world.startDaemon();
    }, { blames: /a part hangs/ });
  }
});

// ---- a socket that outlives a restart ----

inWorld('the web listener that systemd hands over', {}, (scenario) => {
  scenario('whoever connects while fenqid is away is answered when it is back', async (world) => {
    const made = await world.created();
    const fenqid = await underKeeper(world);
    await fenqid.stop();
    const socket = connect(world.webPort, '127.0.0.1');
    let heard = '';
    socket.setEncoding('utf8').on('data', (chunk) => (heard += chunk));
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.write(`GET ${new URL(made.link).pathname} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(heard, '', 'nobody is there');
    await fenqid.start();
    await until('the answer', () => /^HTTP\/1\.1 200 /.test(heard));
    socket.destroy();
  });

  scenario('restarted under load five times: every visit is answered', async (world) => {
    const made = await world.created();
    const fenqid = await underKeeper(world);
    const agent = new Agent({ keepAlive: false });
    const visit = () => new Promise((resolve, reject) => {
      request(made.link, { agent }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)).on('error', reject)).on('error', reject).end();
    });
    let ended = false;
    let n = 0;
    const visiting = Promise.all(Array.from({ length: 6 }, async () => {
      for (; !ended; n++) assert.equal(await visit(), 200);
    }));
    visiting.catch(() => {}); // it is told below
    for (let i = 0; i < 5; i++) {
      const before = n;
      await Promise.race([visiting, until('some visits', () => n > before + 20)]);
      await fenqid.stop();
      await fenqid.start();
    }
    const before = n;
    await Promise.race([visiting, until('visits after the last restart', () => n > before + 20)]);
    ended = true;
    await visiting;
  });

  scenario('a notification that comes meanwhile is not lost', async (world) => {
    const fenqid = await underKeeper(world);
    const made = await world.opened();
    await fenqid.stop();
    await world.sandbox.pay(made.number);
    await fenqid.start();
    await world.state(made, 'PAYMENT_STATE_PAID');
  });

  scenario('what is no such socket is refused', async (world) => {
    await world.stopDaemon();
    const run = (environment) => new Promise((resolve) => {
      execFile('/bin/sh', ['-c', `LISTEN_PID=$$ exec ${binary('fenqid')} -c ${join(world.folder, 'fenqid.conf')} 3</dev/null 4</dev/null`],
        { env: { ...process.env, ...environment } }, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, text: stdout + stderr }));
    });
    const file = await run({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'web' });
    assert.equal(file.status, 1);
    assert.match(file.text, /must listen on TCP/);
    assert.match((await run({ LISTEN_FDS: '1', LISTEN_FDNAMES: 'front' })).text, /the socket \\?"front\\?" was handed over: fenqid takes/);
    assert.match((await run({ LISTEN_FDS: '2' })).text, /2 sockets were handed over: fenqid takes one/);
    await world.startDaemon();
  }, { blames: /handed over/ });
});

// ---- those who may look and change nothing ----

const isRoot = process.getuid() === 0;
const AUDITORS = 54_321; // a group that nobody is in
const NOBODY = 65_534;

inWorld('auditors', { conf: { control: { path: 'control', audit_path: 'audit' } } }, (scenario) => {
  const ctl = (world, args, { socket = 'audit', as = {} } = {}) => new Promise((resolve) => {
    execFile(binary('fenqictl'), [...args, '--control', join(world.folder, socket)], { encoding: 'utf8', timeout: 60_000 * SLOWNESS, ...as },
      (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }));
  });

  scenario('they see what the operator sees, and change nothing', async (world) => {
    const made = await world.created();
    const seen = async (args, more) => { /* others write to the same disk */
      const { status, stdout } = await ctl(world, args, more);
      return { status, stdout: stdout.replace(/; .* free on its disk/, '') };
    };
    for (const args of [['status'], ['unknown'], ['payments', 'show', made.id], ['config', 'diff']])
      assert.deepEqual(await seen(args), await seen(args, { socket: 'control' }), args.join(' '));
    for (const args of [['retry', made.id], ['channel', 'pause', 'huabei']]) {
      const { status, stderr } = await ctl(world, args);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /refused: LOOK_ONLY/);
    }
    assert.doesNotMatch((await ctl(world, ['status'])).stdout, /PAUSED/);
  });

  scenario('the file belongs to the group of its folder, and to nobody else', async (world) => {
    const status = statSync(join(world.folder, 'audit'));
    assert.equal(status.mode & 0o777, 0o660);
    if (!isRoot) return;
    const folder = mkdtempSync(join(tmpdir(), 'fenqid-audit-'));
    try {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, 'audit'));
      chownSync(join(folder, 'audit'), 0, AUDITORS);
      chmodSync(join(folder, 'audit'), 0o2750);
      world.writeConf({ control: { audit_path: join(folder, 'audit/control') } });
      await world.stopDaemon();
      await world.startDaemon();
      const ask = (gid) => ctl({ folder }, ['status'], { socket: 'audit/control', as: { uid: NOBODY, gid } });
      assert.equal((await ask(AUDITORS)).status, 0);
      const stranger = await ask(NOBODY);
      assert.equal(stranger.status, 3);
      assert.match(stranger.stderr, /Permission denied/);
    } finally {
      world.writeConf();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
