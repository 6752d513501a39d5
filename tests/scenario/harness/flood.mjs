// SPDX-License-Identifier: Apache-2.0
// A storefront gone wild, in a process of its own: asks without end, and reads its answers or does not.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Dealer } from 'zeromq';
import { encodeRequest } from './wire.mjs';

const FILE = fileURLToPath(import.meta.url);
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Flood {
  n = { sent: 0, answered: 0 };

  /** `who`: a merchant of the world; { nSockets, reads, asks: a request without its id }. */
  static start(world, who, { nSockets = 4, reads = true, asks = { get_info: {} } } = {}) {
    const flood = new Flood();
    flood.child = fork(FILE, ['flood']);
    running.add(flood.child);
    flood.child.on('message', (n) => Object.assign(flood.n, n));
    flood.child.send({ endpoint: `tcp://127.0.0.1:${world.frontPort}`, serverKey: world.keys.server.publicKey,
      keys: world.merchants.find(({ id }) => id === who).curve, nSockets, reads, asks });
    return flood;
  }

  async stop() {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
    running.delete(this.child);
    return this.n;
  }
}

async function ask(socket, bytes, n) {
  for (;;) {
    await socket.send([Buffer.alloc(0), bytes]);
    n.sent++;
  }
}

async function hear(socket, n) {
  for await (const frames of socket) n.answered += frames.length > 0;
}

if (process.argv[2] === 'flood')
  process.once('message', ({ endpoint, serverKey, keys, nSockets, reads, asks }) => {
    const n = { sent: 0, answered: 0 };
    const bytes = encodeRequest({ request_id: 'flood', ...asks });
    for (let i = 0; i < nSockets; i++) {
      const socket = new Dealer({ curveServerKey: serverKey, curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey,
        linger: 0, receiveHighWaterMark: reads ? 1000 : 1 });
      socket.connect(endpoint);
      ask(socket, bytes, n);
      if (reads) hear(socket, n);
    }
    setInterval(() => process.send(n), 50);
  });
