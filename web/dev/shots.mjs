// SPDX-License-Identifier: Apache-2.0
// Development only: pictures of every page and state against the mock (npm run build && npm run mock, then npm run shots).
// Usage: node dev/shots.mjs [part of a scene's name ...]; pictures go to dev/out/. LANGS=en,zh-Hans THEMES=light,dark narrow it.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

const base = process.env.BASE ?? 'http://127.0.0.1:8787'
const out = new URL('./out/', import.meta.url).pathname
const wanted = process.argv.slice(2)
const languages = (process.env.LANGS ?? 'en').split(',')
const themes = (process.env.THEMES ?? 'light').split(',')
mkdirSync(out, { recursive: true })

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required']
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS })
const mock = (action) => fetch(`${base}/mock/${action}`, { method: 'POST' })
const id = (name) => `[data-testid="${name}"]`
const errors = []

const peer = await browser.newPage()
await peer.goto(`${base}/mock/peer`)

async function signIn(page, user = 'agent', to = '/desk') {
  await page.goto(`${base}/sign-in?to=${encodeURIComponent(to)}`)
  await page.fill(id('username'), user)
  await page.fill(id('password'), 'secret')
  await page.click(id('sign-in'))
  await page.waitForSelector(id('agent-bar'))
}
async function ready(page) {
  await page.waitForSelector(`${id('connection')}[data-status=online]`)
  await page.waitForTimeout(400)
  if ((await page.getAttribute(id('agent-bar'), 'data-state')) !== 'ready') { await mock('unavailable'); await page.click(id('set-ready')) }
  await page.waitForSelector(`${id('agent-bar')}[data-state=ready]`)
}
async function ring(page, kind = 'offer') { await signIn(page); await ready(page); await mock(kind); await page.waitForSelector(id('answer')) }
async function talk(page, kind) { await ring(page, kind); await page.click(id('answer')); await page.waitForSelector(`${id('call-panel')}[data-call-state=talking]`); await page.waitForTimeout(1500) }
async function finish() { await mock('end'); await mock('data'); await mock('up') }
async function wrapped(page) {
  await talk(page); await mock('end'); await page.waitForSelector(`${id('agent-bar')}[data-state=wrap_up]`)
}

