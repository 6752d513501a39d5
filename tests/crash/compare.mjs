// SPDX-License-Identifier: Apache-2.0
// Compares the ledger with what was signed and with the platforms' truth: at death, and once all has settled.
import { Refused } from '../scenario/harness/storefront.mjs';
import { until } from '../scenario/harness/wait.mjs';
import { LedgerCopy, sequenceOf } from './ledger.mjs';
import { stateOf } from './witness.mjs';

export const RESUBMIT_MS = 16_000;

const RANK = { PLANNED: 1, SENT: 2, WON: 3, DEAD: 3, RESERVED: 1, SUBMITTED: 2, REFUNDED: 3, FAILED: 3 };
const REPEATED_WITHIN_MS = 10_000;
const SETTLED_WITHIN_MS = 20_000;

// ---- at death: what was said stands in the files, and nothing was said before it stood there ----

function* unkept({ witness }, ledger) {
  for (const told of witness.payments.values()) {
    const name = `payment ${told.payment_id}`;
    const kept = ledger.payment(told.payment_id);
    if (!kept) {
      yield `${name} was answered, and is not in the ledger`;
      continue;
    }
    if (kept.version < told.version) yield `${name}: version ${told.version} was answered, ${kept.version} is in the ledger`;
    if (kept.version === told.version && kept.state !== stateOf(told)) yield `${name} was answered ${stateOf(told)}, the ledger says ${kept.state}`;
    for (const refund of told.refunds) {
      const row = ledger.refunds.find((one) => one.seq === kept.seq && refund.refund_id.endsWith(`-r${one.n}`));
      if (!row) yield `refund ${refund.refund_id} was answered, and is not in the ledger`;
      else if (RANK[row.state] < RANK[stateOf(refund)] && stateOf(refund) !== 'SUBMITTED') yield `refund ${refund.refund_id} was answered ${stateOf(refund)}, the ledger says ${row.state}`;
    }
  }
  for (const [key, { told, nAsked, nUnchanged }] of witness.requests) {
    const isKept = ledger.keys.some((one) => one.key === key);
    if (told && !isKept) yield `key ${key} was answered, and is not in the ledger`;
    if (nAsked === nUnchanged && isKept) yield `key ${key} is in the ledger, and the shop was told that nothing was changed`;
  }
  for (const told of witness.events) {
    const row = ledger.events.find((one) => one.cursor === told.cursor);
    if (!row || row.seq !== sequenceOf(told.payment_id) || told.kind !== `EVENT_KIND_${row.kind}`) yield `event ${told.cursor} was told, and is not in the ledger`;
  }
}

function* saidTooEarly({ witness }, ledger, facts) {
  for (const number of new Set([...facts.numbers, ...witness.numbers.keys()])) {
    const attempt = ledger.attemptBy(number);
    if (!attempt || RANK[attempt.state] < RANK.SENT) yield `order ${number} left before it was in the ledger (${attempt?.state ?? 'nothing'})`;
  }
  for (const number of facts.refundCalls) {
    const refund = ledger.refundBy(number);
    if (!refund || RANK[refund.state] < RANK.SUBMITTED) yield `refund ${number} left before it was in the ledger (${refund?.state ?? 'nothing'})`;
  }
}

/** Huabei's word is taken as it comes; UnionPay is asked first, and that it will be must be durable. */
function isHeeded(row, channel, end) {
  return row?.state === end || (channel === 'bankcard' && row?.due_ms > 0);
}

function* forgotten(ledger, facts) {
  for (const { number, channel, isAcknowledged, refunds } of facts.charges) {
    const attempt = ledger.attemptBy(number);
    if (isAcknowledged && !isHeeded(attempt, channel, 'WON')) yield `the payment of ${number} was acknowledged, the ledger says ${attempt?.state ?? 'nothing'}`;
    for (const refund of refunds) {
      const row = ledger.refundBy(refund.number);
      if (refund.isOurs && refund.isAcknowledged && !isHeeded(row, channel, 'REFUNDED'))
        yield `refund ${refund.number} was acknowledged, the ledger says ${row?.state ?? 'nothing'}`;
    }
  }
}

function* unsound(ledger) {
  if (ledger.integrity !== 'ok') yield `the database is damaged: ${ledger.integrity}`;
  if (ledger.orphans > 0) yield `${ledger.orphans} rows without a payment`;
}

export async function atDeath(stage, when) {
  const ledger = await LedgerCopy.of(stage.world.folder);
  const facts = await stage.platforms.facts();
  for (const what of [...unsound(ledger), ...unkept(stage, ledger), ...saidTooEarly(stage, ledger, facts), ...forgotten(ledger, facts)])
    stage.violate(when, what);
  ledger.drop();
}

// ---- settled: both sides agree ----

/** Every request once more, with its key. */
async function repeat(stage) {
  for (const { kind, body } of [...stage.witness.requests.values()]) {
    try {
      await stage.ask(kind, body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.may_repeat) throw error;
      if (stage.witness.requests.get(body.idempotency_key).told) throw error;
    }
  }
}

