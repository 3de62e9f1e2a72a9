// SPDX-License-Identifier: Apache-2.0
// A crew's settings as a form holds them, and back.
import type { CrewSettings } from '@/api/types'

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export type Weekday = (typeof WEEKDAYS)[number]
export interface WindowDraft { from: string; to: string; capacity: number }
export interface CrewDraft {
  name: string
  department: string
  areas: string[]
  skills: string[]
  week: Record<Weekday, WindowDraft[]>
  days: { day: string; windows: WindowDraft[] }[]
  utc_offset_minutes: number | null
}
type Windows = CrewSettings['week'][string]

const windowsOf = (windows: Windows | undefined): WindowDraft[] => (windows ?? []).map((one) => ({ from: one.window.slice(0, 5), to: one.window.slice(6), capacity: one.capacity }))
const textOf = (windows: WindowDraft[]): Windows => [...windows].sort((a, b) => a.from.localeCompare(b.from)).map((one) => ({ window: `${one.from}-${one.to}`, capacity: one.capacity }))

export function draftOf(settings?: CrewSettings): CrewDraft {
  return {
    name: settings?.name ?? '', department: settings?.department ?? '', areas: [...(settings?.areas ?? [])], skills: [...(settings?.skills ?? [])],
    week: Object.fromEntries(WEEKDAYS.map((day) => [day, windowsOf(settings?.week[day])])) as Record<Weekday, WindowDraft[]>,
    days: Object.entries(settings?.days ?? {}).sort(([a], [b]) => a.localeCompare(b)).map(([day, windows]) => ({ day, windows: windowsOf(windows) })),
    utc_offset_minutes: settings?.utc_offset_minutes ?? null,
  }
}

export function settingsOf(draft: CrewDraft): CrewSettings {
  return {
    name: draft.name.trim(), department: draft.department || null, areas: draft.areas, skills: draft.skills,
    week: Object.fromEntries(WEEKDAYS.filter((day) => draft.week[day].length > 0).map((day) => [day, textOf(draft.week[day])])),
    days: Object.fromEntries(draft.days.map(({ day, windows }) => [day, textOf(windows)])),
    utc_offset_minutes: draft.utc_offset_minutes,
  }
}

export type Fault = 'name' | 'areas' | 'window' | 'overlap' | 'capacity' | 'date'
/** What the server would refuse, said before it is sent. */
export function problemsOf(draft: CrewDraft): Fault[] {
  const faults = new Set<Fault>()
  if (!draft.name.trim()) faults.add('name')
  if (draft.areas.length === 0) faults.add('areas')
  for (const windows of [...Object.values(draft.week), ...draft.days.map((one) => one.windows)]) {
    const sorted = [...windows].sort((a, b) => a.from.localeCompare(b.from))
    sorted.forEach((one, i) => {
      if (!one.from || !one.to || one.to <= one.from) faults.add('window')
      if (i > 0 && one.from < sorted[i - 1]!.to) faults.add('overlap')
      if (!Number.isInteger(one.capacity) || one.capacity < 1 || one.capacity > 200) faults.add('capacity')
    })
  }
  if (draft.days.some(({ day }) => !/^\d{4}-\d\d-\d\d$/.test(day)) || new Set(draft.days.map(({ day }) => day)).size < draft.days.length) faults.add('date')
  return [...faults]
}
