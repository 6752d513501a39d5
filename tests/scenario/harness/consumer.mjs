// SPDX-License-Identifier: Apache-2.0
// A consumer of events on a connection of its own: subscribes, keeps what is pushed, acknowledges.
// Every message is verified, and must name the request that it answers.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Dealer } from 'zeromq';
import { Refused } from './storefront.mjs';
import { until, SLOWNESS } from './wait.mjs';
import { digest, encodeRequest, openReply } from './wire.mjs';

const ANSWER_WITHIN_MS = 8000;

export class Consumer {
  #asked = new Map(); // request id -> { digest, answer, fail }
  #sending = Promise.resolve();

  events = []; // as they were pushed
  stands = []; // every `subscription` that was pushed or answered to Subscribe
  onPush = () => {};

  constructor(world, merchantId, { group = 'books', clientKeys, highWaterMark = 1000, withinMs = ANSWER_WITHIN_MS } = {}) {
    Object.assign(this, { group, merchantId, withinMs, keys: world.publicKeys });
    this.socket = new Dealer({
      curveServerKey: world.keys.server.publicKey,
      curvePublicKey: (clientKeys ?? world.merchants.find(({ id }) => id === merchantId).curve).publicKey,
      curveSecretKey: (clientKeys ?? world.merchants.find(({ id }) => id === merchantId).curve).secretKey,
      linger: 0,
      reconnectInterval: 50,
      reconnectMaxInterval: 50,
      receiveHighWaterMark: highWaterMark,
    });
    this.socket.connect(`tcp://127.0.0.1:${world.frontPort}`);
    world.storefronts.push(this);
    if (highWaterMark > 1) this.listen();
  }

  close() {
    this.abandon('the consumer closed');
    if (!this.socket.closed) this.socket.close();
  }

  abandon(why) {
    for (const { fail } of this.#asked.values()) fail(new Error(why));
  }

  async listen() {
    for await (const frames of this.socket) this.#hear(frames.at(-1));
  }

  #hear(bytes) {
    const reply = openReply(bytes, this.keys);
    const asked = this.#asked.get(reply.request_id);
    assert.ok(asked, `nobody asked "${reply.request_id}"`);
    assert.deepEqual(Buffer.from(reply.request_digest), asked.digest, 'the answer is about another request');
    assert.equal(reply.merchant_id, this.merchantId);
    if (asked.isSubscribe && reply.events) {
      assert.equal(reply.events.subscription.group, this.group);
      this.events.push(...reply.events.events);
      this.stands.push(reply.events.subscription);
      this.onPush(reply.events);
    }
    asked.answer(reply);
  }

  #call(operation, body, { fields = {} } = {}) {
    const requestId = randomUUID();
    const bytes = encodeRequest({ request_id: requestId, [operation]: body, ...fields });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${operation}`)), this.withinMs * SLOWNESS);
      const settle = (end) => (value) => {
        clearTimeout(timer);
        end(value);
      };
      const answer = settle((reply) => (reply.error ? reject(new Refused(reply.error)) : resolve(reply)));
      this.#asked.set(requestId, { digest: digest(bytes), isSubscribe: operation === 'subscribe', answer, fail: settle(reject) });
      this.#sending = this.#sending.then(() => this.socket.send([Buffer.alloc(0), bytes])).catch(reject);
    });
  }

  /** The first answer; later ones are in `events` and `stands`. */
  async subscribe(body = {}) {
    return (await this.#call('subscribe', { group: this.group, credit: 100, ...body })).events;
  }

  async ack(cursor = this.cursor, group = this.group) {
    return (await this.#call('ack_events', { group, cursor })).events;
  }

  get cursor() {
    return this.events.at(-1)?.cursor ?? 0;
  }

  get isActive() {
    return this.stands.at(-1)?.is_active;
  }

  /** Waits until so many events have come in all. */
  heard(n) {
    return until(`${n} events for ${this.group}, of which ${this.events.length} came`, () => this.events.length >= n && this.events);
  }

  becomesActive(is = true) {
    return until(`the consumer of ${this.group} to ${is ? 'be' : 'cease to be'} active`, () => this.isActive === is);
  }
}
