// SPDX-License-Identifier: Apache-2.0
// An install taken and booked during the call, moved twice, done; a visit that was missed while the hotline looked away; crews' shifts; what is
// overdue; lists as a board and as saved views. In browsers, as people do it. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import test from 'node:test'
import { id, openBrowser } from './lib/browser.mjs'
import { deskOf, openOrder, shot } from './lib/order_pages.mjs'
import { Hotline, until } from './lib/server.mjs'
import { customerInQueue, hangUpAndWrapUp, readyDesk, takeCall } from './lib/story.mjs'

const command_id = () => crypto.randomUUID()

test('visits promised with orders', { timeout: 150_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  let api = await hotline.signIn('8901')
  const { body: { items: crews } } = await api.get('/crews')
  const installers = crews.find((one) => one.settings.skills.includes('install'))
  const area = installers.settings.areas[0]
  const customers = (await api.get('/customers?q=1&limit=200')).body.items
  const known = customers.find((one) => one.phones.some((phone) => phone.exchange === area)) ?? customers[0]
  let order, visit
  const promised = async () => (await api.get(`/appointments/${visit}`)).body.appointment

  await t.test('an install is taken and its visit booked before the customer hangs up', async () => {
    const desk = await readyDesk(browser, hotline, '8001', { problems })
    const caller = await customerInQueue(browser, hotline, { problems })
    const call = await takeCall(desk)
    await id(desk, 'customer-query').fill(known.number)
    await desk.keyboard.press('Enter')
    await id(desk, 'customer-panel').locator('.found button').first().click()
    await id(desk, 'customer-record').waitFor()
    await desk.keyboard.press('F6')
    await id(desk, 'take-type').selectOption('product_order')
    await id(desk, 'take-title').fill('Broadband for the new flat')
    await id(desk, 'take-kind').selectOption('install')
    await id(desk, 'take-product').selectOption('broadband')
    await desk.keyboard.press('Control+Enter')
    await id(desk, 'order-made').waitFor()
    order = await id(desk, 'order-made').getAttribute('data-order-id')
    await desk.keyboard.press('Enter') // the button that books has the focus
    await id(desk, 'offer').nth(3).click()
    await id(desk, 'held').waitFor()
    await shot(desk, 'visit-held')
    await id(desk, 'book-confirm').click()
    await id(desk, 'visit-booked').waitFor()
    const [made] = (await api.get(`/appointments?order_id=${order}`)).body.items
    assert.deepEqual([made.state, made.contact_id, made.customer_id], ['booked', call, known.id])
    visit = made.id
    await hangUpAndWrapUp(desk, 'ready')
    await caller.close()
    await desk.context().close()
  })

  const agent = await deskOf(browser, hotline, '8002', { problems, locale: 'zh-CN' })
  await t.test('the customer moves it, the crew moves it, and it is done', async () => {
    await openOrder(agent, order)
    await shot(agent, 'order-with-visit')
    await id(agent, 'order-visit').click()
    for (const [words, nth, times] of [['客户出差', 5, 2], ['班组人员不足', 8, 3]]) {
      await id(agent, 'act-move').click()
      await id(agent, 'ask-text').fill(words)
      await id(agent, 'appointment').locator('[data-testid="offer"]').nth(nth).click()
      await until(`it is moved: ${words}`, async () => (await promised()).visits.length === times)
    }
    await id(agent, 'act-arrive').click()
    await id(agent, 'act-finish').click()
    await id(agent, 'ask-text').fill('已装机，测速正常')
    await id(agent, 'ask-send').click()
    await until('it is done', async () => (await promised()).state === 'done')
    assert.deepEqual((await promised()).visits.map((one) => one.outcome), ['changed_in_time', 'changed_in_time', 'kept'])
  })

  const supervisor = await deskOf(browser, hotline, '8901', { problems })
  await t.test('a crew\'s shifts are changed on their page, and what stood in them is named', async () => {
    const slot = (await api.get(`/appointments/slots?${new URLSearchParams({ area, skills: 'install' })}`)).body.items.at(-1).slot
    const { body: { appointment: held } } = await api.post('/appointments', { command_id: command_id(), area, skills: ['install'], slot, person: '陈静' })
    await supervisor.goto(`${hotline.url}/crews`)
    await id(supervisor, `crew-row-${slot.crew_id}`).click()
    await id(supervisor, 'add-date').click()
    await id(supervisor, 'date-0').fill(slot.day)
    await shot(supervisor, 'crews')
    await id(supervisor, 'crew-save').click()
    await id(supervisor, 'stranded').getByText('陈静').waitFor()
    await shot(supervisor, 'crews-stranded')
    assert.deepEqual((await api.get('/crews')).body.items.find((one) => one.id === slot.crew_id).settings.days, { [slot.day]: [] })
    await id(supervisor, 'add-monday').click()
    await id(supervisor, 'to-monday-0').fill('07:00')
    await id(supervisor, 'crew-fault').first().waitFor()
    assert.equal(await id(supervisor, 'crew-save').isDisabled(), true)
    await api.post(`/appointments/${held.id}/actions`, { command_id: command_id(), action: 'cancel', by: 'company', text: 'no shift' })
  })

  await t.test('a list as a board, narrowed, and kept as a view at every desk', async () => {
    await supervisor.goto(`${hotline.url}/orders?view=due`)
    await id(supervisor, 'filter-type').selectOption('product_order')
    await id(supervisor, 'toggle-board').click()
    await id(supervisor, 'column-accepted').locator(`[data-testid="card-${order}"]`).waitFor()
    await id(supervisor, 'view-new').click()
    await id(supervisor, 'view-name').fill('Installs')
    await id(supervisor, 'view-save').click()
    await id(supervisor, 'saved-Installs').waitFor()
    await shot(supervisor, 'board')
    const elsewhere = await deskOf(browser, hotline, '8901', { problems })
    await id(elsewhere, 'saved-Installs').click()
    await id(elsewhere, `card-${order}`).waitFor()
    await elsewhere.context().close()
  })
  await t.test('a supervisor hands it over to another owner', async () => {
    await openOrder(supervisor, order)
    await id(supervisor, 'action-hand_over').click()
    await id(supervisor, 'action-agent').locator('input').fill('8002')
    await supervisor.locator('.el-select-dropdown__item', { hasText: '8002' }).locator('visible=true').first().click()
    await id(supervisor, 'action-text').fill('She knows the customer')
    await id(supervisor, 'action-send').click()
    await until('it has another owner', async () => (await api.get(`/orders/${order}`)).body.order.owner_id === '8002')
  })
  await Promise.all([agent, supervisor].map((page) => page.context().close()))

  await t.test('five days later: nobody came, the orders are overdue, and all of it is seen', async () => {
    const tomorrow = Date.now() + 86_400_000
    const slot = (await api.get(`/appointments/slots?${new URLSearchParams({ area, limit: '200' })}`)).body.items.find((one) => one.begins_ms > tomorrow).slot
    const { body: { order: fault } } = await api.post('/orders', { command_id: command_id(), type: 'complaint', title: '断线三天无人来修', customer_id: known.id, fields: { category: 'delay' } })
    const { body: { appointment: held } } = await api.post('/appointments', { command_id: command_id(), area, skills: [], slot, order_id: fault.id, person: '李芳' })
    assert.equal((await api.post(`/appointments/${held.id}/actions`, { command_id: command_id(), action: 'book' })).status, 200)
    await hotline.stop({ keep: true })
    await hotline.launch({ ahead_s: 5 * 86_400 })
    api = await hotline.signIn('8901')
    await until('it is missed', async () => (await api.get(`/appointments/${held.id}`)).body.appointment.state === 'missed', 20_000, 200)
    await until('its order is escalated', async () => (await api.get(`/orders/${fault.id}`)).body.order.level, 20_000, 200)

    // The browser's clock is the server's: five days on.
    const desk = await deskOf(browser, hotline, '8901')
    await desk.goto(`${hotline.url}/standing`)
    await until('the hotline\'s own delay is counted', async () => Number(await id(desk, 'total-overdue').textContent()) >= 2)
    await shot(desk, 'standing')
    await id(desk, 'by-type').click()
    await id(desk, 'standing-complaint').getByRole('link').last().click()
    await id(desk, `order-${fault.id}`).waitFor()
    await id(desk, `order-${fault.id}`).click()
    await id(desk, 'order-links').locator('[data-state="missed"]').waitFor()
    await shot(desk, 'order-missed')
    await id(desk, 'order-visit').click()
    await id(desk, 'act-move').click()
    await id(desk, 'appointment').getByText('We have to').click()
    await id(desk, 'ask-text').fill('promised anew with an apology')
    await id(desk, 'appointment').locator('[data-testid="offer"]').first().click()
    await until('it is promised anew', async () => (await api.get(`/appointments/${held.id}`)).body.appointment.state === 'booked')
    assert.deepEqual((await api.get(`/appointments/${held.id}`)).body.appointment.visits.map((one) => one.outcome), ['missed_by_company', 'open'])
  })
  assert.deepEqual(problems.filter((one) => !one.includes('401')), [])
})
