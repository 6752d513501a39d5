// SPDX-License-Identifier: Apache-2.0
// The numbers that a fenqid shares with its preloaded hardship.so: what shall fail, and what has.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from '../scenario/harness/world.mjs';
import { live } from './day.mjs';

/* As struct hardship in hardship.c. */
const NAMES = ['n_allocations', 'fail_from', 'fail_until', 'n_writes', 'short_from', 'short_until', 'full_from', 'full_until',
  'counts_sites', 'fail_site', 'fail_nth', 'n_hits'];
const SITES_MAX = 4096;
const SITE_SIZE = 40;
const LIBRARY_AT = 16;

export class Numbers {
  constructor(stage) {
    this.file = join(stage.world.folder, 'hardship');
    this.fd = openSync(this.file, 'w+');
    ftruncateSync(this.fd, 8 * NAMES.length + SITE_SIZE * SITES_MAX);
    const { LD_PRELOAD: calendar } = stage.world.calendar.environment;
    this.how = { env: { LD_PRELOAD: `${calendar} ${binary('tests/crash/hardship.so')}`, FENQI_HARDSHIP: this.file } };
  }

  #read(size, at) {
    const bytes = Buffer.alloc(size);
    readSync(this.fd, bytes, 0, size, at);
    return bytes;
  }

  get(name) {
    return Number(this.#read(8, 8 * NAMES.indexOf(name)).readBigInt64LE());
  }

  set(name, n) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(n));
    writeSync(this.fd, bytes, 0, 8, 8 * NAMES.indexOf(name));
  }

  /** Whether anything was made to fail. */
  get isHit() {
    return this.get('n_hits') > 0;
  }

  /** The places that allocated: { name: in hexadecimal, n: how often, library }. */
  sites() {
    const table = this.#read(SITE_SIZE * SITES_MAX, 8 * NAMES.length);
    return Array.from({ length: SITES_MAX }, (_, i) => table.subarray(i * SITE_SIZE, (i + 1) * SITE_SIZE))
      .filter((line) => line.readBigUInt64LE() !== 0n)
      .map((line) => ({
        name: line.readBigUInt64LE().toString(16),
        n: Number(line.readBigInt64LE(8)),
        library: line.toString('utf8', LIBRARY_AT, line.indexOf(0, LIBRARY_AT)),
      }));
  }

  /** Nothing fails any more. */
  end() {
    for (const name of NAMES.filter((one) => one.endsWith('_from') || one === 'fail_site')) this.set(name, 0);
  }

  close() {
    closeSync(this.fd);
  }
}

/**
 * Each time it is told to, lets an allocation of `library` fail that is still to come: the last one of those that the
 * same work has made since the time before.
 */
export function failAgain(numbers, library) {
  let before = new Map();
  return () => {
    const sites = numbers.sites();
    const [most] = sites.filter((site) => site.library.startsWith(library))
      .map((site) => ({ ...site, more: site.n - (before.get(site.name) ?? 0) })).sort((one, other) => other.more - one.more);
    before = new Map(sites.map(({ name, n }) => [name, n]));
    numbers.set('fail_nth', most.n + most.more);
    numbers.set('fail_site', `0x${most.name}`);
  };
}

/** A day that nothing disturbs: how many allocations it makes, and which libraries' places make them. */
export async function allocationsOf(stage) {
  const numbers = new Numbers(stage);
  numbers.set('counts_sites', 1);
  await stage.begin(numbers.how);
  const before = numbers.get('n_allocations');
  await live(stage);
  const counted = { n: numbers.get('n_allocations') - before, sites: numbers.sites() };
  numbers.close();
  return counted;
}
