// SPDX-License-Identifier: Apache-2.0
// A shop's server: asks fenqid over ZeroMQ and believes nothing that is not signed. Knows proto/ only.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Dealer, Request as Req } from 'zeromq';
import { SLOWNESS } from './wait.mjs';
import { digest, encodeRequest, openReply } from './wire.mjs';

const ANSWER_WITHIN_MS = 8000;

/** fenqid said no, in a signed answer. */
export class Refused extends Error {
  constructor(error) {
    super(`${error.code} ${error.reason} ${error.field}: ${error.text}`);
    Object.assign(this, error);
  }
}

/** Awaits a refusal and compares the fields that are given. */
export async function refused(promise, expected) {
  const error = await promise.then(
    (answer) => assert.fail(`not refused: ${JSON.stringify(answer)}`),
    (reason) => reason,
  );
  if (!(error instanceof Refused)) throw error;
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name} of "${error.message}"`);
  assert.ok(error.text, 'a text for people');
  return error;
}

export class Storefront {
  #waiting = new Map();
  #sending = Promise.resolve();

  constructor({ endpoint, serverKey, clientKeys, publicKeys, merchantId, onPayment }) {
    this.keys = publicKeys;
    this.merchantId = merchantId;
    this.onPayment = onPayment;
    this.options = {
      curveServerKey: serverKey,
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
      linger: 0,
      reconnectInterval: 50,
      reconnectMaxInterval: 50,
    };
    this.endpoint = endpoint;
    this.socket = new Dealer(this.options);
    this.socket.connect(endpoint);
    this.nUnsolicited = 0;
    this.heard = []; // every answer, as it came
    this.#listen();
  }

  close() {
    this.abandon('the storefront closed');
    this.socket.close();
  }

  /** Nobody will answer what is under way. */
  abandon(why) {
    for (const { fail } of this.#waiting.values()) fail(new Error(why));
  }

  async #listen() {
    for await (const frames of this.socket) {
      this.heard.push(frames.at(-1));
      const reply = openReply(frames.at(-1), this.keys);
      const waiting = this.#waiting.get(reply.request_id);
      if (waiting === undefined) this.nUnsolicited++;
      else waiting.answer(reply);
    }
  }

  /** Sends bytes as they are; the answer is matched by its request id ("": an unreadable request's). */
  sendRaw(bytes, requestId, { withinMs = ANSWER_WITHIN_MS, envelope = [Buffer.alloc(0)] } = {}) {
    return new Promise((resolve, reject) => {
      const end = (settle) => (value) => {
        clearTimeout(timer);
        this.#waiting.delete(requestId);
        settle(value);
      };
      const waiting = { answer: end(resolve), fail: end(reject) };
      const timer = setTimeout(() => waiting.fail(new Error(`no answer to "${requestId}" within ${withinMs} ms`)),
        withinMs * SLOWNESS);
      this.#waiting.set(requestId, waiting);
      this.#sending = this.#sending.then(() => this.socket.send([...envelope, bytes])).catch(reject);
    });
  }

  #check(reply, bytes, requestId) {
    assert.equal(reply.request_id, requestId);
    assert.deepEqual(Buffer.from(reply.request_digest), digest(bytes), 'the answer is about another request');
    assert.equal(reply.merchant_id, this.merchantId);
    if (reply.error) throw new Refused(reply.error);
    return reply;
  }

  async call(operation, body, { requestId = randomUUID(), fields = {}, withinMs } = {}) {
    const bytes = encodeRequest({ request_id: requestId, [operation]: body, ...fields });
    const reply = await this.sendRaw(bytes, requestId, { withinMs });
    return this.#check(reply, bytes, requestId);
  }

  /** The same through a REQ socket of its own. */
  async callByReq(operation, body) {
    const requestId = randomUUID();
    const bytes = encodeRequest({ request_id: requestId, [operation]: body });
    const socket = new Req({ ...this.options, receiveTimeout: ANSWER_WITHIN_MS * SLOWNESS });
    try {
      socket.connect(this.endpoint);
      await socket.send(bytes);
      const frames = await socket.receive();
      assert.equal(frames.length, 1);
      return this.#check(openReply(frames[0], this.keys), bytes, requestId);
    } finally {
      socket.close();
    }
  }

  // ---- the operations ----

  async quote(body) {
    return (await this.call('quote_plans', body)).quote_plans;
  }

  async create(body, options) {
    const { payment } = await this.call('create_payment', body, options);
    this.onPayment?.(this, payment);
    return payment;
  }

  async get(key, options) {
    const body = typeof key === 'string' ? { payment_id: key } : key;
    return (await this.call('get_payment', body, { withinMs: 30_000, ...options })).payment;
  }

  async closePayment(paymentId) {
    return (await this.call('close_payment', { payment_id: paymentId }, { withinMs: 30_000 })).payment;
  }

  async refund(body, options) {
    return (await this.call('create_refund', body, options)).refund;
  }

  async getRefund(refundId, body = {}) {
    return (await this.call('get_refund', { refund_id: refundId, ...body }, { withinMs: 30_000 })).refund;
  }

  async events(cursor = 0, limit = 200) {
    return (await this.call('list_events', { cursor, limit })).events;
  }
}
