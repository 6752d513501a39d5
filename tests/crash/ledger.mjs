// SPDX-License-Identifier: Apache-2.0
// The database as its files stand, read by sqlite3 from a copy, so that no look changes anything.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../scenario/harness/world.mjs';

const PAYMENT = ['OPEN', 'PAID', 'CLOSED'];
const ATTEMPT = ['PLANNED', 'SENT', 'WON', 'DEAD'];
const REFUND = ['RESERVED', 'SUBMITTED', 'REFUNDED', 'FAILED'];
const EVENT = ['PAYMENT_PAID', 'PAYMENT_CLOSED', 'LATE_SUCCESS', 'DOUBLE_PAID', 'TERMS_DIFFER', 'REFUNDED', 'REFUND_FAILED',
  'FOREIGN_REFUND', 'ATTEMPT_DECLINED', 'FOR_OPERATOR'];

const rows = (table, columns) => `(SELECT json_group_array(json_object(${columns.map((one) => `'${one}', ${one}`).join(', ')})) FROM ${table})`;
const EVERYTHING = `SELECT json_object(
  'integrity', (SELECT group_concat(integrity_check) FROM pragma_integrity_check),
  'orphans', (SELECT count(*) FROM pragma_foreign_key_check),
  'payments', ${rows('(SELECT CAST(seq AS TEXT) AS seq, merchant_order_id, channel, version, state, flags, amount_minor, refunded_minor, refund_counted_minor FROM payment)',
    ['seq', 'merchant_order_id', 'channel', 'version', 'state', 'flags', 'amount_minor', 'refunded_minor', 'refund_counted_minor'])},
  'attempts', ${rows('(SELECT CAST(payment_seq AS TEXT) AS seq, n, state, order_number, due_ms FROM attempt)', ['seq', 'n', 'state', 'order_number', 'due_ms'])},
  'refunds', ${rows('(SELECT CAST(payment_seq AS TEXT) AS seq, n, attempt_n, state, origin, number, amount_minor, due_ms FROM refund)',
    ['seq', 'n', 'attempt_n', 'state', 'origin', 'number', 'amount_minor', 'due_ms'])},
  'keys', ${rows('(SELECT key, CAST(payment_seq AS TEXT) AS seq, refund_n FROM idempotency)', ['key', 'seq', 'refund_n'])},
  'events', ${rows('(SELECT cursor, kind, CAST(payment_seq AS TEXT) AS seq, payment_version FROM event ORDER BY cursor)', ['cursor', 'kind', 'seq', 'payment_version'])})`;
const EMPTY = { integrity: 'ok', orphans: 0, payments: [], attempts: [], refunds: [], keys: [], events: [] };

/** The sequence that stands in a payment's id: 64 bits in 13 digits of Crockford's alphabet, one bit more. */
export function sequenceOf(id) {
  let bits = 0n;
  for (const digit of id.slice(1, 14)) bits = bits * 32n + BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit));
  return String(bits >> 1n);
}

/** { status, text } of a program. */
const run = (path, ...args) => new Promise((resolve) => {
  execFile(path, args, { encoding: 'utf8', maxBuffer: 1 << 26 }, (error, out, err) =>
    resolve({ status: error?.code ?? 0, text: error ? `${out}${err}`.trim() || error.message : out }));
});

export class LedgerCopy {
  static async of(folder) {
    const copy = new LedgerCopy();
    copy.folder = mkdtempSync(join(tmpdir(), 'fenqid-crash-'));
    copy.path = join(copy.folder, 'ledger.db');
    for (const name of ['ledger.db', 'ledger.db-wal'])
      if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(copy.folder, name));
    await copy.#read();
    return copy;
  }

  async #read() {
    const sqlite = (text) => run('sqlite3', '-batch', this.path, text);
    const has = await sqlite("SELECT count(*) FROM sqlite_schema WHERE name = 'note'");
    const isEmpty = has.status === 0 && has.text.trim() === '0';
    const told = has.status === 0 && !isEmpty ? await sqlite(EVERYTHING) : has;
    Object.assign(this, EMPTY, told.status !== 0 ? { integrity: told.text } : isEmpty ? {} : JSON.parse(told.text));
    for (const payment of this.payments) payment.state = PAYMENT[payment.state - 1];
    for (const attempt of this.attempts) attempt.state = ATTEMPT[attempt.state - 1];
    for (const refund of this.refunds) refund.state = REFUND[refund.state - 1];
    for (const event of this.events) event.kind = EVENT[event.kind - 1];
  }

  payment(id) {
    const seq = sequenceOf(id);
    return this.payments.find((one) => one.seq === seq);
  }

  attemptBy(number) {
    return this.attempts.find((one) => one.order_number === number);
  }

  refundBy(number) {
    return this.refunds.find((one) => one.number === number);
  }

  /** Why the chain of a payment's journal does not hold; undefined if it does. */
  async brokenJournal(id) {
    const shown = await run(binary('fenqictl'), 'journal', '--store', this.path, id);
    return shown.status === 0 ? undefined : shown.text;
  }

  drop() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
