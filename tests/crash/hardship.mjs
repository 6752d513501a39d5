// SPDX-License-Identifier: Apache-2.0
// Days on which calls fail instead: a full disk that empties, a broken one, a bad network, no memory.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from '../scenario/harness/world.mjs';
import { live } from './day.mjs';

const ALLOCATIONS = 20; /* days without memory */

/** What strace brings about: thread, call, error, which calls of that thread, and whether fenqid outlives it. */
const FAILURES = [
  ...[1, 60, 170, 300, 420].map((n) => ['a full disk that empties', 'fenqid-store', 'pwrite64', 'ENOSPC', `${n}..${n + 25}`, 'lives']),
  ['a full disk that fills again and again', 'fenqid-store', 'pwrite64', 'ENOSPC', '40..400+7', 'lives'],
  ...[1, 7, 19, 33].map((n) => ['a disk that fails to sync', 'fenqid-store', 'fdatasync', 'EIO', `${n}`, 'ends']),
  ['a full disk, seen when it syncs', 'fenqid-store', 'fdatasync', 'ENOSPC', '12', 'ends'],
  ...[5, 111, 260].map((n) => ['a disk that fails to write', 'fenqid-store', 'pwrite64', 'EIO', `${n}`, 'ends']),
  ...[9, 50].map((n) => ['a disk that fails to read', 'fenqid-read', 'pread64', 'EIO', `${n}..${n + 2}`, 'lives']),
  ['interrupted writes', 'fenqid-store', 'pwrite64', 'EINTR', '10..400+9', 'lives'],
  ['interrupted reads', 'fenqid-read', 'pread64', 'EINTR', '3..100+5', 'lives'],
  ['an interrupted platform', 'fenqid-net', 'sendto,recvfrom,poll', 'EINTR', '2..60+3', 'lives'],
  ['interrupted shops', 'ZMQbg/IO/0', 'sendto,recvfrom,epoll_wait', 'EINTR', '5..90+11', 'lives'],
  ['an interrupted web side', 'MHD-single', 'recvfrom,sendmsg,epoll_wait', 'EINTR', '2..40+5', 'lives'],
  ['an interrupted loop', 'fenqid', 'poll', 'EINTR', '5..900+50', 'lives'],
  ['a platform that refuses connections', 'fenqid-net', 'connect', 'ECONNREFUSED', '1..4', 'lives'],
  ['a platform that is nowhere', 'fenqid-net', 'connect', 'ENETUNREACH', '1..4', 'lives'],
  ['no descriptors for the platform', 'fenqid-net', 'socket', 'EMFILE', '1..4', 'lives'],
  ...[2, 8, 15].map((n) => ['connections reset while sending', 'fenqid-net', 'sendto', 'ECONNRESET', `${n}`, 'lives']),
  ...[10, 60, 100].map((n) => ['connections reset while receiving', 'fenqid-net', 'recvfrom', 'ECONNRESET', `${n}`, 'lives']),
  ['browsers that go away', 'MHD-single', 'sendmsg,sendto', 'EPIPE', '2..12+3', 'lives'],
  ['no descriptors for browsers', 'MHD-single', 'accept4', 'EMFILE', '3..5', 'lives'],
  ['shops that go away', 'ZMQbg/IO/0', 'sendto', 'ECONNRESET', '20..60+20', 'lives'],
];

const failure = ([name, thread, call, error, when, expects]) => ({
  name: `${name} (${thread} ${call} ${error} ${when})`,
  expects,
  begin: async (stage) => {
    await stage.begin(undefined, true);
    const inject = call.split(',').flatMap((one) => ['-e', `inject=${one}:error=${error}:when=${when}`]);
    return stage.trace(thread, ['-e', `trace=${call}`, ...inject, '-o', '/dev/null']);
  },
});

/** The same, from the first moment of an empty ledger. */
const atStart = ([name, call, error, when]) => ({
  name: `${name} at the first start (${call} ${error} ${when})`,
  begin: (stage) => stage.begin({ wrap: ['strace', '-D', '-f', '-q', '-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`, '-o', '/dev/null'] }, true),
});

const STARTS = [
  ['a full disk', 'pwrite64', 'ENOSPC', '1..200'],
  ['a disk that fills', 'pwrite64', 'ENOSPC', '20..200'],
  ['a disk that fails to sync', 'fdatasync', 'EIO', '3'],
];

// ---- what the preloaded library brings about ----

const NAMES = ['n_allocations', 'fail_from', 'fail_until', 'n_writes', 'short_from', 'short_until'];

class Numbers {
  constructor(stage) {
    this.file = join(stage.world.folder, 'hardship');
    this.fd = openSync(this.file, 'w+');
    for (const name of NAMES) this.set(name, 0);
    const { LD_PRELOAD: calendar } = stage.world.calendar.environment;
    this.how = { env: { LD_PRELOAD: `${calendar} ${binary('tests/crash/hardship.so')}`, FENQI_HARDSHIP: this.file } };
  }

  get(name) {
    const bytes = Buffer.alloc(8);
    readSync(this.fd, bytes, 0, 8, 8 * NAMES.indexOf(name));
    return Number(bytes.readBigInt64LE());
  }

  set(name, n) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(n));
    writeSync(this.fd, bytes, 0, 8, 8 * NAMES.indexOf(name));
  }

  /** Nothing fails any more. */
  close() {
    this.set('fail_from', 0);
    this.set('short_from', 0);
    closeSync(this.fd);
  }
}

const shortWrites = {
  name: 'writes cut short',
  expects: 'lives',
  begin: async (stage) => {
    const numbers = new Numbers(stage);
    await stage.begin(numbers.how, true);
    numbers.set('short_until', 1e9);
    numbers.set('short_from', 1);
    return numbers;
  },
};

/** `share` of the day's allocations are behind it; `n` of them fail, one after the other. */
const noMemory = (share, n) => ({
  name: `no memory for ${n} allocation${n > 1 ? 's' : ''}, at ${Math.round(100 * share)} % of the day`,
  begin: async (stage) => {
    stage.nAllocations ??= await allocationsOf(stage);
    const numbers = new Numbers(stage);
    await stage.begin(numbers.how, true);
    const from = numbers.get('n_allocations') + 1 + Math.floor(share * stage.nAllocations);
    numbers.set('fail_until', from + n);
    numbers.set('fail_from', from);
    return numbers;
  },
});

async function allocationsOf(stage) {
  const numbers = new Numbers(stage);
  await stage.begin(numbers.how);
  const before = numbers.get('n_allocations');
  await live(stage);
  const after = numbers.get('n_allocations');
  numbers.close();
  return after - before;
}

export const HARDSHIPS = [
  ...FAILURES.map(failure),
  ...STARTS.map(atStart),
  shortWrites,
  ...Array.from({ length: ALLOCATIONS }, (_, i) => noMemory((i + 0.5) / ALLOCATIONS, i % 4 === 3 ? 50 : 1)),
];

// ---- one day ----

export async function endure(stage, { begin, expects }) {
  const cause = await begin(stage);
  await live(stage, { evening: async () => {
    await (cause?.signal ? cause.signal('SIGTERM') : cause?.close());
    stage.isHard = false;
  } });
  if (expects === 'lives' && stage.nDeaths > 0) stage.violate('day', `fenqid did not outlive it:\n${stage.log.slice(-1500)}`);
  if (expects === 'ends' && stage.nDeaths !== 1) stage.violate('day', `fenqid ended ${stage.nDeaths} times in place of once`);
  return stage.nDeaths > 0 ? 'ok, ended and came back' : 'ok, lived through it';
}
