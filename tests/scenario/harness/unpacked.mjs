// SPDX-License-Identifier: Apache-2.0
// Programs of Debian's that are not installed: their packages stand unpacked below build/.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../unpacked.sh', import.meta.url));

/** The folder in which they stand as below /. */
export const unpacked = (name, ...packages) =>
  execFileSync('sh', [script, name, ...packages], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
