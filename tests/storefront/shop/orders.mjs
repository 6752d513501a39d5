// SPDX-License-Identifier: Apache-2.0
// The shop's orders: in memory, and line by line in a file, so that an idempotency key is never forgotten.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Buffers become base64, so that what is kept is what is read again. */
export const plain = (value) => JSON.parse(JSON.stringify(value, (_, one) => (one?.type === 'Buffer' ? Buffer.from(one.data).toString('base64') : one)));

export class Orders {
  #file;
  #byId = new Map();
  #byPayment = new Map();

  constructor(folder) {
    const path = join(folder, 'orders.jsonl');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []; /* a torn last line never counted */
    for (const line of lines) this.#index(JSON.parse(line));
    writeFileSync(`${path}.new`, [...this.#byId.values()].map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
    this.#file = openSync(path, 'a', 0o600);
  }

  #index(order) {
    this.#byId.set(order.id, order);
    for (const { paymentId } of order.tries) if (paymentId) this.#byPayment.set(paymentId, order.id);
  }

  get(id) {
    return this.#byId.get(id);
  }

  ofPayment(paymentId) {
    return this.#byId.get(this.#byPayment.get(paymentId));
  }

  ofSession(session) {
    return [...this.#byId.values()].filter((one) => one.session === session).sort((a, b) => b.createdMs - a.createdMs);
  }

  /** Durable when it returns. */
  save(order) {
    this.#index(order);
    writeSync(this.#file, `${JSON.stringify(order)}\n`);
    fsyncSync(this.#file);
  }

  close() {
    closeSync(this.#file);
  }
}
