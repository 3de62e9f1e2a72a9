// SPDX-License-Identifier: Apache-2.0
// Goal: the list says what becomes of each call-back and why each try failed; the form takes only a number that can be
// called and tells the customer when to expect the call.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, expect, test, vi } from 'vitest'
import CallBacksPage from '@/features/call-backs/CallBacksPage.vue'
import AskCallBack from '@/features/call-page/AskCallBack.vue'
import { i18n, setLanguage } from '@/i18n'
import { json, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', name: 'any', component: {} }, { path: '/contacts/:id', name: 'contact', component: {} }] })
let pinia: ReturnType<typeof createPinia>
const plugins = () => ({ global: { plugins: [pinia, i18n, router] } })
const answers = new Map<string, () => Response>()

beforeEach(() => {
  stubSockets()
  setLanguage('en')
  pinia = createPinia()
  setActivePinia(pinia)
  answers.clear()
  vi.mocked(fetch).mockImplementation((url, options) => {
    const key = `${options?.method ?? 'GET'} ${String(url).replace('/api/v1', '').replace(/\?.*/, '')}`
    const answer = answers.get(key)
    return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError(`unexpected ${key}`))
  })
})

const live = { id: '5', number: '02085550144', queue: 'general', how: 'digit', state: 'later', since_ms: 1000, next_ms: 2000, expires_ms: 9000, attempts: 1, attempts_max: 3, tries: [{ at_ms: 1500, cause: 'busy' }] }
const over = { id: '4', number: '02085550145', queue: 'general', how: 'web', outcome: 'no_answer', asked_ms: 1, ended_ms: 2, tries: [{ at_ms: 1, cause: 'no_answer' }] }

async function page() {
  answers.set('GET /call-backs', () => json({ items: [live] }))
  answers.set('GET /call-backs/done', () => json({ items: [over, { ...over, id: '3', number: '02085550146', outcome: 'reached', agent_name: 'Lin' }] }))
  const list = mount(CallBacksPage, plugins())
  await flushPromises()
  return list
}

test('each is shown with its state, its place, and why each try failed', async () => {
  const list = await page()
  const row = list.find(id('call-back-02085550144'))
  expect(row.text()).toContain('by a digit')
  expect(row.text()).toContain('later')
  expect(row.find('[data-role=try]').text()).toMatch(/1\/3.*Busy/)
  expect(list.find(id('done-02085550145')).text()).toContain('No answer')
  expect(list.find(id('done-02085550146')).find(id('dial-again')).exists()).toBe(false)
  list.unmount()
})

test('dialling again and cancelling; cancelling is asked for twice', async () => {
  const list = await page()
  answers.set('POST /call-backs/5/dial-again', () => json(null, 204))
  await list.find(id('dial-now')).trigger('click')
  await flushPromises()
  answers.set('POST /call-backs/4/dial-again', () => json({ error: { code: 'wrong_state', message: 'This number waits to be called back already.' } }, 409))
  await list.find(id('dial-again')).trigger('click')
  await flushPromises()
  expect(list.find(id('call-back-error')).exists()).toBe(true)
  const deleted = vi.fn(() => json(null, 204))
  answers.set('DELETE /call-backs/5', deleted)
  await list.find(id('cancel')).trigger('click')
  expect(deleted).not.toHaveBeenCalled()
  await list.find(id('cancel-sure')).trigger('click')
  await flushPromises()
  expect(deleted).toHaveBeenCalledTimes(1)
  list.unmount()
})

const form = () => mount(AskCallBack, { props: { queues: [{ queue: 'general', name: { en: 'General' } }] }, ...plugins() })

test('only a telephone number is sent, without its spaces', async () => {
  const ask = vi.fn(() => json({ number: '02085550144', position: 3, wait_ms: 240_000, expires_ms: 9_000_000 }))
  answers.set('POST /public/call-backs', ask)
  const card = form()
  for (const wrong of ['', 'abc', '12', '0208555014412345678901']) {
    await card.find(id('ask-back-number')).setValue(wrong)
    await card.find('form').trigger('submit')
    expect(card.find(id('ask-back-problem')).exists(), wrong).toBe(true)
  }
  expect(ask).not.toHaveBeenCalled()
  await card.find(id('ask-back-number')).setValue('020 8555-0144')
  await card.find('form').trigger('submit')
  await flushPromises()
  expect(JSON.parse(vi.mocked(fetch).mock.calls.at(-1)![1]!.body as string)).toEqual({ number: '02085550144', queue: 'general' })
  expect(card.find(id('ask-back-noted')).text()).toContain('We will call 020 8555 0144')
  expect(card.find(id('ask-back-wait')).text()).toContain('4 min')
  expect(card.text()).toContain('2 before you')
})

test.each([
  [json({ number: '02085550144', position: 1, wait_ms: null, expires_ms: 9_000_000 }), 'as soon as somebody is'],
  [json({ error: { code: 'too_many', message: 'x' } }, 429), 'try again in an hour'],
  [json({ error: { code: 'bad_value', message: 'x' } }, 400), 'cannot be called back'],
])('the answer is in words a customer understands', async (answer, words) => {
  answers.set('POST /public/call-backs', () => answer)
  const card = form()
  await card.find(id('ask-back-number')).setValue('02085550144')
  await card.find('form').trigger('submit')
  await flushPromises()
  expect(card.text()).toContain(words)
})
