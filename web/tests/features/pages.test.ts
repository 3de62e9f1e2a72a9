// SPDX-License-Identifier: Apache-2.0
// Goal: the parts people press and read show the state they are in, and send what was chosen.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import { i18n, setLanguage } from '@/i18n'
import ContactTable from '@/features/contacts/ContactTable.vue'
import CustomerRecord from '@/features/desk/CustomerRecord.vue'
import IdlePanel from '@/features/desk/IdlePanel.vue'
import WrapUpForm from '@/features/desk/WrapUpForm.vue'
import SignInPage from '@/features/session/SignInPage.vue'
import QueueTable from '@/features/wallboard/QueueTable.vue'
import { useLiveStore } from '@/stores/live'
import { useReference } from '@/stores/reference'
import DialPad from '@/ui/DialPad.vue'
import LevelMeter from '@/ui/LevelMeter.vue'
import StateChip from '@/ui/StateChip.vue'
import { agent, board, contact, json, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', name: 'any', component: {} }, { path: '/contacts/:id', name: 'contact', component: {} }] })
let pinia: ReturnType<typeof createPinia>
const plugins = () => ({ global: { plugins: [pinia, i18n, router] } })

beforeEach(() => {
  stubSockets()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
  useReference().lists = {
    pause_reasons: [{ code: 'break', name: { en: 'Break' } }], outcomes: [{ code: 'solved', name: { en: 'Solved' } }],
    contact_reasons: [{ code: 'bill', name: { en: 'Bill' }, service_line: '170' }, { code: 'other', name: { en: 'Other' }, service_line: null }],
    queues: [{ id: '1', code: 'general', name: { en: 'General' }, experts: false }], service_lines: [],
  }
})

test('sign-in: a wrong password is said, the name kept, the password cleared', async () => {
  vi.mocked(fetch).mockResolvedValue(json({ error: { code: 'unauthorized', message: '' } }, 401))
  const page = mount(SignInPage, plugins())
  await page.find(id('username')).setValue('lin')
  await page.find(id('password')).setValue('nope')
  await page.find(id('sign-in-form')).trigger('submit')
  await flushPromises()
  expect(page.find(id('sign-in-error')).text()).toContain('wrong')
  expect((page.find(id('username')).element as HTMLInputElement).value).toBe('lin')
  expect((page.find(id('password')).element as HTMLInputElement).value).toBe('')
  page.unmount()
})

test('sign-in: while one has to wait, the time runs and nothing is sent', async () => {
  vi.mocked(fetch).mockResolvedValue(json({ error: { code: 'too_many_tries', message: '', retry_after_s: 90 } }, 429))
  const page = mount(SignInPage, plugins())
  await page.find(id('username')).setValue('lin')
  await page.find(id('password')).setValue('nope')
  await page.find(id('sign-in-form')).trigger('submit')
  await flushPromises()
  expect(page.find(id('sign-in-error')).text()).toMatch(/1:(30|29)/)
  expect(page.find(id('sign-in')).attributes('disabled')).toBeDefined()
  await page.find(id('password')).setValue('again')
  await page.find(id('sign-in-form')).trigger('submit')
  expect(fetch).toHaveBeenCalledTimes(1)
  page.unmount()
})

test('wrap-up: what is missing is said; what is chosen is sent; the draft goes', async () => {
  useLiveStore().me = agent({ state: 'wrap_up' })
  const form = mount(WrapUpForm, { props: { call: { id: '77', service_line: '170' } }, ...plugins() })
  expect(form.findAll('optgroup').map((group) => group.attributes('label'))).toEqual(['This service line', 'Every line'])
  await form.trigger('submit')
  expect(form.text()).toContain('Choose what the call was about.')
  expect(fetch).not.toHaveBeenCalled()

  vi.mocked(fetch).mockResolvedValue(json(contact({ id: '77' })))
  await form.find(id('wrap-reason')).setValue('bill')
  await form.find(id('wrap-outcome-solved')).setValue()
  await form.find(id('wrap-note')).setValue(' explained ')
  expect(sessionStorage.getItem('hotline.draft.77')).toContain('explained')
  await form.trigger('keydown', { key: 'Enter', ctrlKey: true })
  await flushPromises()
  const [url, request] = vi.mocked(fetch).mock.calls[0]!
  expect(url).toBe('/api/v1/contacts/77/wrap-up')
  expect(JSON.parse(request!.body as string)).toEqual({ reason_code: 'bill', result_code: 'solved', note: 'explained', next: 'ready', pause_reason: null })
  expect(form.emitted('saved')).toHaveLength(1)
  expect(sessionStorage.getItem('hotline.draft.77')).toBeNull()
})

test('wrap-up: nothing written is lost when the server cannot be reached', async () => {
  const form = mount(WrapUpForm, { props: { call: { id: '77', service_line: null } }, ...plugins() })
  await form.find(id('wrap-reason')).setValue('other')
  await form.find(id('wrap-outcome-solved')).setValue()
  await form.trigger('submit')
  await flushPromises()
  expect(form.find(id('wrap-error')).text()).toContain('kept')
  expect(form.emitted('saved')).toBeUndefined()
  expect(sessionStorage.getItem('hotline.draft.77')).toContain('other')
})

test('wrap-up: during the call one writes but cannot save', async () => {
  const form = mount(WrapUpForm, { props: { call: { id: '77', service_line: null }, running: true }, ...plugins() })
  await form.find(id('wrap-reason')).setValue('other')
  await form.find(id('wrap-outcome-solved')).setValue()
  await form.trigger('submit')
  expect(fetch).not.toHaveBeenCalled()
})

test.each(['ready', 'paused', 'unavailable', 'signed_out', 'wrap_up'] as const)('an idle desk says what "%s" means', (state) => {
  useLiveStore().me = agent({ state })
  const panel = mount(IdlePanel, plugins())
  expect(panel.find(id('idle')).attributes('data-state')).toBe(state)
  expect(panel.find('.title').text()).toBe(i18n.global.t(`idle.${state}`))
  expect(panel.text()).toContain('General')
  expect(panel.find('[role=alert]').exists()).toBe(state === 'unavailable')
})

test('queues: waiting past the limit and a missed service level are marked', () => {
  const [queue] = board().queues
  const table = mount(QueueTable, { props: { nowMs: 100_000, board: board({ queues: [{ ...queue!, waiting: 2, longest_wait_ms: 70_000, ready: 0, service_level: 0.5 }, { ...queue!, id: '2', code: 'calm', waiting: 0, service_level: null }] }) }, ...plugins() })
  const row = table.find(id('queue-general'))
  expect(row.find('[data-field=longest]').text()).toBe('1:10')
  expect(row.find('[data-field=longest]').classes()).toContain('bad')
  expect(row.find('[data-field=ready]').classes()).toContain('bad')
  expect(row.find('[data-field=level]').classes()).toContain('bad')
  expect(table.find(id('queue-calm')).find('[data-field=longest]').text()).toBe('–')
  expect(table.find(id('queue-calm')).find('[data-field=level]').text()).toBe('–')
})

test('a contact opens by Enter; a missing reason and a withheld number are shown as such', async () => {
  const table = mount(ContactTable, { props: { items: [contact({ from: '', ended_ms: 5, reason_code: null, recording_ids: ['3'] })] }, ...plugins() })
  expect(table.text()).toContain('Number withheld')
  expect(table.text()).toContain('No reason yet')
  await table.find(id('contact-5')).trigger('keydown', { key: 'Enter' })
  await flushPromises()
  expect(router.currentRoute.value.params.id).toBe('5')
})

test('the record marks VIP, the calling number and a suspended line', () => {
  const record = mount(CustomerRecord, { props: { caller: '2087654', customer: { id: '1', number: 'C1', name: 'Ouyang', vip: true, phones: [{ number: '2087654', product: 'fixed_line', status: 'suspended' }, { number: '13806041234', product: 'mobile', status: 'active' }] } }, ...plugins() })
  expect(record.find(id('vip')).exists()).toBe(true)
  expect(record.findAll('tr.caller')).toHaveLength(1)
  expect(record.find('.suspended').text()).toBe('Suspended')
})

test('the keypad takes clicks and keys, and is silent when disabled', async () => {
  const pad = mount(DialPad, plugins())
  await pad.find(id('digit-star')).trigger('click')
  await pad.find(id('dialpad')).trigger('keydown', { key: '7' })
  await pad.find(id('dialpad')).trigger('keydown', { key: 'x' })
  expect(pad.emitted('digit')).toEqual([['*'], ['7']])
  expect(pad.find(id('dialpad-sent')).text()).toBe('*7')
  await pad.setProps({ disabled: true })
  await pad.find(id('dialpad')).trigger('keydown', { key: '8' })
  expect(pad.emitted('digit')).toHaveLength(2)
})

test('levels are readable by people, tools and tests', () => {
  const meter = mount(LevelMeter, { props: { level: 0.456, label: 'You', testid: 'level-sent' } })
  expect(meter.find(id('level-sent')).attributes()).toMatchObject({ 'data-level': '0.456', 'aria-valuenow': '46', role: 'meter' })
})

test('a state is said in the language chosen', () => {
  const chip = () => mount(StateChip, { props: { agent: 'paused' }, ...plugins() }).text()
  expect(chip()).toBe('Paused')
  setLanguage('zh-Hant')
  expect(chip()).toBe('示忙')
  expect(document.documentElement.lang).toBe('zh-Hant')
})
