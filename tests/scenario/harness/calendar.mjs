// SPDX-License-Identifier: Apache-2.0
// Lets fenqid's calendar run ahead (calendar.c), so that what expires expires without waiting for it.
import { closeSync, openSync, writeSync } from 'node:fs';

export class Calendar {
  aheadMs = 0;

  constructor(library, file) {
    this.library = library;
    this.file = file;
    closeSync(openSync(file, 'w'));
    this.advance(0);
  }

  advance(ms) {
    this.aheadMs += ms;
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(this.aheadMs) * 1_000_000n);
    const fd = openSync(this.file, 'r+'); /* in place: fenqid has the file mapped */
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
  }

  /** A preloaded library comes before the sanitizers' own, which they mind. */
  get environment() {
    const asan = [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':');
    return { LD_PRELOAD: this.library, FENQI_CALENDAR: this.file, ASAN_OPTIONS: asan };
  }
}
