// SPDX-License-Identifier: Apache-2.0
// Days on which calls fail instead: a full disk that empties, a broken one, a bad network, no memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from '../scenario/harness/storefront.mjs';
import { live, wish } from './day.mjs';
import { Numbers, allocationsOf, failAgain } from './memory.mjs';

/**
 * What strace brings about: the calls fail `row` times in a row, on one day from the first of them on, on the next from
 * the `every`-th after it, and so on to the last of the scene (see points.mjs). `expects`: what fenqid does of it, where
 * that is certain. In the scenes other than the day itself any thread is meant.
 */
const KINDS = [
  { name: 'a full disk that empties', scene: 'serve', thread: 'fenqid-store', call: 'pwrite64', error: 'ENOSPC', row: 26, every: 6, expects: 'lives' },
  { name: 'a disk that fails to write', scene: 'serve', thread: 'fenqid-store', call: 'pwrite64', error: 'EIO', every: 6, expects: 'ends' },
  { name: 'a disk that fails to sync', scene: 'serve', thread: 'fenqid-store', call: 'fdatasync', error: 'EIO', every: 1, expects: 'ends' },
  { name: 'a full disk, seen when it syncs', scene: 'serve', thread: 'fenqid-store', call: 'fdatasync', error: 'ENOSPC', every: 2, expects: 'ends' },
  { name: 'a ledger that cannot be locked', scene: 'serve', thread: 'fenqid-store', call: 'fcntl', error: 'ENOLCK', every: 20 },
  { name: 'a disk that fails to read', scene: 'serve', thread: 'fenqid-read', call: 'pread64', error: 'EIO', row: 3, every: 6, expects: 'lives' },
  { name: 'a ledger that cannot be locked', scene: 'serve', thread: 'fenqid-read', call: 'fcntl', error: 'ENOLCK', every: 20, expects: 'lives' },
  { name: 'connections reset while sending', scene: 'serve', thread: 'fenqid-net', call: 'sendto', error: 'ECONNRESET', every: 1, expects: 'lives' },
  { name: 'connections reset while receiving', scene: 'serve', thread: 'fenqid-net', call: 'recvfrom', error: 'ECONNRESET', every: 4, expects: 'lives' },
  { name: 'browsers that go away', scene: 'serve', thread: 'MHD-single', call: 'sendmsg', error: 'EPIPE', every: 1, expects: 'lives' },
  { name: 'browsers that go away', scene: 'serve', thread: 'MHD-single', call: 'sendto', error: 'EPIPE', every: 1, expects: 'lives' },
  { name: 'browsers that go away', scene: 'serve', thread: 'MHD-single', call: 'recvfrom', error: 'ECONNRESET', every: 3, expects: 'lives' },
  { name: 'no descriptors for browsers', scene: 'serve', thread: 'MHD-single', call: 'accept4', error: 'EMFILE', row: 3, every: 3, expects: 'lives' },
  { name: 'shops that go away', scene: 'serve', thread: 'ZMQbg/IO/0', call: 'sendto', error: 'ECONNRESET', every: 5, expects: 'lives' },
  { name: 'shops that go away', scene: 'serve', thread: 'ZMQbg/IO/0', call: 'recvfrom', error: 'ECONNRESET', every: 5, expects: 'lives' },
  { name: 'a full disk at the first start', scene: 'start', call: 'pwrite64', error: 'ENOSPC', row: 200, every: 6 },
  { name: 'a disk that fails to sync at the first start', scene: 'start', call: 'fdatasync', error: 'EIO', every: 1 },
  { name: 'a full disk after a crash', scene: 'noon', call: 'pwrite64', error: 'ENOSPC', row: 26, every: 40 },
  { name: 'a disk that fails to read after a crash', scene: 'noon', call: 'pread64', error: 'EIO', every: 8 },
  { name: 'a disk that fails to sync after a crash', scene: 'noon', call: 'fdatasync', error: 'EIO', every: 3 },
  { name: 'no descriptors after a crash', scene: 'noon', call: 'openat', error: 'EMFILE', every: 8 },
  { name: 'a full disk when it stops', scene: 'evening', call: 'pwrite64', error: 'ENOSPC', row: 26, every: 3 },
  { name: 'a disk that fails to sync when it stops', scene: 'evening', call: 'fdatasync', error: 'EIO', every: 1 },
];

