// SPDX-License-Identifier: Apache-2.0
// Development only: an agent's hour and a customer's call in a real Chromium against the mock, each step asserted.
// npm run build && npm run mock, then npm run story.
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const base = process.env.BASE ?? 'http://127.0.0.1:8787'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required']
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS })
const mock = (action) => fetch(`${base}/mock/${action}`, { method: 'POST' })
const id = (name) => `[data-testid="${name}"]`
const peer = await browser.newPage()
await peer.goto(`${base}/mock/peer`)

const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, permissions: ['microphone'], locale: 'en-GB' })
const page = await context.newPage()
const errors = []
page.on('pageerror', (error) => errors.push(error.message))
const state = (name) => page.waitForSelector(`${id('agent-bar')}[data-state=${name}]`, { timeout: 8000 })
const callState = (name) => page.waitForSelector(`${id('call-panel')}[data-call-state=${name}]`, { timeout: 8000 })
const heard = (where = page) => where.waitForFunction(() => (window.__hotlineAudio?.received_peak ?? 0) > 0.2 && (window.__hotlineAudio?.sent_peak ?? 0) > 0.2, null, { timeout: 8000 })
async function step(what, work) { await work(); console.log('ok', what) }
async function signIn(user) {
  await page.fill(id('username'), user)
  await page.fill(id('password'), 'secret')
  await page.keyboard.press('Enter')
  await page.waitForSelector(`${id('connection')}[data-status=online]`)
}

await mock('expire')
await mock('end')
await step('a deep link leads over the sign-in back to itself', async () => {
  await page.goto(`${base}/contacts?phone=4321`)
  await page.waitForURL(/sign-in/)
  await signIn('agent')
  await page.waitForURL(/\/contacts\?phone=4321/)
  assert.equal(await page.isVisible(id('filter-agent')), false)
})
await step('ready by shortcut', async () => {
  await page.click(id('nav-desk'))
  await mock('unavailable')
  await state('unavailable')
  await page.keyboard.press('Shift+F4')
  await state('ready')
})
await step('a call that comes on another page is answered by F2 and both hear', async () => {
  await page.click(id('nav-wallboard'))
  await mock('offer')
  await page.waitForSelector(id('call-strip'))
  await page.keyboard.press('F2')
  await callState('talking')
  await page.waitForURL(/\/desk/)
  await heard()
  assert.equal(await page.textContent(id('contacts-30')), '4')
})
await step('mute is silence, and says so', async () => {
  await page.keyboard.press('F8')
  await page.waitForFunction(() => window.__hotlineAudio.sent < 0.05, null, { timeout: 6000 })
  assert.equal(await page.getAttribute(id('mute'), 'aria-pressed'), 'true')
  await page.keyboard.press('F8')
})
await step('hold and resume by F4, also while typing the note', async () => {
  await page.focus(id('wrap-note'))
  await page.keyboard.type('Asks about June')
  await page.keyboard.press('F4')
  await callState('held')
  await page.keyboard.press('F4')
  await callState('talking')
})
await step('a lost connection leaves the sound, and comes back by itself', async () => {
  await mock('down')
  await page.waitForSelector(id('offline-banner'))
  await mock('up')
  await page.waitForSelector(`${id('connection')}[data-status=online]`, { timeout: 20_000 })
  await callState('talking')
  await page.waitForFunction(() => window.__hotlineAudio.received > 0.2)
})
await step('a reload takes the sound back and keeps the note', async () => {
  await page.reload()
  await callState('talking')
  await heard()
  assert.equal(await page.inputValue(id('wrap-note')), 'Asks about June')
})
await step('a second window does not take the sound unasked', async () => {
  const second = await context.newPage()
  await second.goto(`${base}/desk`)
  await second.waitForSelector(id('take-here'))
  await second.close()
  await page.waitForFunction(() => window.__hotlineAudio.received > 0.2)
})
await step('transfer to a free colleague; then the wrap-up by keyboard alone', async () => {
  await page.keyboard.press('F9')
  await page.click(id('transfer-agent-8005'))
  await page.click(id('transfer-send'))
  await state('wrap_up')
  await page.waitForFunction(() => document.activeElement?.getAttribute('data-testid') === 'wrap-reason')
  await page.keyboard.type('Question')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.keyboard.press('Control+Enter')
  await state('ready')
  await page.waitForSelector('[data-role=contact-row]')
})
await step('an expired session: sign in again, and be where one was', async () => {
  await page.goto(`${base}/wallboard`)
  await page.waitForSelector(id('queue-table'))
  await mock('expire')
  await page.waitForSelector(id('session-expired'), { timeout: 10_000 })
  await signIn('supervisor')
  await page.waitForURL(/\/wallboard$/)
  await page.waitForSelector(id('queue-table'))
})
await step('a supervisor opens a contact and plays its recording', async () => {
  await page.click(id('nav-contacts'))
  await page.waitForSelector(id('filter-agent'))
  await page.focus('[data-role=contact-row] >> nth=0')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForSelector(`${id('recording')}[data-ready=true]`, { timeout: 10_000 })
  await page.click(id('play'))
  await page.waitForSelector(`${id('recording')}[data-playing=true]`)
  await page.waitForFunction(() => /^0:0[1-9]/.test(document.querySelector('[data-testid=position]').textContent))
  await page.selectOption(id('speed'), '2')
  await page.keyboard.press('Escape')
  await page.waitForURL(/\/contacts$/)
})
await step('the language is kept over a reload', async () => {
  await page.selectOption(id('language'), 'zh-Hant')
  await page.reload()
  await page.waitForSelector(id('agent-bar'))
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-Hant')
})
await step('a customer calls, presses a key, is heard, hangs up', async () => {
  const customer = await (await browser.newContext({ permissions: ['microphone'], viewport: { width: 390, height: 800 } })).newPage()
  await customer.goto(`${base}/call`)
  await customer.click(id('number-112'))
  await customer.click(id('call'))
  await customer.waitForSelector(`${id('call-page')}[data-state=answered]`)
  await heard(customer)
  await customer.click(id('digit-0'))
  await customer.click(id('hang-up'))
  await customer.waitForSelector(id('call-ended'))
})
assert.deepEqual(errors, [])
await browser.close()
console.log('story passed')
