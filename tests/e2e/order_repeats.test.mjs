// SPDX-License-Identifier: Apache-2.0
// A customer who calls twice about the same matter, in browsers: the second complaint's details are corrected, it is merged into the first, and both
// are told with the one result; of two who act at once the slower reads what happened and goes on. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import test from 'node:test'
import { id, openBrowser } from './lib/browser.mjs'
import { act, deskOf, openOrder, orderIs, pick, shot } from './lib/order_pages.mjs'
import { Hotline, until } from './lib/server.mjs'

test('a repeat is corrected, merged into the first complaint, and told with it', { timeout: 90_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const api = await hotline.signIn('8001')
  const [customer] = (await api.get('/customers?q=2&limit=1')).body.items
  const complaint = async (nth, category) => (await api.post('/orders', { command_id: `complaint-${nth}`, type: 'complaint', title: `宽带断线第 ${nth} 次`, customer_id: customer.id, fields: { category } })).body.order
  const first = await complaint(1, 'quality')
  const repeat = await complaint(2, 'charges')
  const desk = await deskOf(browser, hotline, '8001', { problems })
  const colleague = await deskOf(browser, hotline, '8002', { problems })

  await t.test('what was taken down wrongly is corrected', async () => {
    await openOrder(desk, repeat.id)
    await id(desk, 'action-set_fields').click()
    await id(desk, 'action-form').locator('.el-select').first().click()
    await desk.locator('.el-select-dropdown__item:visible', { hasText: 'Line or network quality' }).first().click()
    await id(desk, 'action-text').fill('It is about the line, not the bill')
    await shot(desk, 'details-changed')
    await id(desk, 'action-send').click()
    await until('the category is another', async () => (await api.get(`/orders/${repeat.id}`)).body.fields.category === 'quality')
  })

  await t.test('the slower of two is told, reads it again, and goes on', async () => {
    await openOrder(colleague, repeat.id)
    await openOrder(desk, repeat.id)
    await act(desk, 'note', { text: 'The customer calls again' })
    await id(colleague, 'action-note').click()
    await id(colleague, 'action-text').fill('I have not seen the note')
    await id(colleague, 'action-send').click()
    await id(colleague, 'action-problem').waitFor()
    await until('what was written is shown', async () => (await id(colleague, 'order-story').textContent()).includes('The customer calls again'))
    await shot(colleague, 'stale')
    assert.ok(!(await id(colleague, 'order-story').textContent()).includes('I have not seen'))
    assert.equal(await id(colleague, 'action-text').inputValue(), 'I have not seen the note', 'what was typed stays')
    await id(colleague, 'action-text').fill('Now I have seen it')
    await id(colleague, 'action-send').click()
    await until('it is written', async () => (await id(colleague, 'order-story').textContent()).includes('Now I have seen it'))
    await id(colleague, 'action-form').waitFor({ state: 'detached' })
  })

  await t.test('merged: each leads to the other', async () => {
    await openOrder(desk, repeat.id)
    await id(desk, 'action-merge').click()
    await pick(desk, 'action-order', `${first.number} ${first.title}`)
    await id(desk, 'action-text').fill('The same matter')
    await shot(desk, 'merge')
    await id(desk, 'action-send').click()
    await orderIs(desk, 'merged')
    await id(desk, 'order-links').locator(`a[href="/orders/${first.id}"]`).click()
    await until('the first is shown', async () => desk.url().endsWith(`/orders/${first.id}`))
    await id(desk, 'order-links').locator(`a[href="/orders/${repeat.id}"]`).waitFor()
  })

  await t.test('the one result is told of both', async () => {
    await openOrder(desk, first.id)
    await act(desk, 'solve', { text: 'The line was renewed' })
    await orderIs(desk, 'replied')
    await until('the repeat has the result too', async () => (await api.get(`/orders/${repeat.id}`)).body.result === 'The line was renewed')
    for (const order of [first, repeat]) {
      await openOrder(desk, order.id)
      await act(desk, 'tell', { text: 'Told by telephone' })
      await act(desk, 'ask', { answer: 'Satisfied' })
    }
    await shot(desk, 'repeat-told')
    const { order, fields, story } = (await api.get(`/orders/${repeat.id}`)).body
    assert.deepEqual([order.merged_into, fields.category], [first.id, 'quality'])
    assert.ok(story.some(({ action }) => action === 'merge'))
  })
  assert.deepEqual(problems.filter((one) => !/401|409/.test(one)), [])
})