/** Calls that fail all day long, now and then: `when` as strace understands it. */
const SERIES = [
  ['a full disk that fills again and again', 'fenqid-store', 'pwrite64', 'ENOSPC', '40..400+7'],
  ['interrupted writes', 'fenqid-store', 'pwrite64', 'EINTR', '10..400+9'],
  ['interrupted reads', 'fenqid-read', 'pread64', 'EINTR', '3..100+5'],
  ['an interrupted platform', 'fenqid-net', 'sendto,recvfrom,poll', 'EINTR', '2..60+3'],
  ['interrupted shops', 'ZMQbg/IO/0', 'sendto,recvfrom,epoll_wait', 'EINTR', '5..90+11'],
  ['an interrupted web side', 'MHD-single', 'recvfrom,sendmsg,epoll_wait', 'EINTR', '2..40+5'],
  ['an interrupted loop', 'fenqid', 'poll', 'EINTR', '5..900+50'],
  ['a platform that refuses connections', 'fenqid-net', 'connect', 'ECONNREFUSED', '1..4'],
  ['a platform that is nowhere', 'fenqid-net', 'connect', 'ENETUNREACH', '1..4'],
  ['no descriptors for the platform', 'fenqid-net', 'socket', 'EMFILE', '1..4'],
].map(([name, thread, call, error, when]) => ({ name, scene: 'serve', thread, call, error, when, expects: 'lives' }));

const SHARES = 20; /* of a day's allocations: most end fenqid, as it is written */
const SHORT_EVERY = 24; /* writes, of which one finds the disk full halfway */
const PAYMENTS = 6; /* of a day without room */

// ---- what strace brings about ----

const nameOf = ({ name, scene, thread, call, error, when }) => `${name} (${scene}${thread ? ` ${thread}` : ''} ${call} ${error} ${when})`;
const NAMED = /^(.+) \((\w+) (?:(\S+) )?(\S+) (E[A-Z]+) (\S+)\)$/;

/** It is begun where its scene begins; returns what has to end before the last comparison. */
function traced(failing) {
  const { scene, thread = 'fenqid', call, error, when, expects } = failing;
  const options = (stage) => {
    const inject = call.split(',').flatMap((one) => ['-e', `inject=${one}:error=${error}:when=${when}`]);
    return ['-e', `trace=${call}`, ...inject, '-o', join(stage.world.folder, 'hardship.strace')];
  };
  const cause = (stage, tracer) => ({
    end: () => tracer?.signal('SIGTERM'),
    get isHit() {
      return readFileSync(join(stage.world.folder, 'hardship.strace'), 'utf8').includes('(INJECTED)');
    },
  });
  const wrap = (stage) => ({ wrap: ['strace', '-D', '-f', '-q', ...options(stage)] });
  return { name: nameOf(failing), scene, expects, begin: async (stage) => {
    if (scene === 'start') await stage.begin(wrap(stage), true);
    else if (scene === 'noon') await stage.crash(wrap(stage));
    else if (scene === 'serve') return cause(stage, await stage.trace(thread, options(stage)));
    else {
      const tracer = await stage.trace(thread, ['-f', ...options(stage)]);
      await stage.reboot();
      return cause(stage, tracer);
    }
    return cause(stage);
  } };
}

function daysOf({ row = 1, every, ...kind }, scenes) {
  const count = scenes[kind.scene].get(kind.thread ?? '')?.get(kind.call) ?? 0;
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => {
    const from = 1 + i * every;
    return traced({ ...kind, when: row > 1 ? `${from}..${from + row - 1}` : `${from}` });
  });
}

// ---- what the preloaded library brings about ----

/** `begun`: once fenqid serves; `before`: from its first moment. */
const preloaded = (name, { expects, before, begun }) => ({ name, scene: 'start', expects, begin: async (stage) => {
  const numbers = new Numbers(stage);
  before?.(numbers);
  await stage.begin(numbers.how, true);
  begun?.(numbers);
  return numbers;
} });

const shortWrites = preloaded('writes cut short', { expects: 'lives', begun: (numbers) => {
  numbers.set('short_until', 1e9);
  numbers.set('short_from', 1);
} });

/** Half of the `n`-th write of the day goes to the disk, and nothing of the next ones. */
const fullHalfway = (n) => preloaded(`a disk that is full halfway through write ${n}`, { expects: 'lives', begun: (numbers) => {
  const at = numbers.get('n_writes') + n;
  numbers.set('full_until', at + 26);
  numbers.set('full_from', at);
} });

