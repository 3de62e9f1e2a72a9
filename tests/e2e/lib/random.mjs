// SPDX-License-Identifier: Apache-2.0
// Choices of a run that can be repeated: HOTLINE_LOAD_SEED, as far as the network's order allows.
import process from 'node:process'

export const seed = Number(process.env.HOTLINE_LOAD_SEED ?? Math.floor(Math.random() * 1e9))

/** mulberry32. */
let state = seed
export function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}
export const between = (least, most) => least + random() * (most - least)
export const oneOf = (list) => list[Math.floor(random() * list.length)]
