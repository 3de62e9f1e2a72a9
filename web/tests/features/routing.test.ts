// SPDX-License-Identifier: Apache-2.0
// Goal: the forms show the routing as it is, send all of it as it was set, and put the server's words at the field they
// are about; who may not change it sees it and cannot.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Routing } from '@/api/types'
import AgentsPage from '@/features/routing/AgentsPage.vue'
import LineEditor from '@/features/routing/LineEditor.vue'
import QueueEditor from '@/features/routing/QueueEditor.vue'
import RulesPage from '@/features/routing/RulesPage.vue'
import { emptyRouting, formOf, settingsOf, spansOf } from '@/features/routing/shapes'
import { i18n, setLanguage } from '@/i18n'
import { useReference } from '@/stores/reference'
import { agent, json, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', name: 'any', component: {} }] })
let pinia: ReturnType<typeof createPinia>
const plugins = () => ({ global: { plugins: [pinia, i18n, router] } })
const last = () => vi.mocked(fetch).mock.calls.at(-1)!
const sent = () => JSON.parse(last()[1]!.body as string) as Record<string, any>
const refuse = (status: number, error: Record<string, unknown>) => vi.mocked(fetch).mockResolvedValue(json({ error }, status))
const accept = () => vi.mocked(fetch).mockResolvedValue(json(null, 204))

const names = (en: string) => ({ en, 'zh-Hans': en, 'zh-Hant': en })
const routing = (): Routing => ({
  rules: { ageing_per_minute: 1, vip_points: 10, repeat_points: 5, repeat_within_ms: 3_600_000, seats: { call: 20 }, short_abandon_ms: 0 },
  queues: [
    { id: '1', settings: { code: 'general', name: names('General'), service_line: '1000', offer_timeout_ms: 20_000, wrap_up_ms: 45_000, waiting_max: 300, routing: { ...emptyRouting(), weight: 3 } } },
    { id: '2', settings: { code: 'night', name: names('Night'), service_line: null, offer_timeout_ms: 20_000, wrap_up_ms: 0, waiting_max: 10, routing: emptyRouting() } },
  ],
  skills: [{ code: 'english', name: names('English') }, { code: 'technical', name: names('Technique') }],
} as Routing)

beforeEach(() => {
  stubSockets()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
  useReference().lists = { pause_reasons: [], outcomes: [], contact_reasons: [], queues: [], service_lines: [{ id: '1000', code: '1000', name: names('Hotline'), numbers: ['1000'] }] }
})

const queue = (readonly = false, queueId: string | null = '1') => mount(QueueEditor, { props: { routing: routing(), queueId, readonly }, ...plugins() })

test('a queue is sent whole, in the units of the API, its ring plan by time', async () => {
  accept()
  const form = queue()
  expect((form.find(id('field-wrap_up_ms')).element as HTMLInputElement).value).toBe('45')
  await form.find(id('field-wrap_up_ms')).setValue('90')
  await form.find(id('field-routing.weight')).setValue('-5')
  for (const after of ['60', '30']) {
    await form.find(id('step-add')).trigger('click')
    const at = form.findAll('[data-testid^="step-"][data-testid$="-after"], [data-testid^="field-step-"][data-testid$="-after"]').length - 1
    await form.find(id(`field-step-${at}-after`)).setValue(after)
  }
  await form.find(id('step-1-without-technical')).setValue(true)
  await form.find(id('step-0-also-night')).setValue(true)
  await form.find(id('hours-mon')).setValue('08:00-12:00, 13:00-18:00')
  await form.find(id('day-new')).setValue('2026-10-01')
  await form.find(id('day-add')).trigger('click')
  await form.find(id('target-wait')).setValue('queue:night')
  await form.find(id('field-exits.wait_max_ms')).setValue('300')
  await form.find(id('digit-1-add')).trigger('click')
  await form.find(id('target-digit-1')).setValue('call_back')
  await form.find(id('field-from_web')).setValue(true)
  await form.find(id('field-call_back.keep_ms')).setValue('60')
  await form.find(id('field-experts')).setValue(true)
  await form.find(id('expert-skill-technical')).setValue('6')
  await form.trigger('submit')
  await flushPromises()
  expect([last()[0], last()[1]!.method]).toEqual(['/api/v1/queues/1', 'PUT'])
  const body = sent()
  expect(body).toMatchObject({ code: 'general', wrap_up_ms: 90_000, offer_timeout_ms: 20_000, service_line: '1000' })
  expect(body.routing).toMatchObject({ weight: -5, hours: { week: { mon: ['08:00-12:00', '13:00-18:00'] }, days: { '2026-10-01': [] } }, experts: { group: true, skills: { technical: 6 } } })
  expect(body.routing.ring_plan.map((step: { after_ms: number }) => step.after_ms)).toEqual([30_000, 60_000])
  expect(body.routing.exits).toMatchObject({ wait: 'queue:night', wait_max_ms: 300_000, digits: { 1: 'call_back' } })
  expect(body.routing.call_back).toMatchObject({ from_web: true, keep_ms: 3_600_000 })
  expect(form.find(id('queue-saved')).exists()).toBe(true)
  await form.find(id('field-waiting_max')).setValue('5')
  expect(form.find(id('queue-saved')).exists()).toBe(false)
})

test('every fault the server names stands at its field', async () => {
  refuse(400, { code: 'bad_request', message: 'two faults', field: 'routing.exits', details: [{ field: 'routing.exits', message: 'expected targets' }, { field: 'waiting_max', message: 'expected 0 to 1000000' }] })
  const form = queue()
  await form.trigger('submit')
  await flushPromises()
  expect(form.find(id('error-routing.exits')).text()).toBe('expected targets')
  expect(form.find(id('error-waiting_max')).text()).toBe('expected 0 to 1000000')
  expect(form.find(id('queue-error')).exists()).toBe(false)
  accept()
  await form.trigger('submit')
  await flushPromises()
  expect(form.find(id('error-routing.exits')).exists()).toBe(false)
})

test('a fault without a place of its own stands above the form', async () => {
  refuse(503, { code: 'unavailable', message: 'later' })
  const form = queue()
  await form.trigger('submit')
  await flushPromises()
  expect(form.find(id('queue-error')).text()).toContain('not available')
})

test('a new queue is added with its code', async () => {
  accept()
  const form = queue(false, null)
  await form.find(id('field-code')).setValue('lines')
  for (const tag of ['en', 'zh-Hans', 'zh-Hant']) await form.find(id(`name-${tag}`)).setValue('Lines')
  await form.trigger('submit')
  await flushPromises()
  expect([last()[0], last()[1]!.method]).toEqual(['/api/v1/queues', 'POST'])
  expect(sent()).toMatchObject({ code: 'lines', name: names('Lines'), service_line: null })
  expect(form.emitted('saved')).toEqual([['lines']])
})

test('a supervisor sees a queue and cannot change it', () => {
  const form = queue(true)
  expect((form.find('fieldset').element as HTMLFieldSetElement).disabled).toBe(true)
  expect(form.find(id('queue-save')).exists()).toBe(false)
  expect((form.find(id('field-code')).element as HTMLInputElement).disabled).toBe(true)
})

test('settings come back from the form as they went in', () => {
  const [first] = routing().queues
  expect(settingsOf(formOf(first!.settings))).toEqual(first!.settings)
  expect(spansOf('08:00-12:00，13:00-18:00; 20:00-21:00')).toEqual(['08:00-12:00', '13:00-18:00', '20:00-21:00'])
})

const operation = { stage: 'trial', outsourced_to: '', measured_over_ms: 7 * 86_400_000, calls_least: 100, service_level_least: 0.8, abandoned_most: 0.05, trunks_reserved: 0, trunks_max: 0, when_full: 'busy' }
const state = (part = {}) => ({ operation: { ...operation, ...part }, measured: { offered: 40, answered: 30, answered_in_threshold: 20, abandoned: 10, service_level: 0.5, abandoned_share: 0.03 }, obstacles: ['It had 40 calls; 100 are needed to judge it.'] })
async function line() {
  vi.mocked(fetch).mockResolvedValueOnce(json(state()))
  const form = mount(LineEditor, { props: { line: { id: '9', code: '114', name: names('Enquiries'), numbers: ['114'] }, readonly: false }, ...plugins() })
  await flushPromises()
  return form
}

test('what was measured stands beside what is asked for', async () => {
  const form = await line()
  expect(form.find(id('condition-calls')).attributes('data-met')).toBe('false')
  expect(form.find(id('condition-calls')).text()).toContain('40')
  expect(form.find(id('condition-service_level')).attributes('data-met')).toBe('false')
  expect(form.find(id('condition-abandoned')).attributes('data-met')).toBe('true')
  await form.find(id('field-operation.calls_least')).setValue('30')
  expect(form.find(id('condition-calls')).attributes('data-met')).toBe('true')
})

test('a line that is not ripe is refused with the reason at the stage, and taken in only when told so', async () => {
  const form = await line()
  expect(form.find(id('despite')).exists()).toBe(false)
  await form.find(id('stage-integrated')).setValue()
  refuse(409, { code: 'wrong_state', message: 'It had 40 calls; 100 are needed to judge it.', field: 'operation.stage' })
  await form.trigger('submit')
  await flushPromises()
  expect(form.find(id('error-operation.stage')).text()).toContain('40 calls')
  expect(form.attributes('data-stage')).toBe('trial')
  await form.find(id('despite')).setValue(true)
  vi.mocked(fetch).mockResolvedValueOnce(json(null, 204)).mockResolvedValueOnce(json(state({ stage: 'integrated' })))
  await form.trigger('submit')
  await flushPromises()
  expect(JSON.parse(vi.mocked(fetch).mock.calls.at(-2)![1]!.body as string)).toMatchObject({ operation: { stage: 'integrated', service_level_least: 0.8 }, despite_conditions: true })
  expect(form.attributes('data-stage')).toBe('integrated')
})

test('an agent is moved and learns: queues and levels as they were ticked', async () => {
  vi.mocked(fetch).mockResolvedValueOnce(json({ items: [agent()] }))
  const page = mount(AgentsPage, { props: { routing: routing(), readonly: true }, ...plugins() })
  await flushPromises()
  vi.mocked(fetch).mockResolvedValueOnce(json({ queues: ['general'], skills: { english: 4 } }))
  await page.find(id('agent-open-8001')).trigger('click')
  await flushPromises()
  await page.find(id('agent-queue-night')).setValue(true)
  await page.find(id('agent-queue-general')).setValue(false)
  await page.find(id('agent-skill-english')).setValue('')
  await page.find(id('agent-skill-technical')).setValue('9')
  vi.mocked(fetch).mockResolvedValueOnce(json({}))
  await page.find(id('agent-skills')).trigger('submit')
  await flushPromises()
  expect(last()[0]).toBe('/api/v1/agents/8001/skills')
  expect(sent()).toEqual({ queues: ['night'], skills: { technical: 9 } })
  expect(page.find(id('agent-saved')).exists()).toBe(true)
  page.unmount()
})

test('rules and seats are sent as they stand', async () => {
  accept()
  const page = mount(RulesPage, { props: { routing: routing(), readonly: false }, ...plugins() })
  await page.find(id('field-short_abandon_ms')).setValue('8')
  await page.find(id('seats-call')).setValue('25')
  await page.find(id('team-new')).setValue('support')
  await page.find(id('team-add')).trigger('click')
  await page.find(id('rules')).trigger('submit')
  await flushPromises()
  expect(sent()).toEqual({ ageing_per_minute: 1, vip_points: 10, repeat_points: 5, repeat_within_ms: 3_600_000, short_abandon_ms: 8000, seats: { call: 25, support: 10 } })
  expect(page.emitted('changed')).toHaveLength(1)
})

test('a skill is added', async () => {
  accept()
  const page = mount(RulesPage, { props: { routing: routing(), readonly: false }, ...plugins() })
  await page.find(id('skill-new')).trigger('click')
  await page.find(id('skill-code')).setValue('router')
  for (const tag of ['en', 'zh-Hans', 'zh-Hant']) await page.findAll(id(`name-${tag}`)).at(-1)!.setValue('Routers')
  await page.find('[data-testid=skills] form').trigger('submit')
  await flushPromises()
  expect(sent()).toEqual({ code: 'router', name: names('Routers') })
})
