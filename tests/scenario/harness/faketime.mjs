// SPDX-License-Identifier: Apache-2.0
// Lets a program's calendar run ahead, so that what expires expires without waiting for it.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

export function fakeTimeEnvironment(file) {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DISABLE_SHM: '1',
  };
}

export function setFakeTime(file, aheadMs) {
  writeFileSync(`${file}.new`, `+${(aheadMs / 1000).toFixed(3)}\n`);
  renameSync(`${file}.new`, file);
}

/** Why the calendar of this build cannot be turned; undefined: it can. */
export function whyNoFakeTime(fenqid) {
  if (!existsSync(library)) return 'libfaketime is not installed (apt install faketime)';
  const tried = spawnSync(fenqid, ['--version'], { env: { ...process.env, LD_PRELOAD: library, FAKETIME: '+1000' }, timeout: 30_000 });
  return tried.status === 0 ? undefined : 'libfaketime does not work with this build (sanitizers)';
}
