// SPDX-License-Identifier: Apache-2.0
// Growing waits between tries to reconnect, with jitter so that 150 desks do not come back in the same instant.

/** Milliseconds to wait before try number `attempt` (from 0): 0.5 s doubling to 15 s, ±20 %. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.round(base * (0.8 + 0.4 * random()))
}
