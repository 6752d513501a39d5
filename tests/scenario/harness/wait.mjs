// SPDX-License-Identifier: Apache-2.0
// Waits for conditions, never for time.
import { setTimeout as pause } from 'node:timers/promises';

/** How much slower than a release build everything may be. */
export const SLOWNESS = Number(process.env.FENQI_SLOWNESS ?? 1);

/**
 * Calls `condition` until it returns something true, and returns that. What it throws counts as
 * "not yet"; the last of it is told if the time runs out.
 */
export async function until(what, condition, withinMs = 10_000) {
  const end = Date.now() + withinMs * SLOWNESS;
  for (let last; ; ) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end)
      throw new Error(`waited in vain: ${what}${last ? ` (${last.message})` : ''}`, { cause: last });
    await pause(20);
  }
}
