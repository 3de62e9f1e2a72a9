// SPDX-License-Identifier: Apache-2.0
// Days as the reader counts them: in this machine's time zone.

export function startOfDayMs(at_ms: number): number {
  const day = new Date(at_ms)
  day.setHours(0, 0, 0, 0)
  return day.getTime()
}

/** "2026-11-22" → its first millisecond here, or null when it is no date. */
export function dayMs(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return null
  const day = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  // JavaScript turns 30 February into 2 March; such a day is none.
  return dayText(day.getTime()) === text ? day.getTime() : null
}

export function dayText(at_ms: number): string {
  const day = new Date(at_ms)
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`
}

/** The first millisecond of the day after; not simply 24 hours later, for days on which clocks change. */
export function nextDayMs(start_ms: number): number {
  const day = new Date(start_ms)
  day.setDate(day.getDate() + 1)
  return startOfDayMs(day.getTime())
}
