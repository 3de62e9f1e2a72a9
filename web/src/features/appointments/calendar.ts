// SPDX-License-Identifier: Apache-2.0
// A week of crews' windows with what is promised in them.
import type { Appointment, Crew, Slot } from '@/api/types'
import { dayMs, dayText } from '@/features/contacts/day'

export interface CalendarWindow { slot: Slot; window: string; capacity: number; taken: Appointment[]; others: Appointment[] }

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** The seven days, Monday first, of the week `day` is in. */
export function weekOf(day: string): string[] {
  const date = new Date(dayMs(day) ?? Date.now())
  const monday = new Date(date.getFullYear(), date.getMonth(), date.getDate() - ((date.getDay() + 6) % 7))
  return Array.from({ length: 7 }, (_, i) => dayText(new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + i).getTime()))
}

export function shiftDays(day: string, by: number): string {
  const date = new Date(dayMs(day) ?? Date.now())
  return dayText(new Date(date.getFullYear(), date.getMonth(), date.getDate() + by).getTime())
}

/** Uses room of its slot (held, booked, or the crew is there). */
export function takesRoom(appointment: Appointment): boolean {
  return ['held', 'booked', 'on_site'].includes(appointment.state)
}

/**
 * The windows of a crew's day: those of its shifts, and those it does not have any more but in which something was
 * promised (capacity 0). Days are the crew's own; nothing is converted.
 */
export function windowsOf(crew: Crew, day: string, appointments: readonly Appointment[]): CalendarWindow[] {
  const weekday = WEEKDAYS[new Date(dayMs(day) ?? 0).getDay()] ?? 'monday'
  const shifts = crew.settings.days?.[day] ?? crew.settings.week[weekday] ?? []
  const windows: CalendarWindow[] = shifts.map((one) => ({
    slot: { crew_id: crew.id, day, from: one.window.slice(0, 5) }, window: one.window.replace('-', '–'), capacity: one.capacity, taken: [], others: [],
  }))
  for (const appointment of appointments) {
    const slot = appointment.visits.at(-1)?.slot
    if (!slot || slot.crew_id !== crew.id || slot.day !== day) continue
    let found = windows.find((one) => one.slot.from === slot.from)
    if (!found) windows.push(found = { slot, window: `${slot.from}–`, capacity: 0, taken: [], others: [] })
    ;(takesRoom(appointment) ? found.taken : found.others).push(appointment)
  }
  return windows.sort((a, b) => a.slot.from.localeCompare(b.slot.from))
}

/** A new id for a command: sent twice it is done once. */
export function commandId(): string {
  return crypto.randomUUID()
}
