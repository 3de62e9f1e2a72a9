// SPDX-License-Identifier: Apache-2.0
// Appointments as people make them: an agent finds a window while the customer is on the line, books it, moves it twice,
// the crew comes and is done. Twelve callers at once for the last places of a window. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import path from 'node:path'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })
const command_id = () => crypto.randomUUID()

test('appointments', { timeout: 120_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const agent = await hotline.signIn('8001')
  const supervisor = await hotline.signIn('8901')
  const { body: { items: crews } } = await agent.get('/crews')
  const crew = crews.find((one) => one.settings.skills.includes('install'))
  const area = crew.settings.areas[0]
  const query = (values) => new URLSearchParams(values).toString()
  const slots = async () => (await agent.get(`/appointments/slots?${query({ area, skills: 'install', limit: 200 })}`)).body.items

  await t.test('twelve at once for one window: as many promises as places', async () => {
    const wanted = (await slots())[0]
    const answers = await Promise.all(Array.from({ length: 12 }, () =>
      agent.post('/appointments', { command_id: command_id(), area, skills: ['install'], slot: wanted.slot })))
    assert.equal(answers.filter((one) => one.status === 201).length, wanted.free)
    for (const refused of answers.filter((one) => one.status !== 201)) assert.equal(refused.body.error.code, 'full')
    assert.ok(!(await slots()).some((one) => one.slot.day === wanted.slot.day && one.slot.from === wanted.slot.from))
  })

  await t.test('a shift that changes names the promises that no longer stand', async () => {
    const wanted = (await slots())[0]
    const held = (await agent.post('/appointments', { command_id: command_id(), area, skills: [], slot: wanted.slot })).body.appointment
    const settings = { ...crew.settings, days: { [wanted.slot.day]: [] } }
    assert.equal((await agent.put(`/crews/${crew.id}`, settings)).status, 403)
    const saved = await supervisor.put(`/crews/${crew.id}`, settings)
    assert.equal(saved.status, 200, JSON.stringify(saved.body))
    assert.ok(saved.body.stranded.some((one) => one.id === held.id))
    assert.equal((await supervisor.put(`/crews/${crew.id}`, crew.settings)).body.stranded.length, 0)
  })

  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const page = await openPage(browser, `${hotline.url}/appointments`, { problems })
  await signInDesk(page, '8001', hotline.accounts.agents)
  const state = () => id(page, 'appointment').locator('[data-state]').first().getAttribute('data-state')
  const outcomes = () => id(page, 'appointment').locator('[data-outcome]').evaluateAll((all) => all.map((one) => one.dataset.outcome))

  await t.test('booked in the browser, moved twice, done', async () => {
    await id(page, 'book').click()
    await id(page, 'book-area').click()
    await page.locator('.el-select-dropdown__item', { hasText: area }).locator('visible=true').first().click()
    await id(page, 'book-person').fill('王小明')
    await id(page, 'book-phone').fill('059088111234')
    await id(page, 'book-place').fill('望潮路 12 號')
    await id(page, 'offer').first().waitFor()
    await shot(page, 'appointment-offers')
    await id(page, 'offer').nth(3).click()
    await id(page, 'held').waitFor()
    await shot(page, 'appointment-held')
    await id(page, 'book-confirm').click()
    await until('it is booked', async () => (await state()) === 'booked')
    for (const [why, nth, times] of [['away on business', 5, 1], ['the crew is ill', 7, 2]]) {
      await id(page, 'act-move').click()
      await id(page, 'ask-text').fill(why)
      await id(page, 'appointment').locator('[data-testid="offer"]').nth(nth).click()
      await until(`it is moved: ${why}`, async () => (await outcomes()).length === times + 1)
    }
    assert.deepEqual((await outcomes()).slice(0, 2), ['changed_in_time', 'changed_in_time'])
    await id(page, 'act-arrive').click()
    await until('the crew is there', async () => (await state()) === 'on_site')
    await id(page, 'act-finish').click()
    await id(page, 'ask-text').fill('telephone connected and measured')
    await id(page, 'ask-send').click()
    await until('it is done', async () => (await state()) === 'done')
    assert.deepEqual(await outcomes(), ['changed_in_time', 'changed_in_time', 'kept'])
    await shot(page, 'appointment-done')
  })

  await t.test('the score of the crews has the visit', async () => {
    const { body: { items } } = await supervisor.get('/crews/scores')
    assert.equal(items.reduce((sum, one) => sum + one.company.kept, 0), 1)
    assert.equal((await agent.get('/crews/scores')).status, 403)
  })

  assert.deepEqual(problems.filter((one) => !one.includes('401')), []) // asked for its session before the sign-in
  await page.close()

  await t.test('three days later: nobody came, which the hotline has seen by itself', async () => {
    const day = Date.now() + 86_400_000
    const wanted = (await slots()).find((one) => one.begins_ms > day && one.begins_ms < day + 86_400_000)
    const { body: { appointment: held } } = await agent.post('/appointments', { command_id: command_id(), area, skills: ['install'], slot: wanted.slot, person: '李芳' })
    assert.equal((await agent.post(`/appointments/${held.id}/actions`, { command_id: command_id(), action: 'book' })).status, 200)
    const lapsing = (await agent.post('/appointments', { command_id: command_id(), area, skills: ['install'], slot: wanted.slot })).body.appointment
    await hotline.stop({ keep: true })
    await hotline.launch({ ahead_s: 3 * 86_400 })
    const later = await hotline.signIn('8901')
    const states = async () => [(await later.get(`/appointments/${held.id}`)).body.appointment, (await later.get(`/appointments/${lapsing.id}`)).body.appointment]
    await until('one is missed, the other has lapsed', async () => (await states()).map((one) => one.state).join() === 'missed,lapsed', 20_000, 200)
    const { body: { items: scores } } = await later.get('/crews/scores')
    assert.equal(scores.reduce((sum, one) => sum + one.company.broken, 0), 1)

    const desk = await openPage(browser, `${hotline.url}/appointments?day=${wanted.slot.day}`)
    await signInDesk(desk, '8901', hotline.accounts.supervisors)
    await id(desk, `slot-${wanted.slot.crew_id}-${wanted.slot.day}-${wanted.slot.from}`).click()
    await id(desk, 'window').locator('[data-state="missed"]').click()
    await shot(desk, 'appointment-missed')
    await id(desk, 'act-move').click()
    await id(desk, 'appointment').getByText('We have to').click()
    await id(desk, 'ask-text').fill('promised anew with an apology')
    await id(desk, 'appointment').locator('[data-testid="offer"]').first().click()
    await until('it is promised anew', async () => (await states())[0].state === 'booked')
    assert.deepEqual((await states())[0].visits.map((one) => one.outcome), ['missed_by_company', 'open'])
  })
})
