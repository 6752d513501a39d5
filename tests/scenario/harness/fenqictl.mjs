// SPDX-License-Identifier: Apache-2.0
// Runs fenqictl against a world's daemon.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { SLOWNESS } from './wait.mjs';
import { binary } from './world.mjs';

/** `words` are the command with its arguments; it must end with `expected`. */
export const run = (words, expected = 0) => new Promise((resolve, reject) => {
  execFile(binary('fenqictl'), words, { encoding: 'utf8', timeout: 60_000 * SLOWNESS, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
    const status = error ? error.code : 0;
    if (status !== expected) reject(new Error(`fenqictl ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`));
    else resolve({ stdout, stderr, json: words.includes('--json') && stdout ? JSON.parse(stdout) : undefined });
  });
});

/** The same with the world's configuration. */
export const ctl = (world, words, expected) => run([...words, '-c', join(world.folder, 'fenqid.conf')], expected);