const scenes = {
  'sign-in': async (page) => { await page.goto(`${base}/sign-in`); await page.fill(id('username'), 'lin') },
  'sign-in-wrong': async (page) => { await page.goto(`${base}/sign-in`); await page.fill(id('username'), 'lin'); await page.fill(id('password'), 'wrong'); await page.click(id('sign-in')); await page.waitForSelector(id('sign-in-error')) },
  'sign-in-wait': async (page) => { await page.goto(`${base}/sign-in`); await page.fill(id('username'), 'lin'); await page.fill(id('password'), 'wait'); await page.click(id('sign-in')); await page.waitForSelector(id('sign-in-error')) },
  'desk-idle': async (page) => { await signIn(page); await ready(page); await page.waitForSelector('[data-role=contact-row]') },
  'desk-empty': async (page) => { await mock('nodata'); await signIn(page); await ready(page) },
  'desk-unavailable': async (page) => { await signIn(page); await ready(page); await mock('unavailable'); await page.waitForTimeout(400) },
  'desk-pause-menu': async (page) => { await signIn(page); await ready(page); await page.click(id('pause')); await page.waitForTimeout(500) },
  'desk-agent-menu': async (page) => { await signIn(page); await ready(page); await page.click(id('agent-menu')); await page.waitForTimeout(500) },
  'desk-ringing': async (page) => { await ring(page); await page.waitForTimeout(900) },
  'desk-talking': async (page) => { await talk(page); await page.selectOption(id('wrap-reason'), 'bill_question'); await page.fill(id('wrap-note'), 'Compares May and June; asks why long distance is higher.'); await page.waitForTimeout(600) },
  'desk-held': async (page) => { await talk(page); await page.click(id('hold')); await page.click(id('keypad')); await page.click(id('digit-5')); await page.waitForTimeout(500) },
  'desk-unknown': async (page) => { await talk(page, 'unknown') },
  'desk-transfer': async (page) => { await talk(page); await page.click(id('transfer')); await page.waitForTimeout(900) },
  'desk-transfer-queue': async (page) => { await talk(page); await page.click(id('transfer')); await page.waitForTimeout(500); await page.click('text=/^(Queue|队列|佇列)$/ >> nth=-1'); await page.waitForTimeout(1300) },
  'desk-wrap-up': async (page) => { await wrapped(page); await page.click(id('wrap-save')); await page.waitForTimeout(300) },
  'desk-offline': async (page) => { await talk(page); await mock('down'); await page.waitForSelector(id('offline-banner')); await page.waitForTimeout(1500) },
  'desk-reload': async (page) => { await talk(page); await page.reload(); await page.waitForSelector(`${id('call-panel')}[data-call-state=talking]`); await page.waitForTimeout(2500); console.log('  after reload', await page.evaluate(() => window.__hotlineAudio)) },
  'desk-expired': async (page) => { await signIn(page, 'agent', '/contacts?phone=1'); await page.waitForSelector(id('contacts')); await mock('expire'); await page.waitForSelector(id('session-expired'), { timeout: 10_000 }); console.log('  ', page.url()) },
  'shortcuts': async (page) => { await signIn(page); await page.click(id('shortcuts')); await page.waitForTimeout(600) },
  'contacts': async (page) => { await signIn(page, 'super', '/contacts'); await page.waitForSelector('[data-role=contact-row]') },
  'contacts-strip': async (page) => { await signIn(page, 'agent', '/contacts'); await ready(page); await mock('offer'); await page.waitForSelector(id('call-strip')); await page.waitForTimeout(400) },
  'contacts-empty': async (page) => { await signIn(page, 'super', '/contacts?phone=777'); await page.waitForTimeout(600) },
  'contact': async (page) => { await signIn(page, 'super', '/contacts'); await page.click('[data-role=contact-row] >> nth=0'); await page.waitForSelector(`${id('recording')}[data-ready=true]`); await page.click(id('play')); await page.waitForTimeout(2600) },
  'contact-add-reason': async (page) => { await signIn(page, 'super', '/contacts'); await page.click('[data-role=contact-row] >> nth=1'); await page.click(id('add-reason')); await page.waitForTimeout(700) },
  'contact-missing': async (page) => { await signIn(page, 'super', '/contacts/1'); await page.waitForTimeout(800) },
  'wallboard': async (page) => { await signIn(page, 'super', '/wallboard'); await page.waitForSelector(id('queue-table')); await page.waitForTimeout(Number(process.env.TREND_MS ?? 6500)) },
  'wallboard-far': async (page) => { await signIn(page, 'super', '/wallboard'); await page.waitForSelector(id('queue-table')); await page.click(id('full-screen')); await page.waitForTimeout(1200) },
  'planner': async (page) => { await signIn(page, 'super', '/planner'); await page.click(id('plan-compute')); await page.waitForSelector(id('plan-table')); await page.waitForTimeout(800) },
  'planner-empty': async (page) => { await signIn(page, 'super', '/planner'); await page.click(id('plan-by-staff')); await page.click(id('forecast-paste')); await page.waitForTimeout(500) },
  'call': async (page) => { await page.goto(`${base}/call`); await page.waitForSelector(id('call')) },
  'call-talking': async (page) => { await page.goto(`${base}/call`); await page.click(id('call')); await page.waitForSelector(`${id('call-page')}[data-state=answered]`); await page.click(id('digit-3')); await page.waitForTimeout(1800); console.log('  ', await page.evaluate(() => window.__hotlineAudio)) },
  'call-ended': async (page) => { await scenes['call-talking'](page); await page.click(id('hang-up')); await page.waitForTimeout(400) },
  'call-refused': async (page) => { await page.addInitScript(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }); await page.goto(`${base}/call`); await page.click(id('call')); await page.waitForSelector(id('microphone-help')) },
  'call-down': async (page) => { await page.goto(`${base}/call`); await page.waitForSelector(id('call')); await mock('down'); await page.reload(); await page.waitForTimeout(900) },
  'not-found': async (page) => { await page.goto(`${base}/nowhere`); await page.waitForSelector(id('not-found')) },
}

for (const [name, scene] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.some((part) => name === part || (part.endsWith('*') && name.startsWith(part.slice(0, -1))))) continue
  for (const language of languages) for (const theme of themes) {
    const phone = name.startsWith('call')
    const far = name.endsWith('far')
    const context = await browser.newContext({ viewport: phone ? { width: 400, height: 860 } : far ? { width: 1920, height: 1080 } : { width: 1440, height: 860 }, colorScheme: theme, permissions: ['microphone'] })
    await context.addInitScript((tag) => localStorage.setItem('hotline.language', tag), language)
    const page = await context.newPage()
    const label = `${name}.${language}.${theme}`
    page.on('pageerror', (error) => errors.push(`${label}: ${error.message}`))
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/Failed to load resource|WebSocket connection|ERR_EMPTY/.test(message.text())) errors.push(`${label}: ${message.text()}`) })
    try {
      await scene(page)
      await page.screenshot({ path: `${out}${label}.png` })
      console.log(label)
    } catch (error) {
      errors.push(`${label}: ${error.message.split('\n')[0]}`)
      await page.screenshot({ path: `${out}${label}.failed.png` }).catch(() => {})
    }
    await finish()
    await context.close()
  }
}
await browser.close()
for (const error of errors) console.log('PROBLEM', error)
process.exitCode = errors.length > 0 ? 1 : 0
