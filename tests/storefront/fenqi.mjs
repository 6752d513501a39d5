// SPDX-License-Identifier: Apache-2.0
// A storefront's way to fenqid: asks over ZeroMQ, repeats safely, believes nothing that is not signed.
// To copy: this file, fenqi.proto beside it, and the npm packages zeromq and protobufjs.
//
//   const fenqi = new Fenqi({ addresses: ['tcp://10.0.0.5:7766'], serverKey, publicKey, secretKey, keys, merchantId });
//   const { payment, signed } = await fenqi.call('create_payment', { ... });   // `signed`: keep it, it is the receipt
//   const events = fenqi.subscribe('shop', async (event) => { ... });          // events.stop() ends it
//   const status = readStatus(returnUrl, keys);                               // what the buyer's browser brought back
//
// Names are those of fenqi.proto. Numbers are numbers, bytes are Buffers, enums are their names.
import { createHash, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { Dealer } from 'zeromq';

const PROTO = ['fenqi.proto', '../../proto/fenqi.proto'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync);
const root = await new protobuf.Root().load(PROTO, { keepCase: true });
const [Request, SignedReply, Reply] = ['Request', 'SignedReply', 'Reply'].map((name) => root.lookupType(`fenqi.v1.${name}`));
const PLAIN = { longs: Number, enums: String, defaults: true, arrays: true };

export const REPLY_TYPE = 'application/vnd.fenqi.v1.reply+protobuf';
export const STATUS_TYPE = 'application/vnd.fenqi.v1.status';

/** fenqid said no, in a signed answer. Has the fields of fenqi.v1.Error. */
export class Refused extends Error {
  constructor(error) {
    super(`${error.code} ${error.reason} ${error.field}: ${error.text}`);
    Object.assign(this, error);
  }
}

/** Nobody answered in time. What became of the request is unknown, never "failed": repeat it with the same idempotency key. */
export class NoAnswer extends Error {}

// ---- what is signed -------------------------------------------------------------------------------

/** secure-systems-lab/dsse, version 1: what a signature covers. */
function preAuthentication(payloadType, payload) {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `), payload]);
}

export const isSigned = (key, payloadType, payload, signature) => verify(null, preAuthentication(payloadType, payload), key, signature);

/** An Ed25519 key out of its 32 raw bytes. */
export function rawPublicKey(bytes) {
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');
  return createPublicKey({ key: Buffer.concat([prefix, bytes]), format: 'der', type: 'spki' });
}

/** The keys that fenqid publishes, as a Map for `keys`. Over https, or once and then pinned. */
export async function publishedKeys(web) {
  const { keys } = await (await fetch(`${web}/.well-known/fenqi-keys`)).json();
  return new Map(keys.map((key) => [key.key_id, rawPublicKey(Buffer.from(key.public_key, 'base64'))]));
}

export const digest = (bytes) => createHash('sha256').update(bytes).digest();
export const encodeRequest = (fields) => Buffer.from(Request.encode(Request.fromObject(fields)).finish());

/** Verifies first, over the bytes that came, and reads afterwards. Also for a receipt that was kept. */
export function openReply(bytes, keys) {
  const signed = SignedReply.decode(bytes);
  const payload = Buffer.from(signed.payload);
  if (signed.payload_type !== REPLY_TYPE) throw new Error(`payload type ${signed.payload_type}`);
  const good = signed.signatures.find((one) => one.algorithm === 'ed25519' && keys.has(one.key_id) &&
    isSigned(keys.get(one.key_id), REPLY_TYPE, payload, Buffer.from(one.value)));
  if (!good) throw new Error('no good signature by a known key');
  return { ...Reply.toObject(Reply.decode(payload), PLAIN), signed: Buffer.from(bytes), key_id: good.key_id };
}

/**
 * The signed status in the URL that the buyer's browser came back to, as { payment, order, state, amount, ... }.
 * Throws if it is forged or too old. Only state "PAID" proves anything; is it about your order? Look.
 */
export function readStatus(url, keys, now = Date.now()) {
  const text = new URL(url).searchParams.get('fenqi') ?? '';
  const [first, last] = [text.indexOf('.'), text.lastIndexOf('.')];
  const payload = Buffer.from(text.slice(0, Math.max(first, 0)), 'base64url');
  const key = keys.get(text.slice(first + 1, last));
  if (!key || !isSigned(key, STATUS_TYPE, payload, Buffer.from(text.slice(last + 1), 'base64url')))
    throw new Error('the status is not signed by a known key');
  const status = Object.fromEntries(payload.toString('utf8').trim().split('\n').map((line) => line.split(/=(.*)/s)));
  if (status.form !== 'status.1') throw new Error(`a status of form ${status.form}`);
  for (const name of ['amount', 'version', 'issued', 'expires']) status[name] = Number(status[name]);
  if (now > status.expires) throw new Error('the status is too old');
  return status;
}

/** A time-ordered UUID (version 7), for idempotency keys: fenqid stores them as they come. */
export function timeOrderedId(now = Date.now()) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// ---- asking ---------------------------------------------------------------------------------------

/** One address: a DEALER socket of its own, so that a request goes where we mean it to. */
class Line {
  #sending = Promise.resolve();

  constructor(address, options, hear) {
    // immediate: nothing is queued for an address that is not there, to arrive when nobody expects it.
    this.socket = new Dealer({ linger: 0, immediate: true, reconnectInterval: 50, reconnectMaxInterval: 1000,
      heartbeatInterval: 5000, heartbeatTimeout: 5000, ...options });
    this.socket.connect(address);
    if (hear) this.#listen(hear);
  }

  async #listen(hear) {
    for await (const frames of this.socket) hear(frames.at(-1));
  }

  /** One at a time, as the socket wants it; what nobody waits for any more is not sent. */
  send(bytes, isWanted = () => true) {
    this.#sending = this.#sending.then(() => isWanted() && this.socket.send([Buffer.alloc(0), bytes])).catch(() => {});
    return this.#sending;
  }
}

export class Fenqi {
  #waiting = new Map();
  #first = 0; /* the line that answered last is asked first */

  /**
   * addresses: of daemons on one ledger. keys: Map of key id -> public key, those that are trusted. tryMs: after that
   * the next address is tried, and so on until withinMs. onDropped(error): an answer that was not believed.
   */
  constructor({ addresses, serverKey, publicKey, secretKey, keys, merchantId, tryMs = 3000, withinMs = 15_000, onDropped }) {
    const curve = { curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
    this.options = { addresses, keys, merchantId, tryMs, withinMs, onDropped, curve };
    this.lines = addresses.map((address, n) => new Line(address, { ...curve, sendTimeout: tryMs }, (bytes) => this.#hear(bytes, n)));
  }

  close() {
    for (const { answer } of this.#waiting.values()) answer(new NoAnswer('the client was closed'));
    for (const { socket } of this.lines) socket.close();
  }

  #hear(bytes, n) {
    try {
      const reply = checked(openReply(bytes, this.options.keys), this.options.merchantId);
      const waiting = this.#waiting.get(reply.request_id);
      if (waiting && !waiting.digest.equals(reply.request_digest)) throw new Error('an answer about another request');
      this.#first = n;
      waiting?.answer(reply);
    } catch (error) {
      this.options.onDropped?.(error);
    }
  }

  /**
   * Asks until somebody answers: every operation may be repeated as it is, those about money thanks to their
   * idempotency key. Returns the Reply, with its `signed` bytes; throws Refused or NoAnswer.
   */
  async call(operation, body, { withinMs = this.options.withinMs, requestId = randomUUID() } = {}) {
    const bytes = encodeRequest({ request_id: requestId, [operation]: body });
    const waitMs = body.wait_ms ?? 0; /* GetPayment's: the answer may take that long */
    const end = Date.now() + withinMs + waitMs;
    try {
      for (let n = this.#first; Date.now() < end; n++) {
        const reply = await this.#try(n % this.lines.length, requestId, bytes, Math.min(this.options.tryMs + waitMs, end - Date.now()));
        if (reply instanceof Error) throw reply;
        if (reply && !reply.error) return reply;
        if (!reply) continue;
        const againAfter = Math.max(reply.error.retry_after_ms, 100);
        if (!reply.error.may_repeat || Date.now() + againAfter >= end) throw new Refused(reply.error);
        await pause(againAfter);
      }
    } finally {
      this.#waiting.delete(requestId);
    }
    throw new NoAnswer(`${operation}: nobody answered within ${withinMs + waitMs} ms`);
  }

  /** One try; an answer to an earlier one, from whichever address, is as good. undefined: none came. */
  #try(n, requestId, bytes, withinMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      const waiting = { digest: digest(bytes), answer: (reply) => {
        clearTimeout(timer);
        resolve(reply);
      } };
      this.#waiting.set(requestId, waiting);
      this.lines[n].send(bytes, () => this.#waiting.get(requestId) === waiting);
    });
  }

  /** See Events. */
  subscribe(group, handle, options) {
    return new Events(this.options, group, handle, options);
  }
}

function checked(reply, merchantId) {
  if (merchantId && reply.merchant_id !== merchantId) throw new Error(`an answer for ${reply.merchant_id}`);
  return reply;
}

// ---- being told -----------------------------------------------------------------------------------

/**
 * Calls handle(event) for each event, in order, one at a time, and acknowledges what it has handled. At least once:
 * what was handled but not acknowledged (handle threw, the connection broke) comes again. Reconnects for ever.
 * options: { cursor: begin after it, not where the group is; credit; retryMs; onState(isActive); onTrouble(error) }.
 * handle should be done well within the lease (Subscription.lease_ms), or another consumer takes over.
 */
class Events {
  isActive = false;
  #isOver = false;
  #line;

  constructor(options, group, handle, { cursor, credit = 100, retryMs = 1000, onState, onTrouble } = {}) {
    Object.assign(this, { options, group, handle, cursor, credit, retryMs, onState, onTrouble });
    this.ended = this.#follow();
  }

  stop() {
    this.#isOver = true;
    this.#line?.socket.close();
    return this.ended;
  }

  async #follow() {
    const { addresses } = this.options;
    for (let n = 0; !this.#isOver; n++) {
      await this.#connected(addresses[n % addresses.length]).catch((error) => !this.#isOver && this.onTrouble?.(error));
      this.#line.socket.close();
      this.#setActive(false);
      if (!this.#isOver) await pause(this.retryMs);
    }
  }

  #setActive(isActive) {
    if (this.isActive !== isActive) this.onState?.(isActive);
    this.isActive = isActive;
  }

  /** One connection: ends by an exception. Its subscription ends with it. */
  async #connected(address) {
    const { curve, tryMs } = this.options;
    const { socket } = this.#line = new Line(address, { ...curve, sendTimeout: tryMs, receiveTimeout: tryMs });
    const asked = new Map(); /* what an answer may be about: the subscription, and acknowledgements under way */
    let [handled, beatAt, nSilent] = [0, 0, 0];
    const ask = (requestId, fields) => {
      const bytes = encodeRequest({ request_id: requestId, ...fields });
      asked.set(requestId, digest(bytes));
      return this.#line.send(bytes);
    };
    const acknowledge = () => {
      beatAt = Date.now() + socket.receiveTimeout;
      return ask(randomUUID(), { ack_events: { group: this.group, cursor: handled } });
    };
    socket.events.on('disconnect', () => socket.close());
    const subscription = randomUUID();
    await ask(subscription, { subscribe: { group: this.group, credit: this.credit, ...(this.cursor === undefined ? {} : { cursor: this.cursor }) } });
    for (;;) {
      const reply = await this.#receive(socket, asked);
      nSilent = reply ? 0 : nSilent + 1;
      if (nSilent > 2) throw new NoAnswer(`${address} is silent`);
      if (reply && reply.request_id !== subscription) asked.delete(reply.request_id);
      if (reply?.error) this.#setActive(false); /* NOT_ACTIVE: still in line */
      if (reply?.events) {
        const { is_active: isActive, acknowledged_cursor: acknowledged, lease_ms: leaseMs } = reply.events.subscription;
        if (!this.isActive) handled = acknowledged; /* whoever was active before us may have handled more, or less */
        this.#setActive(isActive);
        this.cursor = undefined; /* from now on the group knows where it is */
        socket.receiveTimeout = Math.max(Math.floor(leaseMs / 3), 50);
        for (const event of reply.events.events) {
          await this.handle(event);
          handled = event.cursor;
        }
        if (handled > acknowledged) await acknowledge();
      }
      if (Date.now() >= beatAt) await acknowledge(); /* a sign of life, and a question whether we are still in line */
    }
  }

  async #receive(socket, asked) {
    const frames = await socket.receive().catch((error) => {
      if (error.code !== 'EAGAIN' || socket.closed) throw new NoAnswer('disconnected', { cause: error });
    });
    if (!frames) return undefined;
    const reply = checked(openReply(frames.at(-1), this.options.keys), this.options.merchantId);
    if (!asked.get(reply.request_id)?.equals(reply.request_digest)) throw new Error('an answer about another request');
    if (reply.error && reply.error.reason !== 'NOT_ACTIVE') throw new Refused(reply.error);
    return reply;
  }
}
