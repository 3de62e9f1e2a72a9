// SPDX-License-Identifier: Apache-2.0
// A list of orders as the address names it and as the API is asked for it. What stands in the address can be saved.
import type { OrderQuery } from '@/api/client'
import type { Order } from '@/api/types'

export const VIEWS = ['to_tell', 'mine', 'department', 'accepted', 'today', 'overdue', 'due', 'all'] as const
export type View = (typeof VIEWS)[number]
/** Of staff who are not of the hotline. */
export const DEPARTMENT_VIEWS: readonly View[] = ['department', 'accepted', 'today', 'overdue']

export interface Filters { view: View; department: string; type: string; state: string; search: string; lead: string; level: string; show: 'table' | 'board' }
export const PAGE = 50

type RouteQuery = Record<string, unknown>
const text = (value: unknown) => (typeof value === 'string' ? value : '')

export function filtersOf(query: RouteQuery, views: readonly View[]): Filters {
  return {
    view: views.find((one) => one === query.view) ?? views[0]!,
    department: text(query.department), type: text(query.type), state: text(query.state), search: text(query.search), lead: text(query.lead), level: text(query.level),
    show: query.show === 'board' ? 'board' : 'table',
  }
}

/** Only what says something: addresses stay short, and so do saved views. */
export function settingsOf(filters: Filters): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([key, value]) => value !== '' && !(key === 'show' && value === 'table')))
}

/** The end of the reader's day. */
export function endOfDay(now: number): number {
  const date = new Date(now)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
}

/** `whole_department`: the reader is not of the hotline, and must name a department of theirs. */
export function queryOf(filters: Filters, me: string, now: number, whole_department: boolean): OrderQuery {
  const query: OrderQuery = { limit: PAGE, sort: 'due' }
  const { view, department } = filters
  if (view === 'to_tell') Object.assign(query, { owner_id: me, to_tell: 'true' })
  if (view === 'mine') Object.assign(query, { owner_id: me, closed: 'false' })
  if (view === 'accepted') Object.assign(query, { handler_id: me })
  if (view === 'department' || (whole_department && (view === 'today' || view === 'overdue'))) query.department = department
  if (view === 'today') Object.assign(query, { closed: 'false', due_before_ms: endOfDay(now) })
  if (view === 'overdue') Object.assign(query, { closed: 'false', due_before_ms: now })
  if (view === 'due') query.closed = 'false'
  if (view === 'all') query.sort = 'newest'
  for (const key of ['type', 'state', 'search', 'lead'] as const) if (filters[key]) query[key] = filters[key]
  if (filters.level) query.level = Number(filters.level)
  // Words are looked for newest first unless something else narrows the list; the pages must follow the same order.
  const narrow = query.owner_id || query.handler_id || query.department
  if (query.search && !narrow) query.sort = 'newest'
  return query
}

/** What follows `last` in the same list. */
export function nextPage(query: OrderQuery, last: Order): OrderQuery {
  if (query.sort !== 'due') return { ...query, before_id: last.id }
  return { ...query, after_id: last.id, ...(last.due_ms ? { after_due_ms: last.due_ms } : {}) }
}

export type Urgency = 'overdue' | 'today' | 'later' | 'none'
export function urgencyOf(order: Pick<Order, 'due_ms' | 'closed'>, now: number): Urgency {
  if (order.closed || !order.due_ms) return 'none'
  return order.due_ms < now ? 'overdue' : order.due_ms < endOfDay(now) ? 'today' : 'later'
}
