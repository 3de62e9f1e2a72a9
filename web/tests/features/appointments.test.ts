// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import type { Appointment, Crew } from '@/api/types'
import { commandId, shiftDays, weekOf, windowsOf } from '@/features/appointments/calendar'

const crew: Crew = {
  id: '7',
  settings: { name: 'East', areas: ['east'], skills: ['install'], week: { monday: [{ window: '14:00-17:30', capacity: 2 }, { window: '08:30-11:30', capacity: 3 }] }, days: { '2026-11-30': [] } },
}
function visit(state: Appointment['state'], day: string, from: string, crew_id = '7'): Appointment {
  return {
    id: '1', state, area: 'east', skills: [], created_ms: 0, changed_ms: 0, set_out: false, version: 1,
    visits: [{ slot: { crew_id, day, from }, begins_ms: 0, ends_ms: 0, outcome: 'open' }],
  }
}

describe('weeks', () => {
  it('begin on Monday', () => {
    expect(weekOf('2026-11-29')).toEqual(['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'])
    expect(weekOf('2026-11-23')[0]).toBe('2026-11-23')
  })
  it('follow each other over the end of a month', () => expect(shiftDays('2026-11-28', 7)).toBe('2026-12-05'))
})

describe('windows of a crew', () => {
  it('are those of the weekday in order, with what takes room and what does not', () => {
    const all = [visit('booked', '2026-11-23', '08:30'), visit('held', '2026-11-23', '08:30'), visit('cancelled', '2026-11-23', '08:30'), visit('booked', '2026-11-24', '08:30'), visit('booked', '2026-11-23', '08:30', '8')]
    const windows = windowsOf(crew, '2026-11-23', all)
    expect(windows.map((one) => [one.window, one.capacity, one.taken.length, one.others.length])).toEqual([['08:30–11:30', 3, 2, 1], ['14:00–17:30', 2, 0, 0]])
  })
  it('are none on a day off', () => expect(windowsOf(crew, '2026-11-30', [])).toEqual([]))
  it('keep what was promised in a window that is gone', () => {
    const windows = windowsOf(crew, '2026-11-30', [visit('booked', '2026-11-30', '08:30')])
    expect(windows.map((one) => [one.capacity, one.taken.length])).toEqual([[0, 1]])
  })
})

it('a command has an id of its own', () => expect(commandId()).not.toBe(commandId()))
