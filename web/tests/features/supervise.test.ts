// SPDX-License-Identifier: Apache-2.0
// Goal: a supervisor sees who talks, who waits and who listens; the acts are sent as pressed, barred where they cannot be, and what the
// server says against one is shown. Who is no supervisor does not get the page.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import type { FloorCall } from '@/api/types'
import { i18n, setLanguage } from '@/i18n'
import SupervisePage from '@/features/supervise/SupervisePage.vue'
import { createAppRouter } from '@/router'
import { useLiveStore } from '@/stores/live'
import { useReference } from '@/stores/reference'
import { useSession } from '@/stores/session'
import { agent, call, FakeSocket, json, stubMedia, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
let pinia: ReturnType<typeof createPinia>
let floor: FloorCall[]
let refusal: Response | null
let sent: { method: string; path: string; body: unknown }[]

beforeEach(() => {
  stubSockets()
  stubMedia()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
  useReference().lists = { pause_reasons: [{ code: 'break', name: { en: 'Break' } }], outcomes: [], contact_reasons: [], queues: [{ id: '1', code: 'general', name: { en: 'General' }, experts: false }], service_lines: [] }
  floor = [
    { call: call({ id: '70', state: 'talking', agent_id: '8001', agent_name: 'Lin', queue: 'general', connected_ms: 2000 }), supervisors: [{ agent_id: '8902', name: 'Bao', mode: 'whisper', state: 'connected', since_ms: 3000 }], may_supervise: true, may_pull: false },
    { call: call({ id: '71', state: 'queued', queue: 'general', queued_ms: 2000 }), supervisors: [], position: 1, may_supervise: false, may_pull: true },
    { call: call({ id: '72', state: 'offered', queue: 'general', queued_ms: 2000 }), supervisors: [], position: 2, may_supervise: false, may_pull: false },
  ]
  refusal = null
  sent = []
  vi.mocked(fetch).mockImplementation((url, options) => {
    const path = String(url).replace('/api/v1', '')
    const method = options?.method ?? 'GET'
    if (method !== 'GET') {
      sent.push({ method, path, body: options?.body ? JSON.parse(String(options.body)) : undefined })
      return Promise.resolve(refusal ?? json(path.startsWith('/agents') ? agent() : { ...call({ id: '70', state: 'connecting', role: 'supervisor' }) }))
    }
    if (path === '/floor') return Promise.resolve(json({ items: floor }))
    if (path.startsWith('/agents')) return Promise.resolve(json({ items: [agent(), agent({ id: '8002', number: '8002', name: 'Mei', state: 'signed_out' })] }))
    if (path.startsWith('/audit')) return Promise.resolve(json({ items: [
      { at_ms: 1, actor_id: '8902', actor_name: 'Bao', action: 'supervise.whisper', object: '70', source: '', data: { agent: '8001', result: 'done' } },
      { at_ms: 1, actor_id: '8002', actor_name: 'Mei', action: 'supervise', object: '70', source: '', data: { result: 'forbidden' } },
      { at_ms: 1, actor_id: '8902', actor_name: 'Bao', action: 'recording.play', object: '5', source: '', data: {} }] }))
    return Promise.reject(new TypeError(`unexpected ${path}`))
  })
})

async function page() {
  const live = useLiveStore()
  live.start(agent({ id: '8901', number: '8901', state: 'signed_out' }))
  FakeSocket.last.open()
  FakeSocket.last.receive({ type: 'snapshot', me: agent({ id: '8901', number: '8901', state: 'signed_out' }), call: null, wallboard: null, seq: 1 })
  const mounted = mount(SupervisePage, { global: { plugins: [pinia, i18n], stubs: { ElDialog: true } } })
  await flushPromises()
  return mounted
}

test('who talks with whom, who listens, who waits, and the last acts of supervisors alone', async () => {
  const shown = await page()
  expect(shown.find(id('floor-call-70')).text()).toContain('Lin')
  expect(shown.find(id('listener-70-8902')).text()).toContain('Bao whispers')
  expect(shown.find(id('floor-waiting')).findAll('tbody tr')).toHaveLength(2)
  expect(shown.find(id('pull-72')).attributes('disabled')).toBeDefined()
  expect(shown.find(id('floor-agents')).findAll('tbody tr')).toHaveLength(1)
  expect(shown.find(id('acts')).findAll('li').map((item) => item.attributes('data-result'))).toEqual(['done', 'forbidden'])
  shown.unmount()
})

test('an act is sent with the offer of the own leg behind it; one call at a time', async () => {
  const shown = await page()
  await shown.find(`${id('floor-call-70')} ${id('supervise-listen')}`).trigger('click')
  await flushPromises()
  expect(sent).toEqual([{ method: 'POST', path: '/calls/70/supervise', body: { mode: 'listen' } }])
  expect(FakeSocket.last.sent.filter((message) => message.type === 'answer')).toMatchObject([{ call_id: '70', sdp: 'offer-1' }])
  floor = [...floor, { ...floor[0]!, call: call({ id: '73', state: 'talking', agent_id: '8003', agent_name: 'Gao' }), supervisors: [] }]
  await shown.find(id('end-70-8902')).trigger('click')
  await flushPromises()
  expect(sent[1]).toMatchObject({ method: 'DELETE', path: '/calls/70/supervisors/8902' })
  expect(shown.find(`${id('floor-call-73')} ${id('supervise-listen')}`).attributes('disabled')).toBeDefined()
  shown.unmount()
})

test('what the server says against an act is shown in words', async () => {
  const shown = await page()
  refusal = json({ error: { code: 'rings_elsewhere', message: 'x' } }, 409)
  await shown.find(id('pull-71')).trigger('click')
  await flushPromises()
  expect(shown.find(id('act-refused')).text()).toContain('rings at somebody')
  refusal = json({ error: { code: 'own_call_first', message: 'x' } }, 409)
  await shown.find(`${id('floor-call-70')} ${id('supervise-barge')}`).trigger('click')
  await flushPromises()
  expect(shown.find(id('act-refused')).text()).toContain('of your own')
  shown.unmount()
})

test('an agent is paused with a reason', async () => {
  const shown = await page()
  await shown.find(id('force-8001-paused')).trigger('click')
  await flushPromises()
  expect(sent).toEqual([{ method: 'PUT', path: '/agents/8001/state', body: { state: 'paused', reason: 'break' } }])
  shown.unmount()
})

test.each([['agent', 'desk'], ['supervisor', 'supervise'], ['admin', 'supervise']] as const)('as %s the page is %s', async (role, name) => {
  vi.mocked(fetch).mockResolvedValue(json({ agent: agent(), role, csrf_token: 'x' }))
  await useSession().restore()
  const router = createAppRouter(createMemoryHistory())
  await router.push('/supervise')
  expect(router.currentRoute.value.name).toBe(name)
})
