// SPDX-License-Identifier: Apache-2.0
// A shop, a buyer and two platforms around a fenqid that may die at any moment, and is started again.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Program } from '../scenario/harness/processes.mjs';
import { Refused } from '../scenario/harness/storefront.mjs';
import { until } from '../scenario/harness/wait.mjs';
import { World, binary } from '../scenario/harness/world.mjs';
import { RESUBMIT_MS, atDeath, settled } from './compare.mjs';
import { Platforms } from './platforms.mjs';
import { Witness, stateOf } from './witness.mjs';

const DEATH_IS_SEEN_WITHIN_MS = 2000;
const PAUSE_MS = 50;
const TRIES_MAX = 200;
const LOOKS_BEFORE_TIME_PASSES = 40;
const DEATHS_MAX = 20; /* of one day: more is a daemon that cannot be started */

/** Whether strace may hold a process that is not its child. */
export async function canTrace() {
  const sleeper = Program.start('sleep', 'sleep', ['60']);
  const tracer = Program.start('strace', 'strace', ['-p', String(sleeper.child.pid), '-o', '/dev/null']);
  const isHeld = await tracer.untilReady('strace to hold a process', () => tracer.text.includes('attached')).then(() => true, () => false);
  await tracer.signal('SIGTERM');
  await sleeper.signal('SIGKILL');
  return isHeld;
}

export class Stage {
  /** `program`: another fenqid than the build's. */
  static async raise({ program = binary('fenqid') } = {}) {
    const stage = new Stage();
    stage.path = program;
    stage.world = await World.start({ card: { settings: { partial_refund: 'yes' } }, conf: { poll: { first: '100ms', max: '400ms' } } });
    process.on('exit', stage.#forget);
    return stage;
  }

  async strike() {
    process.off('exit', this.#forget);
    await this.world.abandon();
  }

  /** No keys stay behind, even if the test is stopped. */
  #forget = () => rmSync(this.world.folder, { recursive: true, force: true });

  // ---- one day ----

  /** An empty ledger, and platforms in good order. `how`: see start(); `isHard`: it may refuse, and end. */
  async begin(how, isHard = false) {
    const { world } = this;
    await this.#kill();
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) rmSync(join(world.folder, name), { force: true });
    await world.sandbox.reset();
    await world.unionpay.reset();
    this.platforms = await Platforms.since(world);
    this.witness = new Witness();
    this.violations = [];
    this.log = '';
    this.nDeaths = 0;
    this.nKilled = 0; /* by somebody else */
    this.isHard = isHard;
    this.isMeantToStop = false;
    this.next = undefined;
    await this.start(how);
  }

  violate(when, what) {
    if (!this.violations.some((one) => one.what === what)) this.violations.push({ when, what });
  }

  // ---- the daemon ----

  /** `wrap`: words before the program's; `env`: more of it. What kills it on the way is no error. */
  async start({ wrap = [], env = {} } = {}) {
    const { world } = this;
    const [path, ...args] = [...wrap, this.path, '-c', join(world.folder, 'fenqid.conf')];
    const program = Program.start('fenqid', path, args, { env: { ...world.calendar.environment, ...env } });
    world.fenqid = program;
    program.exit.then(({ code, signal }) => {
      this.log += program.text;
      if (signal === 'SIGKILL' && !program.isOurVictim) this.nKilled++;
      if (signal !== 'SIGKILL' && !this.isMeantToStop && !this.isHard) this.violate('day', `fenqid ended by itself: ${signal ?? code}: ${program.text.slice(-500)}`);
      for (const storefront of world.storefronts) storefront.abandon('fenqid is dead');
    });
    try {
      await program.untilReady('fenqid to be ready', async () => (await fetch(`${world.web}/readyz`)).status === 200);
    } catch (error) {
      if (!program.hasEnded) throw error;
    }
  }

  get isDead() {
    return this.world.fenqid.hasEnded;
  }

  /** The thread ids of a name; "fenqid" is the loop alone. */
  threads(name) {
    const { pid } = this.world.fenqid.child;
    if (name === 'fenqid') return [String(pid)];
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).filter((id) => readFileSync(join(folder, id, 'comm'), 'utf8').trim() === name);
  }

  /** strace on some threads; returns it once it holds them. */
  async trace(name, options) {
    const ids = await until(`a thread called ${name}`, () => {
      const found = this.threads(name);
      return found.length > 0 && found;
    });
    const tracer = Program.start('strace', 'strace', [...ids.flatMap((id) => ['-p', id]), ...options]);
    const isHeld = () => ids.every((id) => tracer.text.includes(`${id} attached`));
    /* It may have killed fenqid, and ended, by now. */
    await tracer.untilReady('strace to hold the threads', isHeld).catch((error) => {
      if (!isHeld()) throw error;
    });
    return tracer;
  }

