// SPDX-License-Identifier: Apache-2.0
// Goal: a list is asked for as its address says, page after page in one order; figures add up; a crew's form gives back what it was given.
import { describe, expect, test } from 'vitest'
import type { CrewSettings, Order, OrderStanding } from '@/api/types'
import { draftOf, problemsOf, settingsOf as crewSettings } from '@/features/appointments/crew'
import { DEPARTMENT_VIEWS, endOfDay, filtersOf, nextPage, queryOf, settingsOf, urgencyOf, VIEWS } from '@/features/orders/filters'
import { shares, summed, total } from '@/features/standing/standing'

const NOON = new Date(2026, 10, 23, 12).getTime()
const filters = (query: Record<string, string>, views = VIEWS as readonly (typeof VIEWS)[number][]) => filtersOf(query, views)
const order = (part: Partial<Order>) => ({ id: '7', closed: false, ...part }) as Order

describe('lists of orders', () => {
  test('the address gives the list, and only what says something is kept', () => {
    const found = filters({ view: 'overdue', type: 'complaint', search: '裝機', show: 'board' })
    expect(settingsOf(found)).toEqual({ view: 'overdue', type: 'complaint', search: '裝機', show: 'board' })
    expect(settingsOf(filters({ view: 'due' }))).toEqual({ view: 'due' })
    expect(filters({ view: 'nonsense', show: 'x' })).toMatchObject({ view: 'to_tell', show: 'table' })
    expect(filtersOf({ view: 'all' }, DEPARTMENT_VIEWS).view).toBe('department')
  })

  test.each([
    [{ view: 'to_tell' }, false, { owner_id: 'me', to_tell: 'true', sort: 'due' }],
    [{ view: 'mine' }, false, { owner_id: 'me', closed: 'false', sort: 'due' }],
    [{ view: 'accepted' }, true, { handler_id: 'me', sort: 'due' }],
    [{ view: 'department', department: 'market' }, false, { department: 'market', sort: 'due' }],
    [{ view: 'overdue', department: 'market' }, true, { department: 'market', closed: 'false', due_before_ms: NOON, sort: 'due' }],
    [{ view: 'today' }, false, { closed: 'false', due_before_ms: new Date(2026, 10, 24).getTime(), sort: 'due' }],
    [{ view: 'all', search: '王' }, false, { search: '王', sort: 'newest' }],
    [{ view: 'due', search: '王' }, false, { search: '王', closed: 'false', sort: 'newest' }],
    [{ view: 'mine', search: '王', level: '2', lead: '-' }, false, { owner_id: 'me', search: '王', level: 2, lead: '-', sort: 'due' }],
  ])('%o is asked for as it means', (query, whole_department, expected) => {
    expect(queryOf(filters(query as Record<string, string>), 'me', NOON, whole_department)).toMatchObject(expected)
  })

  test('pages follow the order of the list', () => {
    expect(nextPage({ sort: 'newest' }, order({ due_ms: 5 }))).toEqual({ sort: 'newest', before_id: '7' })
    expect(nextPage({ sort: 'due' }, order({ due_ms: 5 }))).toEqual({ sort: 'due', after_id: '7', after_due_ms: 5 })
    expect(nextPage({ sort: 'due' }, order({ due_ms: null }))).toEqual({ sort: 'due', after_id: '7' })
  })

  test('how near a deadline is', () => {
    expect(urgencyOf({ closed: false, due_ms: NOON - 1 }, NOON)).toBe('overdue')
    expect(urgencyOf({ closed: false, due_ms: endOfDay(NOON) - 1 }, NOON)).toBe('today')
    expect(urgencyOf({ closed: false, due_ms: endOfDay(NOON) }, NOON)).toBe('later')
    expect(urgencyOf({ closed: false, due_ms: null }, NOON)).toBe('none')
    expect(urgencyOf({ closed: true, due_ms: 1 }, NOON)).toBe('none')
  })
})

test('what stands where: the worst first, and nothing lost', () => {
  const items: OrderStanding[] = [
    { lead: 'market', type: 'complaint', open: 4, overdue: 0, at_risk: 1 },
    { lead: 'billing', type: 'complaint', level: 'department_head', open: 2, overdue: 2, at_risk: 0 },
    { type: 'fault_report', open: 8, overdue: 0, at_risk: 0 },
    { lead: 'market', type: 'fault_report', level: 'general_manager', open: 1, overdue: 1, at_risk: 0 },
  ]
  const rows = summed(items, 'lead')
  expect(rows.map((row) => [row.key, row.overdue, row.at_risk, row.open])).toEqual([['billing', 2, 0, 2], ['market', 1, 1, 5], ['', 0, 0, 8]])
  expect(rows[1]!.levels).toEqual({ department_head: 0, service_supervisor: 0, general_manager: 1 })
  expect(summed(items, 'type').map((row) => row.key)).toEqual(['complaint', 'fault_report'])
  expect(total(items)).toMatchObject({ open: 15, overdue: 3, at_risk: 1 })
  expect(shares({ open: 8, overdue: 1, at_risk: 2 })).toEqual({ overdue: 12.5, at_risk: 25 })
  expect(shares({ open: 0, overdue: 0, at_risk: 0 })).toEqual({ overdue: 0, at_risk: 0 })
})

describe('a crew', () => {
  const settings: CrewSettings = {
    name: '城中裝機班', department: 'outside_plant', areas: ['城中局'], skills: ['install'], week: { monday: [{ window: '08:30-11:30', capacity: 4 }, { window: '14:00-17:00', capacity: 3 }] },
    days: { '2026-12-25': [] }, utc_offset_minutes: 480,
  }
  test('is given back as it was', () => expect(crewSettings(draftOf(settings))).toEqual(settings))
  test('is checked before it is sent', () => {
    expect(problemsOf(draftOf(settings))).toEqual([])
    expect(problemsOf(draftOf())).toEqual(['name', 'areas'])
    const draft = draftOf(settings)
    draft.week.monday[1]!.from = '11:00'
    draft.week.tuesday.push({ from: '10:00', to: '09:00', capacity: 0 })
    draft.days.push({ day: '2026-12-25', windows: [] })
    expect(problemsOf(draft).sort()).toEqual(['capacity', 'date', 'overlap', 'window'])
  })
})