/** `share` of the day's `total` allocations are behind it; `n` of them fail, one after the other. */
const noMemory = (total, share, n) => preloaded(`no memory for ${n} allocation${n > 1 ? 's' : ''}, at ${Math.round(100 * share)} % of the day`, {
  begun: (numbers) => {
    const from = numbers.get('n_allocations') + 1 + Math.floor(share * total);
    numbers.set('fail_until', from + n);
    numbers.set('fail_from', from);
  },
});

const noMemoryAt = (library, site, nth) => preloaded(`no memory for ${library} (site ${site} ${nth})`, { before: (numbers) => {
  numbers.set('fail_nth', nth);
  numbers.set('fail_site', `0x${site}`);
} });
const SITE = /^no memory for (\S+) \(site (\w+) (\d+)\)$/;

// ---- all of them ----

/** Every one, of days that were counted: `scenes`, see points.mjs. */
export async function hardshipsOf(stage, scenes) {
  const { n, sites } = await allocationsOf(stage);
  const nWrites = scenes.serve.get('fenqid-store').get('pwrite64');
  return [
    ...KINDS.flatMap((kind) => daysOf(kind, scenes)),
    ...SERIES.map(traced),
    shortWrites,
    ...Array.from({ length: Math.floor(nWrites / SHORT_EVERY) }, (_, i) => fullHalfway(1 + i * SHORT_EVERY)),
    ...Array.from({ length: SHARES }, (_, i) => noMemory(n, (i + 0.5) / SHARES, i % 4 === 3 ? 50 : 1)),
    /* The one in the middle of all that the site asks for. */
    ...sites.map((site) => noMemoryAt(site.library, site.name, Math.ceil(site.n / 2))),
  ];
}

/** One by its whole name, as a report has it; undefined if it must be looked for among all. */
export function hardshipNamed(text) {
  const [, library, site, nth] = SITE.exec(text) ?? [];
  if (site) return noMemoryAt(library, site, Number(nth));
  const [, name, scene, thread, call, error, when] = NAMED.exec(text) ?? [];
  const kind = [...KINDS, ...SERIES].find((one) => one.name === name);
  return kind && traced({ name, scene, thread, call, error, when, expects: kind.expects });
}

// ---- one day ----

/** Begun with the day, at noon, or in the evening; returns in words what came of it. */
export async function endure(stage, { scene, begin, expects }) {
  let cause;
  const begins = async () => {
    stage.isHard = true;
    cause = await begin(stage);
  };
  if (scene !== 'start') await stage.begin();
  if (scene === 'start' || scene === 'serve') await begins();
  await live(stage, {
    noon: scene === 'noon' ? begins : undefined,
    evening: async () => {
      if (scene === 'evening') await begins();
      await cause.end();
      stage.isHard = false;
    },
  });
  const { isHit } = cause;
  cause.close?.();
  if (!isHit) return 'ok, but not reached';
  if (expects === 'lives' && stage.nDeaths > 0) stage.violate('day', `fenqid did not outlive it:\n${stage.log.slice(-1500)}`);
  if (expects === 'ends' && stage.nDeaths !== 1) stage.violate('day', `fenqid ended ${stage.nDeaths} times in place of once`);
  return stage.nDeaths > 0 ? 'ok, ended and came back' : 'ok, lived through it';
}

// ---- a short one, to prove that a bug would be found ----

/** What makes the next payment fail, called before each but the first. */
const LACKS = {
  disk: (numbers) => () => {
    numbers.set('full_until', 1e9);
    numbers.set('full_from', numbers.get('n_writes') + 1);
  },
  memory: (numbers) => failAgain(numbers, 'libsqlite3'),
};

/** Some payments are asked for while there is no room on the disk, or none in memory for SQLite; then fenqid dies. */
export async function dieWithoutRoom(stage, where) {
  const numbers = new Numbers(stage);
  numbers.set('counts_sites', 1);
  await stage.begin(numbers.how, true);
  const lack = LACKS[where](numbers);
  for (let n = 0; n < PAYMENTS && !stage.isDead; n++) {
    if (n > 0) lack();
    await stage.ask('create', await wish(stage)).catch((error) => {
      if (!stage.isDead && !(error instanceof Refused && error.may_repeat)) throw error;
    });
  }
  if (!numbers.isHit) stage.violate('day', 'nothing failed');
  numbers.close();
  await stage.die();
}
