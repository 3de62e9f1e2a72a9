// SPDX-License-Identifier: Apache-2.0
// What the board showed while this page was open, one point every five seconds for half an hour.
import { ref, type Ref } from 'vue'
import type { Wallboard } from '@/api/types'

export interface TrendPoint { at_ms: number; waiting: number; talking: number }

const EVERY_MS = 5_000
const POINTS_MAX = 360
const SPAN_MIN_MS = 5 * 60_000

/** Kept outside the component: a look at another page must not empty the chart. */
const points = ref<TrendPoint[]>([])

export function addPoint(list: TrendPoint[], board: Pick<Wallboard, 'at_ms' | 'queues' | 'calls'>): TrendPoint[] {
  const last = list.at(-1)
  if (last && board.at_ms - last.at_ms < EVERY_MS) return list
  const waiting = board.queues.reduce((sum, queue) => sum + queue.waiting, 0)
  return [...list, { at_ms: board.at_ms, waiting, talking: board.calls.talking }].slice(-POINTS_MAX)
}

/** The time axis: from the first point on, at least five minutes wide, so that one point is not drawn on an axis of days. */
export function span(list: TrendPoint[], now_ms: number): { min: number; max: number } {
  const min = list[0]?.at_ms ?? now_ms
  return { min, max: Math.max(list.at(-1)?.at_ms ?? now_ms, min + SPAN_MIN_MS) }
}

export function useTrend(): { points: Ref<TrendPoint[]>; add: (board: Wallboard) => void } {
  return { points, add: (board) => { points.value = addPoint(points.value, board) } }
}
