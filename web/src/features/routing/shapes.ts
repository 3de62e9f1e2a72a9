// SPDX-License-Identifier: Apache-2.0
// Settings with every member there, as the forms edit them. The server leaves nothing out; a new queue begins with these.
import type { LineOperation, QueueRouting, QueueSettings, RoutingRules } from '@/api/types'

type Full<T> = { [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[] ? NonNullable<T[K]> : NonNullable<T[K]> extends object ? Full<NonNullable<T[K]>> : NonNullable<T[K]> }

export type Step = { after_ms: number; relax: number; without: string[]; also: string[] }
export type RoutingForm = Omit<Full<QueueRouting>, 'ring_plan' | 'hours' | 'experts' | 'exits'> & {
  ring_plan: Step[]
  hours: { week: Record<string, string[]>; days: Record<string, string[]> }
  exits: Omit<Full<NonNullable<QueueRouting['exits']>>, 'digits'> & { digits: Record<string, string> }
  experts: { group: boolean; skills: Record<string, number> }
}
export interface QueueForm { code: string; name: Record<string, string>; service_line: string; offer_timeout_ms: number; wrap_up_ms: number; waiting_max: number; routing: RoutingForm }
export type RulesForm = Omit<Full<RoutingRules>, 'seats'> & { seats: Record<string, number> }
export type LineForm = Full<LineOperation>

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'] as const

export function emptyRouting(): RoutingForm {
  return {
    wrap_up_forced: false, weight: 0, ring_plan: [], prefer_wait_ms: 0, outbound_reserve: 0, handling_ms: 180_000,
    hours: { week: {}, days: {} },
    exits: { closed: '', empty_at_close: false, nobody: '', length_max: 0, length: '', predicted_max_ms: 0, predicted: '', wait_max_ms: 0, wait: '', digits: {} },
    announcements: { first_ms: 0, every_ms: 0, position: true, wait: true },
    call_back: { on_abandon: false, from_web: false, attempts: 3, busy_retry_ms: 120_000, retry_ms: 900_000, keep_ms: 14_400_000 },
    experts: { group: false, skills: {} },
  }
}

export function formOf(settings?: QueueSettings): QueueForm {
  const usual = emptyRouting()
  const routing = settings?.routing ?? {}
  // The settings may be reactive: structuredClone does not take those.
  return JSON.parse(JSON.stringify({
    code: settings?.code ?? '', name: { ...settings?.name } as Record<string, string>, service_line: settings?.service_line ?? '',
    offer_timeout_ms: settings?.offer_timeout_ms ?? 20_000, wrap_up_ms: settings?.wrap_up_ms ?? 60_000, waiting_max: settings?.waiting_max ?? 1000,
    routing: {
      ...usual, ...routing,
      ring_plan: (routing.ring_plan ?? []).map((step) => ({ after_ms: 0, relax: 0, without: [], also: [], ...step })),
      hours: { ...usual.hours, ...routing.hours }, exits: { ...usual.exits, ...routing.exits }, announcements: { ...usual.announcements, ...routing.announcements },
      call_back: { ...usual.call_back, ...routing.call_back }, experts: { ...usual.experts, ...routing.experts },
    },
  })) as QueueForm
}

export function settingsOf(form: QueueForm): QueueSettings {
  const copy = JSON.parse(JSON.stringify(form)) as QueueForm
  copy.routing.ring_plan.sort((a, b) => a.after_ms - b.after_ms)
  return { ...copy, service_line: copy.service_line || null }
}

/** "08:00-12:00, 13:00-18:00" to spans and back; what is no span is left for the server to name. */
export const spansOf = (text: string): string[] => text.split(/[,;，、\s]+/).filter(Boolean)
export const textOf = (spans: string[] | undefined): string => (spans ?? []).join(', ')
