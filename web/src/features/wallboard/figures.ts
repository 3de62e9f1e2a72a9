// SPDX-License-Identifier: Apache-2.0
// Figures of the wallboard that are computed from what the server sends, and the limits that colour them.
import type { Wallboard, WallboardAlarm, WallboardQueue } from '@/api/types'

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

const LEVEL_GOOD = 0.8
const LEVEL_WARN = 0.7

export function levelTone(level: number | null | undefined): Tone {
  if (level == null) return 'plain'
  return level >= LEVEL_GOOD ? 'good' : level >= LEVEL_WARN ? 'warn' : 'bad'
}

/** The server's judgement where it has limits; an older one sends none. */
export function toneOf(tones: Record<string, 'warn' | 'bad'> | undefined, figure: string, else_tone: Tone = 'plain'): Tone {
  return tones ? (tones[figure] ?? 'plain') : else_tone
}

/** Within the service level's time all is well; past it somebody should look, past three times somebody must act. */
export function waitTone(wait_ms: number, threshold_s: number): Tone {
  if (wait_ms <= 0) return 'plain'
  const seconds = wait_ms / 1000
  return seconds > threshold_s * 3 ? 'bad' : seconds > threshold_s ? 'warn' : 'plain'
}

/** The longest wait grows between two pushes: the board is a second old at most, or as old as the connection is lost. */
export function runningWait(queue: Pick<WallboardQueue, 'waiting' | 'longest_wait_ms'>, at_ms: number, now_ms: number): number {
  return queue.waiting > 0 ? queue.longest_wait_ms + Math.max(0, now_ms - at_ms) : 0
}

export interface Totals { waiting: number; longest_ms: number; offered: number; answered: number; abandoned: number; level: number | null }

/** Over all queues; the service level weighs each queue by its calls, as if they were one queue. */
export function totals(board: Wallboard, now_ms: number): Totals {
  const sum: Totals = { waiting: 0, longest_ms: 0, offered: 0, answered: 0, abandoned: 0, level: null }
  let within = 0
  let counted = 0
  for (const queue of board.queues) {
    sum.waiting += queue.waiting
    sum.longest_ms = Math.max(sum.longest_ms, runningWait(queue, board.at_ms, now_ms))
    sum.offered += queue.offered
    sum.answered += queue.answered
    sum.abandoned += queue.abandoned
    if (queue.service_level != null) {
      within += queue.service_level * (queue.answered + queue.abandoned)
      counted += queue.answered + queue.abandoned
    }
  }
  sum.level = counted > 0 ? within / counted : null
  return sum
}

/** Whether an alarm that rings is there now and was not before. */
export function newlyRinging(before: readonly WallboardAlarm[], now: readonly WallboardAlarm[]): boolean {
  const key = (alarm: WallboardAlarm) => `${alarm.kind} ${alarm.scope} ${alarm.figure}`
  const known = new Set(before.filter((alarm) => alarm.ring).map(key))
  return now.some((alarm) => alarm.ring && !known.has(key(alarm)))
}
