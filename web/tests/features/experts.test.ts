// SPDX-License-Identifier: Apache-2.0
// Goal: whoever is asked sees who asks, why and what is written; what an agent writes is kept while they write; each
// agent's part and the reason of each assignment can be read afterwards.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import type { CallView, Consult } from '@/api/types'
import AssignmentReasons from '@/features/contacts/AssignmentReasons.vue'
import ContactAgents from '@/features/contacts/ContactAgents.vue'
import ConsultPanel from '@/features/desk/ConsultPanel.vue'
import TransferDialog from '@/features/desk/TransferDialog.vue'
import TodayList from '@/features/desk/TodayList.vue'
import WrapUpForm from '@/features/desk/WrapUpForm.vue'
import ContextPanel from '@/features/experts/ContextPanel.vue'
import { i18n, setLanguage } from '@/i18n'
import { useCallStore } from '@/stores/call'
import { useLiveStore } from '@/stores/live'
import { useReference } from '@/stores/reference'
import { agent, call, contact, json, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', name: 'any', component: {} }, { path: '/contacts/:id', name: 'contact', component: {} }] })
let pinia: ReturnType<typeof createPinia>
const plugins = () => ({ global: { plugins: [pinia, i18n, router], stubs: { ElDialog: { template: '<div><slot /></div>' } } } })
const body = () => JSON.parse(vi.mocked(fetch).mock.calls.at(-1)![1]!.body as string) as unknown

beforeEach(() => {
  stubSockets()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
  useLiveStore().me = agent({ id: '2' })
  useReference().lists = {
    pause_reasons: [], outcomes: [{ code: 'solved', name: { en: 'Solved' } }], contact_reasons: [{ code: 'fault', name: { en: 'Line fault' } }],
    queues: [{ id: '1', code: 'general', name: { en: 'General' }, experts: false }, { id: '7', code: 'lines', name: { en: 'Line experts' }, experts: true }], service_lines: [],
  }
})

const asked = (part: Partial<CallView> = {}) => call({
  role: 'consulted', owner_name: 'Wang', asked: { agent_id: '1', name: 'Wang', why: 'Is the port dead?', at_ms: 5000 },
  notes: [{ agent_id: '1', name: 'Wang', reason_code: 'fault', note: 'No tone' }, { agent_id: '2', name: 'Lin', note: 'mine' }], ...part,
})

test('the expert reads who asks, what, whose matter it is, and what others wrote', () => {
  const panel = mount(ContextPanel, { props: { call: asked() }, ...plugins() })
  expect(panel.find(id('context-why')).text()).toBe('Is the port dead?')
  expect(panel.find(id('context-asked-by')).text()).toContain('Wang')
  expect(panel.find(id('context-owner')).text()).toBe('Wang')
  expect(panel.find(id('context-reason')).text()).toContain('Line fault')
  expect(panel.find(id('context-note')).text()).toBe('No tone')
  expect(panel.text()).not.toContain('mine')
  expect(panel.find(id('context-contact')).attributes('href')).toBe('/contacts/77')
})

test('without notes the expert is told that there are none', () => {
  expect(mount(ContextPanel, { props: { call: asked({ notes: [] }) }, ...plugins() }).text()).toContain('Nothing has been written yet.')
})

test('an expert group is asked as its queue, with what is asked', async () => {
  vi.mocked(fetch).mockResolvedValue(json({ items: [] }))
  useLiveStore().call = call({ state: 'talking', agent_id: '2' })
  const consult = vi.spyOn(useCallStore(), 'consult').mockResolvedValue(true)
  const dialog = mount(TransferDialog, { props: { modelValue: true }, ...plugins() })
  await dialog.find(`${id('transfer-kind-expert')} input`).setValue()
  expect(dialog.find(id('transfer-queue-general')).exists()).toBe(false)
  await dialog.find(id('transfer-queue-lines')).setValue()
  await dialog.find(id('consult-why')).setValue('  Is the port dead? ')
  await dialog.find('form').trigger('submit')
  expect(consult).toHaveBeenCalledWith({ kind: 'queue', target: 'lines', why: 'Is the port dead?' })
  dialog.unmount()
})

test.each([
  [{ position: 2, wait_ms: 40_000 }, 'Place 2 · about 40 s to wait'],
  [{ position: 1, wait_ms: null }, 'Place 1 · nobody of this group is signed in'],
])('an agent who waits for an expert is told %j', (part, words) => {
  const consult: Consult = { kind: 'queue', target: 'lines', state: 'queued', with: 'consulted', since_ms: 0, ...part }
  const panel = mount(ConsultPanel, { props: { call: call({ state: 'consulting', consult }), consult }, ...plugins() })
  expect(panel.find(id('expert-wait')).text().replaceAll(/\s+/g, ' ')).toBe(words)
  expect(panel.find(id('consult-end')).attributes('disabled')).toBeDefined() // not connected in this test
})

test('what is written during the call is kept on the server, once for quick typing', async () => {
  vi.useFakeTimers()
  vi.mocked(fetch).mockImplementation(() => Promise.resolve(json(null, 204)))
  const form = mount(WrapUpForm, { props: { call: { id: '77', service_line: null }, running: true }, ...plugins() })
  for (const text of ['N', 'No', 'No tone']) await form.find(id('wrap-note')).setValue(text)
  vi.advanceTimersByTime(900)
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(vi.mocked(fetch).mock.calls[0]![0]).toBe('/api/v1/calls/77/notes')
  expect(body()).toEqual({ reason_code: null, result_code: null, note: 'No tone' })
  form.unmount()
})

test('who takes over begins where the other was', () => {
  const form = mount(WrapUpForm, { props: { call: asked({ role: 'agent' }) as never, running: true }, ...plugins() })
  expect((form.find(id('wrap-reason')).element as HTMLSelectElement).value).toBe('fault')
  form.unmount()
})

test('my day has my own talk, not the other\'s in the same contact', async () => {
  const part = { agent_id: '2', agent_name: 'Lin', owner: false, talk_ms: 30_000, hold_ms: 0, consult_ms: 9000 }
  vi.mocked(fetch).mockResolvedValue(json({ items: [contact({ talk_ms: 90_000, part })] }))
  const list = mount(TodayList, plugins())
  await flushPromises()
  expect(list.text()).toContain('0:30')
  expect(list.text()).not.toContain('1:30')
})

test('each agent has their own line, the owner is marked', () => {
  const table = mount(ContactAgents, { props: { agents: [
    { agent_id: '1', agent_name: 'Wang', owner: true, talk_ms: 60_000, hold_ms: 5000, consult_ms: 4000, reason_code: 'fault', result_code: 'solved', note: 'No tone' },
    { agent_id: '2', agent_name: 'Lin', owner: false, talk_ms: 30_000, hold_ms: 0, consult_ms: 4000, note: 'Port reset' },
  ] }, ...plugins() })
  expect(table.find(id('part-1')).find(id('part-owner')).exists()).toBe(true)
  expect(table.find(id('part-2')).find(id('part-owner')).exists()).toBe(false)
  expect(table.find(`${id('part-2')} [data-field=talk]`).text()).toBe('0:30')
  expect(table.text()).toContain('Port reset')
})

test('why this agent: the rule in words, its figures, and who did not take it', () => {
  const events = [
    { at_ms: 1000, type: 'offered', data: { agent: '1', by: 'longest_idle', waited_ms: '12000', position: '1', points: '7', ring_step: '0', ready: '3', idle_ms: '60000' } },
    { at_ms: 2000, type: 'offer_ended', data: { agent: '1', why: 'timeout' } },
    { at_ms: 2000, type: 'offered', data: { agent: '2', by: 'owner', idle_ms: '1000' } },
    { at_ms: 3000, type: 'connected', data: { agent: '2' } },
    { at_ms: 4000, type: 'consult_offered', data: { agent: '3', by: 'best_call', waited_ms: '0', position: '1', points: '50', ring_step: '2', ready: '1', idle_ms: '0' } },
  ]
  const list = mount(AssignmentReasons, { props: { events, agents: [{ agent_id: '2', agent_name: 'Lin', owner: true, talk_ms: 0, hold_ms: 0, consult_ms: 0 }] }, ...plugins() })
  const rows = list.findAll('[data-role=assignment]')
  expect(rows).toHaveLength(3)
  expect(rows[0]!.text()).toContain('idle longest')
  expect(rows[0]!.text()).toContain('waited 12 s · place 1 of the queue · 7 points · 3 ready')
  expect(rows[0]!.text()).toContain('not taken')
  expect(rows[0]!.text()).not.toContain('ring plan')
  expect(rows[1]!.text()).toContain('Lin')
  expect(rows[1]!.text()).toContain('Owns the matter')
  expect(rows[1]!.attributes('data-taken')).toBe('true')
  expect(rows[2]!.text()).toContain('as expert')
  expect(rows[2]!.text()).toContain('step 2 of the ring plan')
})
