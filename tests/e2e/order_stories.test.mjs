// SPDX-License-Identifier: Apache-2.0
// Orders as people live them, each in a browser of their own: a complaint taken during a call, through two departments, returned once and
// re-opened by a customer who is not satisfied, to the archive. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import test from 'node:test'
import { id, openBrowser } from './lib/browser.mjs'
import { act, deskOf, gone, openOrder, orderIs, pick, shot } from './lib/order_pages.mjs'
import { Hotline, until } from './lib/server.mjs'
import { customerInQueue, hangUpAndWrapUp, readyDesk, takeCall } from './lib/story.mjs'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

test('a complaint from the call to the archive', { timeout: 150_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const api = await hotline.signIn('8901')
  const desk = await readyDesk(browser, hotline, '8001', { problems, locale: 'zh-CN' })
  let order

  await t.test('taken while the customer talks, by keyboard alone', async () => {
    const customer = await customerInQueue(browser, hotline, { problems })
    const call = await takeCall(desk)
    const [known] = (await api.get('/customers?q=2&limit=1')).body.items
    await id(desk, 'customer-query').fill(known.name)
    await desk.keyboard.press('Enter')
    await id(desk, 'customer-panel').locator('.found button', { hasText: known.number }).click()
    await id(desk, 'customer-record').waitFor()
    await desk.keyboard.press('F6')
    await id(desk, 'take-type').waitFor()
    const begun = Date.now()
    await id(desk, 'take-type').selectOption('complaint')
    await id(desk, 'take-title').focus()
    await desk.keyboard.type('套餐费重复扣收')
    await desk.keyboard.press('Tab')
    await id(desk, 'take-category').selectOption('charges')
    await id(desk, 'take-text').focus()
    await desk.keyboard.type('客户称四月扣了两次套餐费，要求退还')
    await shot(desk, 'take-order')
    await desk.keyboard.press('Control+Enter')
    await id(desk, 'order-made').waitFor()
    t.diagnostic(`typed and sent in ${Date.now() - begun} ms`)
    order = await id(desk, 'order-made').getAttribute('data-order-id')
    const { body } = await api.get(`/orders/${order}`)
    assert.deepEqual([body.order.contact_id, body.order.customer_id, body.order.owner_id, body.person], [call, known.id, '8001', known.name])
    await id(desk, `matter-${order}`).waitFor()
    await shot(desk, 'order-taken')
    await id(desk, 'take-close').click()
    await hangUpAndWrapUp(desk, 'ready')
    await customer.close()
  })

  await t.test('dispatched, accepted by the wrong department, transferred', async () => {
    await openOrder(desk, order)
    await act(desk, 'dispatch', { lead: '市场经营部', text: '请核实扣费' })
    await orderIs(desk, 'dispatched')
    const market = await deskOf(browser, hotline, '8232', { problems })
    await id(market, `tick-${order}`).check()
    await shot(market, 'inbox')
    await id(market, 'bulk-send').click()
    await id(market, 'bulk-results').waitFor()
    await until('it is accepted', async () => (await api.get(`/orders/${order}`)).body.order.state === 'handling')
    await id(market, 'view-accepted').click()
    await id(market, `order-${order}`).waitFor()
    const supervisor = await deskOf(browser, hotline, '8901', { problems })
    await openOrder(supervisor, order)
    await act(supervisor, 'transfer', { lead: 'Billing', text: 'It is about a bill' })
    await id(market, 'orders-refresh').click()
    await gone(market, `order-${order}`)
    await market.context().close()
    await supervisor.context().close()
  })

  await t.test('answered badly and returned, then answered with evidence', async () => {
    const billing = await deskOf(browser, hotline, '8236', { problems })
    await id(billing, `order-${order}`).click()
    await orderIs(billing, 'dispatched')
    await act(billing, 'accept', { text: '收到' })
    await act(billing, 'reply', { text: '系统正常', evidence: '出账记录' })
    await orderIs(billing, 'replied')
    await openOrder(desk, order)
    await act(desk, 'give_back', { text: '未说明为何扣两次' })
    await id(billing, 'orders-refresh').click()
    await openOrder(billing, order)
    await orderIs(billing, 'handling')
    await id(billing, 'attach-file').setInputFiles({ name: '退费单.exe', mimeType: 'text/html', buffer: PNG })
    await id(billing, 'attachments').locator('img').waitFor()
    await id(billing, 'attach-file').setInputFiles({ name: 'tool.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ\x90\x00\x03program') })
    await id(billing, 'attach-problem').waitFor()
    await id(billing, 'action-reply').click()
    const { attachments } = (await api.get(`/orders/${order}`)).body
    assert.deepEqual(attachments.map(({ name, content_type, bytes }) => [name, content_type, bytes]), [['退费单.exe.png', 'image/png', PNG.length]])
    await id(billing, `evidence-${attachments[0].id}`).check()
    await id(billing, 'action-text').fill('重复订购所致，已退一笔。')
    await id(billing, 'action-send').click()
    await orderIs(billing, 'replied')
    await shot(billing, 'story-page')
    await billing.context().close()
  })

  await t.test('told; not satisfied: it goes round once more', async () => {
    await desk.goto(`${hotline.url}/orders?view=to_tell`)
    await id(desk, `order-${order}`).click()
    await shot(desk, 'to-tell')
    await act(desk, 'tell', { text: '已告知退费' })
    await act(desk, 'ask', { answer: '不满意', text: '要求书面说明' })
    await orderIs(desk, 'accepted')
    await act(desk, 'dispatch', { lead: '计费账务中心', text: '补书面说明' })
    const head = await deskOf(browser, hotline, '8235', { problems })
    await openOrder(head, order)
    await act(head, 'accept', { text: 'taken' })
    await act(head, 'reply', { text: '说明函已寄，附退费明细', evidence: '说明函' })
    await head.context().close()
    await openOrder(desk, order)
    await act(desk, 'tell', { text: '已寄说明函' })
    await act(desk, 'ask', { answer: '满意' })
    await orderIs(desk, 'inspection')
  })

  await t.test('inspected, reported, assessed with the five conditions, archived', async () => {
    const quality = await deskOf(browser, hotline, '8903', { problems })
    const supervisor = await deskOf(browser, hotline, '8901', { problems })
    await openOrder(quality, order)
    await act(quality, 'inspect', { text: 'checked' })
    await openOrder(supervisor, order)
    await act(supervisor, 'report_up', { text: 'reported' })
    await openOrder(quality, order)
    await act(quality, 'assess', { text: 'Marketing: two points' })
    for (const nth of [0, 1, 2, 3, 4]) {
      await id(quality, 'action-record_condition').click()
      await pick(quality, 'action-condition', nth)
      await id(quality, 'action-text').fill('done')
      await id(quality, 'action-evidence').fill('notice 3')
      await id(quality, 'action-send').click()
      await until(`condition ${nth + 1} is recorded`, async () => (await api.get(`/orders/${order}`)).body.conditions.length === nth + 1)
      await id(quality, 'action-form').waitFor({ state: 'detached' })
    }
    await openOrder(supervisor, order)
    await act(supervisor, 'archive', { text: 'closed' })
    await orderIs(supervisor, 'archived')
    await shot(supervisor, 'archived')
    const { body } = await api.get(`/orders/${order}`)
    assert.deepEqual([body.order.closed, body.reopened, body.returned, body.order.owner_id], [true, 1, 1, '8001'])
  })

  await t.test('found by what was written, by its number, by the customer', async () => {
    await desk.goto(`${hotline.url}/orders?view=all`)
    const { body: { order: { number } } } = await api.get(`/orders/${order}`)
    for (const typed of ['重複扣收', '說明函', number.slice(0, 10), number.toLowerCase()]) {
      await id(desk, 'order-search').fill(typed)
      await desk.keyboard.press('Enter')
      await until(`"${typed}" is searched for`, async () => new URL(desk.url()).searchParams.get('search') === typed)
      await id(desk, `order-${order}`).waitFor()
    }
    await shot(desk, 'search')
    await id(desk, 'order-search').fill('沒有這件事')
    await desk.keyboard.press('Enter')
    await gone(desk, `order-${order}`)
  })
  assert.deepEqual(problems.filter((one) => !/401|415/.test(one)), [])
})
