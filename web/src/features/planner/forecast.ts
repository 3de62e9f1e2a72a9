// SPDX-License-Identifier: Apache-2.0
// The forecast: rows as typed, and what is read from pasted or uploaded text. Pure.

export interface ForecastRow { time: string; calls: number; agents: number }
export interface Forecast { rows: ForecastRow[]; interval_ms: number }

/** What is wrong with a text, and where; line 0: the whole of it. */
export class ForecastProblem extends Error {
  constructor(readonly why: 'no_rows' | 'no_time' | 'no_number' | 'too_many', readonly line = 0) {
    super(why)
    this.name = 'ForecastProblem'
  }
}

export const ROWS_MAX = 288
export const CALLS_MAX = 100_000
export const AGENTS_MAX = 5_000
const MINUTE_MS = 60_000

/** "2003-03-03T07:05:00" and "7:05" are 425. */
function minuteOfDay(text: string): number | null {
  const match = /(?:^|[T ])(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/.exec(text.trim())
  if (!match) return null
  const hour = Number(match[1])
  const minute = Number(match[2])
  return hour < 24 && minute < 60 ? hour * 60 + minute : null
}

export function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60) % 24).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

function numberIn(text: string, most: number): number | null {
  const value = text.trim() === '' ? NaN : Number(text.trim())
  return Number.isFinite(value) && value >= 0 && value <= most ? value : null
}

/**
 * Rows of "time,calls" or "time,calls,agents", with or without a heading; what a spreadsheet copies (tabs) too. With dates
 * in front of the times the days are averaged. The interval is what lies between the first two times; 30 minutes for one.
 */
export function parseForecast(text: string): Forecast {
  const minutes = new Map<number, { calls: number; agents: number; days: number }>()
  text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line.trim() === '') return
    const cells = line.split(line.includes('\t') ? '\t' : line.includes(';') ? ';' : ',')
    const minute = minuteOfDay(cells[0] ?? '')
    if (minute === null) {
      if (index === 0) return // the heading
      throw new ForecastProblem('no_time', index + 1)
    }
    const calls = numberIn(cells[1] ?? '', CALLS_MAX)
    const agents = cells.length > 2 && cells[2]!.trim() !== '' ? numberIn(cells[2]!, AGENTS_MAX) : 0
    if (calls === null || agents === null || cells.length > 3) throw new ForecastProblem('no_number', index + 1)
    const sum = minutes.get(minute) ?? { calls: 0, agents: 0, days: 0 }
    minutes.set(minute, { calls: sum.calls + calls, agents: sum.agents + agents, days: sum.days + 1 })
  })
  if (minutes.size === 0) throw new ForecastProblem('no_rows')
  if (minutes.size > ROWS_MAX) throw new ForecastProblem('too_many')
  const ordered = [...minutes].sort(([a], [b]) => a - b)
  const step = ordered.length > 1 ? ordered[1]![0] - ordered[0]![0] : 30
  return {
    interval_ms: Math.min(60, Math.max(1, step)) * MINUTE_MS,
    rows: ordered.map(([minute, sum]) => ({ time: clockOf(minute), calls: round(sum.calls / sum.days), agents: Math.round(sum.agents / sum.days) })),
  }
}

const round = (value: number) => Math.round(value * 100) / 100

/** Longer intervals: calls are added, agents are the most of those joined. Shorter ones there are none of. */
export function joinIntervals(forecast: Forecast, interval_ms: number): Forecast {
  if (interval_ms <= forecast.interval_ms) return forecast
  const joined = new Map<number, ForecastRow>()
  const size = interval_ms / MINUTE_MS
  forecast.rows.forEach((row, index) => {
    const minute = minuteOfDay(row.time)
    const start = minute === null ? index : Math.floor(minute / size) * size
    const into = joined.get(start)
    joined.set(start, {
      time: minute === null ? row.time : clockOf(start),
      calls: round((into?.calls ?? 0) + row.calls),
      agents: Math.max(into?.agents ?? 0, row.agents),
    })
  })
  return { rows: [...joined.values()], interval_ms }
}

/** A working day to begin with: two peaks. */
export function exampleForecast(): Forecast {
  const calls = [140, 190, 240, 260, 250, 210, 160, 150, 180, 210, 220, 200, 180, 160, 140, 120]
  return { interval_ms: 30 * MINUTE_MS, rows: calls.map((value, index) => ({ time: clockOf(9 * 60 + index * 30), calls: value, agents: Math.ceil((value * 240) / 1800 + 5) })) }
}

/** As a CSV file, with what came of it. */
export function csvOf(header: string[], rows: (string | number)[][]): string {
  const cell = (value: string | number) => (typeof value === 'string' && /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value))
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\n') + '\n'
}
