// SPDX-License-Identifier: Apache-2.0
// Goal: a matter can be sent only when it is complete; what was sent says whether it arrived; the bell counts what comes while one looks elsewhere.
import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test } from 'vitest'
import type { OrderDelivery, OrderType } from '@/api/types'
import MatterForm from '@/features/outside/MatterForm.vue'
import NoticeBell from '@/features/outside/NoticeBell.vue'
import OrderDeliveries from '@/features/outside/OrderDeliveries.vue'
import { octets } from '@/features/outside/usePush'
import { i18n, setLanguage } from '@/i18n'
import { useLiveStore } from '@/stores/live'
import { FakeSocket, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
let pinia: ReturnType<typeof createPinia>
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/notices', name: 'notices', component: {} }, { path: '/:rest(.*)*', name: 'any', component: {} }] })
const plugins = () => ({ global: { plugins: [pinia, i18n, router] } })
beforeEach(() => {
  stubSockets()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
})

const name = (text: string) => ({ en: text, zh_hans: text, zh_hant: text })
const type = { code: 'joint_response_110', name: name('110'), prefix: 'LD', start: 'accepted', fields: [{ code: 'place', name: name('Place'), kind: 'text', required: true, least: 0, most: 200, choices: [] }], states: [], steps: [], clocks: [], closing: [] } as unknown as OrderType

test('a matter is sent when it has its number, its few words and what its type asks for', async () => {
  const form = mount(MatterForm, { props: { types: [type], own: true, busy: false, problem: '' }, ...plugins() })
  const send = () => form.find(id('matter-send')).attributes('disabled')
  await form.find(`${id('matter-reference')}`).setValue('JQ-1')
  await form.find(`${id('matter-title')}`).setValue('Manhole open')
  expect(send()).toBeDefined()
  await form.find(`${id('matter-field-place')}`).setValue('Harbour Road')
  expect(send()).toBeUndefined()
  await form.find('form').trigger('submit')
  expect(form.emitted('send')?.[0]?.[0]).toMatchObject({ reference: 'JQ-1', type: 'joint_response_110', title: 'Manhole open', fields: { place: 'Harbour Road' } })
})

test('a delivery that failed says why', () => {
  const items: OrderDelivery[] = [
    { id: '1', channel: 'mail', to: 'agent:8236', to_name: 'Zhang', kind: 'dispatch', state: 'delivered', at_ms: 0, tries: 1 },
    { id: '2', channel: 'partner_push', to: 'partner:110', kind: 'tell', state: 'failed', at_ms: 0, tries: 40, trouble: 'the other side answered 500' },
  ]
  const list = mount(OrderDeliveries, { props: { type: 'complaint', items }, ...plugins() })
  expect(list.findAll('li').map((one) => one.attributes('data-state'))).toEqual(['delivered', 'failed'])
  expect(list.text()).toContain('Zhang')
  expect(list.text()).toContain('the other side answered 500')
})

test('the bell counts notices until they are looked at', async () => {
  const live = useLiveStore()
  live.start(null)
  FakeSocket.last.open()
  const bell = mount(NoticeBell, plugins())
  for (const notice of ['1', '2']) FakeSocket.last.receive({ type: 'notice', notice: { id: notice, to: 'agent:1', kind: 'dispatch', order_id: '7', at_ms: 0, about: {} } })
  await bell.vm.$nextTick()
  expect(bell.find(id('unread')).text()).toBe('2')
  await router.push('/notices')
  await bell.vm.$nextTick()
  expect(bell.find(id('unread')).exists()).toBe(false)
})

test('a push key is read from base64url', () => {
  expect([...octets('-_8A')]).toEqual([0xfb, 0xff, 0x00])
})
