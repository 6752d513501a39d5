// SPDX-License-Identifier: Apache-2.0
// Starts programs, keeps what they say, and stops each by its pid, whatever happens to the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from './wait.mjs';

const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export class Program {
  #rest = '';

  constructor(name, child) {
    this.name = name;
    this.child = child;
    this.text = '';
    this.lines = [];
    this.exit = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      this.ended = { code, signal };
      return this.ended;
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => this.#hear(chunk));
  }

  /** `stdin`: what it is told is written to child.stdin. */
  static start(name, path, args, { env = {}, cwd, stdin = false } = {}) {
    const child = spawn(path, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    return new Program(name, child);
  }

  #hear(chunk) {
    this.text += chunk;
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop();
    this.lines.push(...lines);
  }

  get hasEnded() {
    return this.ended !== undefined;
  }

  /** Waits for a condition, and fails at once if the program ends before it. */
  async untilReady(what, condition) {
    await until(what, async () => this.hasEnded || (await condition()), 20_000);
    if (this.hasEnded)
      throw new Error(`${this.name} ended with ${JSON.stringify(this.ended)}:\n${this.text}`);
  }

  async signal(signal, withinMs = 30_000) {
    if (!this.hasEnded) this.child.kill(signal);
    await until(`${this.name} to end after ${signal}`, () => this.hasEnded, withinMs);
    return this.ended;
  }
}

/**
 * A port that is free now, and that the kernel gives to no outgoing connection: a daemon that is
 * started again needs the same one.
 */
export async function freePort() {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