function* wrongMoney(ledger, facts) {
  const charged = new Map(ledger.payments.map((one) => [one.seq, []]));
  for (const charge of facts.charges) {
    const attempt = ledger.attemptBy(charge.number);
    if (!attempt) yield `the platform charged for ${charge.number}, which is not in the ledger`;
    else charged.get(attempt.seq).push(charge);
  }
  for (const order of new Set(ledger.payments.map((one) => one.merchant_order_id))) {
    const charges = ledger.payments.filter((one) => one.merchant_order_id === order).flatMap(({ seq }) => charged.get(seq));
    if (charges.length > 1) yield `order ${order} was charged ${charges.length} times`;
  }
  for (const payment of ledger.payments) {
    const charges = charged.get(payment.seq);
    if ((charges.length > 0) !== (payment.state === 'PAID')) yield `payment ${payment.seq} is ${payment.state}, the platform charged ${charges.length} times`;
    for (const charge of charges) if (charge.fen !== payment.amount_minor) yield `payment ${payment.seq} is of ${payment.amount_minor}, ${charge.fen} were charged`;
    yield* wrongRefunds(payment, ledger.refunds.filter((one) => one.seq === payment.seq), charges.flatMap(({ refunds }) => refunds));
  }
}

const sum = (list) => list.reduce((total, one) => total + one, 0);

function* wrongRefunds(payment, rows, backs) {
  const name = `payment ${payment.seq}`;
  for (const back of backs) {
    const row = rows.find((one) => one.number === back.number);
    if (!row) yield `${name}: the platform gave back ${back.number}, which is not in the ledger`;
    else if (row.state !== 'REFUNDED' || row.amount_minor !== back.fen) yield `${name}: refund ${back.number} of ${back.fen} is ${row.state} of ${row.amount_minor}`;
  }
  if (new Set(backs.map((one) => one.number)).size !== backs.length) yield `${name}: a refund was made twice`;
  for (const row of rows) {
    if (row.state === 'REFUNDED' && !backs.some((one) => one.number === row.number)) yield `${name}: refund ${row.number} is REFUNDED, the platform knows nothing of it`;
    /* UnionPay's may be sent once only: one that never arrived stays reserved, for the operator. */
    if ((row.state === 'RESERVED' || row.state === 'SUBMITTED') && payment.channel !== 'bankcard') yield `${name}: refund ${row.number} is still ${row.state}`;
  }
  const refunded = sum(rows.filter((one) => one.state === 'REFUNDED').map((one) => one.amount_minor));
  if (refunded !== payment.refunded_minor) yield `${name}: ${payment.refunded_minor} refunded, its refunds sum to ${refunded}`;
  if (sum(backs.map((one) => one.fen)) > payment.amount_minor || payment.refund_counted_minor > payment.amount_minor) yield `${name}: more was given back than was paid`;
}

/** What differs now; the questions it asks bring the two nearer. */
async function differences(stage, turn) {
  const { witness, world } = stage;
  for (const id of witness.payments.keys()) await stage.look(id, { refresh: turn > 0 });
  const facts = await stage.platforms.facts();
  if (turn === 2) for (const number of facts.unheard) await world.sandbox.resend(number);
  const ledger = await LedgerCopy.of(world.folder);
  const differ = [...unsound(ledger), ...unkept(stage, ledger), ...saidTooEarly(stage, ledger, facts), ...forgotten(ledger, facts), ...wrongMoney(ledger, facts)];
  for (const payment of ledger.payments)
    if (![...witness.payments.keys()].some((id) => sequenceOf(id) === payment.seq)) differ.push(`payment ${payment.seq} answers to no key`);
  for (const id of differ.length === 0 ? witness.payments.keys() : []) {
    const broken = await ledger.brokenJournal(id);
    if (broken) differ.push(`journal of ${id}: ${broken}`);
  }
  ledger.drop();
  /* What was sent and never arrived is sent again after a while. */
  if (differ.length > 0 && turn > 4 && turn % 5 === 0) await world.advance(RESUBMIT_MS);
  return differ;
}

/** Whoever kills fenqid meanwhile ends the comparison; the one behind the next start is whole again. */
export async function settled(stage, when) {
  let last = [];
  let turn = 0;
  const unlessDead = (act) => async () => stage.isDead || act();
  try {
    await until('requests to be repeated', unlessDead(async () => {
      await repeat(stage);
      return true;
    }), REPEATED_WITHIN_MS);
    await until('both sides to agree', unlessDead(async () => {
      last = await differences(stage, turn++);
      return last.length === 0;
    }), SETTLED_WITHIN_MS);
    if (!stage.isDead) await stage.lookAtEvents();
  } catch (error) {
    if (!stage.isDead) for (const what of last.length > 0 ? last : [error.message]) stage.violate(when, what);
  }
}
