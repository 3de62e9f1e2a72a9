// SPDX-License-Identifier: Apache-2.0
// Counts of open orders added up by department or by type, the worst first.
import type { OrderStanding } from '@/api/types'

export const LEVELS = ['department_head', 'service_supervisor', 'general_manager'] as const
export type Level = (typeof LEVELS)[number]
export interface Sum { key: string; open: number; overdue: number; at_risk: number; levels: Record<Level, number> }

const empty = (key: string): Sum => ({ key, open: 0, overdue: 0, at_risk: 0, levels: { department_head: 0, service_supervisor: 0, general_manager: 0 } })

function add(sum: Sum, one: OrderStanding): void {
  sum.open += one.open
  sum.overdue += one.overdue
  sum.at_risk += one.at_risk
  if (one.level) sum.levels[one.level] += one.open
}

export function total(items: readonly OrderStanding[]): Sum {
  const all = empty('')
  for (const one of items) add(all, one)
  return all
}

export function summed(items: readonly OrderStanding[], by: 'lead' | 'type'): Sum[] {
  const rows = new Map<string, Sum>()
  for (const one of items) {
    const key = one[by] ?? ''
    const row = rows.get(key) ?? empty(key)
    rows.set(key, row)
    add(row, one)
  }
  return [...rows.values()].sort((a, b) => b.overdue - a.overdue || b.at_risk - a.at_risk || b.open - a.open || a.key.localeCompare(b.key))
}

/** In percent of what is open. */
export function shares(row: Pick<Sum, 'open' | 'overdue' | 'at_risk'>): { overdue: number; at_risk: number } {
  const of = (count: number) => (row.open > 0 ? Math.round((count * 1000) / row.open) / 10 : 0)
  return { overdue: of(row.overdue), at_risk: of(row.at_risk) }
}
