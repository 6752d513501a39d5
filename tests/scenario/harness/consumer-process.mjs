// SPDX-License-Identifier: Apache-2.0
// A consumer of events in a process of its own, which may be killed or stopped at any moment: writes
// each event down before it acknowledges it, and subscribes again whenever it has lost its place.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Consumer } from './consumer.mjs';
import { rawPublicKey } from './wire.mjs';

const FILE = fileURLToPath(import.meta.url);
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ConsumerProcess {
  /** `facts`: what run() wants; the events are added to the file `facts.path`, a line each. */
  static start(facts) {
    const self = new ConsumerProcess();
    self.child = spawn(process.execPath, [FILE, 'consume', JSON.stringify(facts)], { stdio: ['ignore', 'inherit', 'pipe'] });
    self.said = '';
    self.child.stderr.setEncoding('utf8').on('data', (chunk) => { self.said += chunk; });
    self.exit = once(self.child, 'close').then(([code]) => {
      running.delete(self.child);
      self.hasFailed = code !== null; // it never ends by itself
    });
    running.add(self.child);
    return self;
  }

  signal(signal) {
    this.child.kill(signal);
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.exit;
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

async function run({ merchantId, group, frontPort, serverKey, clientKeys, publicKeys, path, leaseMs, seed }) {
  const draw = chance(seed);
  const file = openSync(path, 'a');
  const world = { frontPort, keys: { server: { publicKey: serverKey } }, storefronts: [],
    publicKeys: new Map(publicKeys.map(([id, key]) => [id, rawPublicKey(Buffer.from(key, 'base64'))])) };
  const consumer = new Consumer(world, merchantId, { group, clientKeys, withinMs: leaseMs });
  consumer.onPush = ({ events, subscription: { acknowledged_cursor: acknowledged } }) => {
    for (const event of events) writeSync(file, `${JSON.stringify({ pid: process.pid, acknowledged, ...event })}\n`);
  };
  for (let isSubscribed = false; ;) {
    try {
      if (isSubscribed) await consumer.ack();
      else await consumer.subscribe({ credit: 1 + Math.floor(draw() * 30) });
      isSubscribed = true;
    } catch (error) {
      isSubscribed = error.reason === 'NOT_ACTIVE'; // still in line
      if (error.code === 'ERR_ASSERTION') throw error;
    }
    await pause(draw() * (leaseMs / 4));
  }
}

if (process.argv[2] === 'consume') run(JSON.parse(process.argv[3]));
