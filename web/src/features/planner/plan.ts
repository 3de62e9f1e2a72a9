// SPDX-License-Identifier: Apache-2.0
// From the form to the request, and what the figures mean. Pure.
import type { Plan } from '@/api/types'
import type { Forecast } from './forecast'

/** As people set it: seconds, percent. */
export interface PlanForm {
  talk_s: number
  wrap_up_s: number
  patience_s: number
  threshold_s: number
  variation: number
  blocking_percent: number
  days: number
  by_goal: boolean
  goal_percent: number
}

export const CALLS_SIMULATED_MAX = 1_000_000
const DAYS_MAX = 200

export function usualForm(): PlanForm {
  return { talk_s: 180, wrap_up_s: 30, patience_s: 180, threshold_s: 20, variation: 0, blocking_percent: 1, days: 20, by_goal: true, goal_percent: 80 }
}

export function callsOf(forecast: Forecast): number {
  return forecast.rows.reduce((sum, row) => sum + row.calls, 0)
}

/** As many days as are allowed for this forecast, at most those wished. */
export function daysFor(forecast: Forecast, wished: number): number {
  const calls = callsOf(forecast)
  const most = calls > 0 ? Math.floor(CALLS_SIMULATED_MAX / calls) : DAYS_MAX
  return Math.max(1, Math.min(Math.round(wished), most, DAYS_MAX))
}

export function requestOf(form: PlanForm, forecast: Forecast): Plan {
  const ms = (seconds: number) => Math.round(seconds * 1000)
  return {
    rows: forecast.rows.map((row) => ({ time: row.time, calls: row.calls, agents: form.by_goal ? 0 : Math.round(row.agents) })),
    interval_ms: forecast.interval_ms,
    handling_ms: ms(form.talk_s),
    wrap_up_ms: ms(form.wrap_up_s),
    patience_ms: ms(form.patience_s),
    threshold_ms: ms(form.threshold_s),
    handling_variation: form.variation,
    goal: form.by_goal ? form.goal_percent / 100 : null,
    blocking: form.blocking_percent / 100,
    days: daysFor(forecast, form.days),
    seed: 1,
  }
}

/** What keeps the plan from being computed, or null. */
export function obstacle(form: PlanForm, forecast: Forecast): 'no_calls' | 'no_agents' | null {
  if (!(callsOf(forecast) > 0)) return 'no_calls'
  if (!form.by_goal && !forecast.rows.some((row) => row.agents > 0)) return 'no_agents'
  return null
}

/** Against the goal, 80 % where there is none: reached, nearly, or not. */
export function levelAgainst(level: number, goal: number | null): 'good' | 'warn' | 'bad' {
  const wanted = goal ?? 0.8
  return level >= wanted - 0.02 ? 'good' : level >= wanted - 0.1 ? 'warn' : 'bad'
}
