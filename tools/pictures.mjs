// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of docs/images from a running demo city: `node tools/pictures.mjs` after `./run --build-only`.
// Twelve agents at SIP phones with sixteen callers, one agent and one customer in Chromium.
import fs from 'node:fs'
import path from 'node:path'
import { heard, id, openBrowser, openPage, signInDesk } from '../tests/e2e/lib/browser.mjs'
import { Floor } from '../tests/e2e/lib/floor.mjs'
import { root, until } from '../tests/e2e/lib/server.mjs'
import { callIs, hangUpAndWrapUp, pageIs, takeCall } from '../tests/e2e/lib/story.mjs'

const folder = path.join(root, 'docs/images')
fs.mkdirSync(folder, { recursive: true })
const ending = []
const t = { after: (end) => ending.unshift(end) }
const shot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`) })

try {
  const floor = await Floor.open(t, { agents: 12 })
  const { hotline, supervisor } = floor
  const browser = await openBrowser()
  t.after(() => browser.close())

  // More callers than phones: the browser's agent gets the one who has waited longest.
  const callers = []
  const { body } = await supervisor.get('/customers?q=1&limit=40')
  const numbers = (body.items ?? []).map((customer) => customer.phones[0]?.number).filter(Boolean)
  for (let i = 0; i < 16; ++i) callers.push(await floor.dial(numbers[i] ?? `0206${1_000_000 + i}`))

  const customer = await openPage(browser, `${hotline.url}/call`)
  await customer.setViewportSize({ width: 400, height: 860 })
  await id(customer, 'spoken-zh-Hans').click()
  await id(customer, 'call').click()
  await pageIs(customer, 'answered')
  await heard(customer, 'the welcome', 'received')
  await shot(customer, 'call-page')
  await id(customer, 'hang-up').or(id(customer, 'digit-0')).first().click()

  const desk = await openPage(browser, `${hotline.url}/desk`)
  await signInDesk(desk, '8020', hotline.accounts.agents)
  await id(desk, 'set-ready').click()
  await takeCall(desk)
  await callIs(desk, 'talking')
  await heard(desk, 'the caller', 'received', 0.02)
  await desk.waitForTimeout(3_000) // some talk on the clock
  await shot(desk, 'desk')

  const board = await openPage(browser, `${hotline.url}/desk`)
  await id(board, 'username').locator('input').or(board.locator('input[data-testid="username"]')).first().fill('8901')
  await id(board, 'password').locator('input').or(board.locator('input[data-testid="password"]')).first().fill(hotline.accounts.supervisors)
  await id(board, 'sign-in').click()
  await id(board, 'nav-wallboard').click()
  await until('the wallboard shows the queue', async () => /\d/.test(await board.locator('main').innerText()))
  await board.waitForTimeout(21_000) // a line on the chart
  await shot(board, 'wallboard')

  const call = await id(desk, 'call-panel').getAttribute('data-call-id')
  await hangUpAndWrapUp(desk, 'paused')
  await id(desk, 'nav-contacts').click()
  await id(desk, `contact-${call}`).click()
  await until('the recording is ready', async () => (await id(desk, 'recording').getAttribute('data-ready')) === 'true', 30_000)
  await desk.waitForTimeout(1_500) // the waveform is drawn
  await shot(desk, 'contact')
  for (const caller of callers) caller.hangUp?.()
} finally {
  for (const end of ending) await end()
}