  async #kill() {
    this.world.fenqid.isOurVictim = true;
    await this.world.fenqid.signal('SIGKILL');
  }

  /** Killed from outside, at a place of the day's own; `how` it is started again. */
  async crash(how) {
    this.next = how;
    await this.#kill();
    await this.alive();
  }

  /** The same, and nothing behind it: only what stands in the files is compared. */
  async die() {
    await this.#kill();
    await atDeath(this, 'death');
  }

  /** SIGTERM, and the next start. */
  async reboot(how) {
    this.next = how;
    this.isMeantToStop = true;
    const { code, signal } = await this.world.fenqid.signal('SIGTERM');
    if (code !== 0 && signal !== 'SIGKILL' && !this.isHard) this.violate('reboot', `stopped with ${code ?? signal}`);
    await this.alive();
  }

  /** Starts it again, if it is dead, and compares; whoever comes meanwhile waits. */
  alive() {
    if (this.reviving || !this.isDead) return this.reviving;
    this.reviving = this.#revive().finally(() => {
      this.reviving = undefined;
    });
    return this.reviving;
  }

  async #revive() {
    if (++this.nDeaths > DEATHS_MAX) throw new Error(`fenqid died ${DEATHS_MAX} times:\n${this.log.slice(-3000)}`);
    const when = this.isMeantToStop ? 'stopped' : `death ${this.nDeaths}`;
    const how = this.next;
    this.isMeantToStop = false;
    this.next = undefined;
    await atDeath(this, when);
    await this.start(how);
    if (!this.isDead) await settled(this, `after ${when}`);
    if (this.isDead) await this.#revive();
  }

  /** Both sides agree at last, whatever fenqid dies of meanwhile. */
  async settle(when) {
    do {
      await this.alive();
      await settled(this, when);
    } while (this.isDead);
  }

  // ---- who asks ----

  /** Does what may be done again, until fenqid has lived through it, and through its hardship. */
  async doing(act) {
    for (let n = 0; ; n++) {
      await this.alive();
      try {
        return await act();
      } catch (error) {
        const isForNow = error instanceof Refused ? error.may_repeat : this.isHard;
        if (error instanceof Refused && !isForNow) throw error;
        if (n >= TRIES_MAX || !((await this.#hasDied(isForNow ? PAUSE_MS : DEATH_IS_SEEN_WITHIN_MS)) || isForNow)) throw error;
      }
    }
  }

  async #hasDied(withinMs) {
    await Promise.race([this.world.fenqid.exit, pause(withinMs, undefined, { ref: false })]);
    return this.isDead;
  }

  /** A condition that fenqid may die of, too. */
  until(what, condition) {
    return until(what, () => this.doing(condition), 30_000);
  }

  // ---- the shop, which remembers all that it was told ----

  #complain = (what) => this.violate('told', what);

  /** Nobody waits for what is dead. */
  get shop() {
    if (this.isDead) throw new Error('fenqid is dead');
    return this.world.shop;
  }

  /** Asks, and is answered, once. */
  async ask(kind, body) {
    const { witness } = this;
    const known = witness.asks(kind, body);
    const answer = await this.shop[kind](body).catch((error) => {
      if (error instanceof Refused && error.reason === 'LEDGER_UNAVAILABLE') witness.isUnchanged(body);
      throw error;
    });
    witness.isNamed(body, kind === 'create' ? answer.payment_id : answer.refund_id, this.#complain);
    if (kind === 'create') witness.learns(answer, known, this.#complain);
    else witness.learnsRefund(answer, known, this.#complain);
    return answer;
  }

  async look(id, options = {}) {
    const { known } = this.witness;
    const payment = await this.shop.get({ payment_id: id, ...options });
    this.witness.learns(payment, known, this.#complain);
    return payment;
  }

  async lookAtEvents() {
    const events = await this.shop.events();
    this.witness.learnsEvents(events, this.#complain);
    return events;
  }

  // ---- the same, whatever fenqid dies of meanwhile ----

  create(wish) {
    return this.doing(() => this.ask('create', wish));
  }

  refund(wish) {
    return this.doing(() => this.ask('refund', wish));
  }

  get(id, options) {
    return this.doing(() => this.look(id, options));
  }

  close(id) {
    return this.doing(async () => {
      const { known } = this.witness;
      const payment = await this.shop.closePayment(id);
      this.witness.learns(payment, known, this.#complain);
      return payment;
    });
  }

  events() {
    return this.doing(() => this.lookAtEvents());
  }

  state(id, ...states) {
    return this.until(`${id} to be ${states}`, async () => {
      const payment = await this.look(id);
      return states.includes(stateOf(payment)) && payment;
    });
  }

  /** What was lost on its way there is sent again after a while. */
  refunded(id, refundId) {
    let n = 0;
    return this.until(`${refundId} to be REFUNDED`, async () => {
      if (++n % LOOKS_BEFORE_TIME_PASSES === 0) await this.world.advance(RESUBMIT_MS);
      const { refunds } = await this.look(id, { refresh: true });
      return refunds.some((one) => one.refund_id === refundId && stateOf(one) === 'REFUNDED');
    });
  }
}
