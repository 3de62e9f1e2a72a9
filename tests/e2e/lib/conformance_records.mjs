// SPDX-License-Identifier: Apache-2.0
// The part of api_conformance.test.mjs that is about work orders and appointments.
import assert from 'node:assert/strict'

export async function workOrders({ t, ask, guarded, badField, hotline, agent, supervisor, me }) {
  await t.test('work orders', async () => {
    const admin = await hotline.signIn('8999')
    const billing = await hotline.signIn('8236') // of the billing department
    let count = 0
    const command_id = () => `conformance-${++count}`
    for (const operation of ['list_order_types', 'get_organisation', 'list_orders', 'list_order_notices']) await guarded(operation, {})
    const types = (await ask('list_order_types', 200, { as: agent })).body.items
    assert.equal(types.length, 12)
    const organisation = (await ask('get_organisation', 200, { as: agent })).body
    assert.ok(organisation.departments.find(({ code }) => code === 'billing').members.every(({ name }) => name))

    const order = () => ({ command_id: command_id(), type: 'complaint', title: '重复扣费', text: '四月扣了两次', phone: '0590-88110001', person: '王女士', fields: { category: 'charges' } })
    await guarded('create_order', { as: agent, body: order() })
    await ask('create_order', 403, { as: billing, body: order() })
    for (const [field, value] of Object.entries({ command_id: 'x', type: 'moon', title: '', text: 'x'.repeat(8001), phone: '1'.repeat(33), fields: { category: 'moon' }, customer_id: '99999999', contact_id: '99999999', extra: 1 })) {
      assert.match((await ask('create_order', 400, { as: agent, body: { ...order(), [field]: value } })).body.error.field, new RegExp(`^${field}`))
    }
    badField(await ask('create_order', 400, { as: agent, body: { ...order(), fields: {} } }), 'fields.category')
    await ask('create_order', 413, { as: agent, raw: JSON.stringify({ ...order(), text: 'x'.repeat(300_000) }) })
    const once = order()
    const made = (await ask('create_order', 201, { as: agent, body: once })).body
    assert.equal((await ask('create_order', 201, { as: agent, body: once })).body.order.id, made.order.id)
    assert.equal((await ask('create_order', 409, { as: agent, body: { ...once, title: 'another' } })).body.error.code, 'command_reused')
    assert.match(made.order.number, /^TS[0-9]{10}$/)
    assert.deepEqual([made.order.state, made.order.owner_id, made.story.length], ['accepted', me, 1])

    const path = { id: made.order.id }
    await guarded('get_order', { path, as: agent })
    for (const id of ['12345', 'x', '18446744073709551615']) await ask('get_order', 404, { path: { id }, as: agent })
    await ask('get_order', 404, { path, as: billing }) // nothing to do with it yet
    const act = (expected, as, action, more = {}, id = made.order.id) => ask('act_on_order', expected, { as, path: { id }, body: { command_id: command_id(), action, ...more } })
    await guarded('act_on_order', { as: agent, path, body: { command_id: command_id(), action: 'note', text: 'x' } })
    await act(404, agent, 'note', { text: 'x' }, '12345')
    await act(404, billing, 'note', { text: 'x' })
    for (const more of [{}, { text: 'go', lead: 'moon' }, { text: 'go', lead: 'billing', departments: ['billing'] }, { text: 'go', lead: 'billing', answer: 'maybe' }, { text: 'go', more: 1 }]) await act(400, agent, 'dispatch', more)
    await act(400, agent, 'fly')
    await act(400, agent, 'hand_over', { agent_id: '99999' })
    await ask('act_on_order', 413, { as: agent, path, raw: 'x'.repeat(300_000) })
    assert.equal((await act(409, agent, 'tell', { text: 'x', channel: 'phone' })).body.error.code, 'wrong_state')
    assert.equal((await act(409, agent, 'dispatch', { text: 'go', lead: 'billing', version: 99 })).body.error.code, 'stale')
    const sent = (await act(200, agent, 'dispatch', { text: '请核实', lead: 'billing', departments: ['market'], version: 1 })).body
    assert.deepEqual([sent.order.state, sent.order.lead, sent.parts.length], ['dispatched', 'billing', 2])
    await act(403, agent, 'accept')
    assert.equal((await act(200, billing, 'accept')).body.order.state, 'handling')
    assert.ok((await ask('get_order', 200, { path, as: billing })).body.actions.includes('reply'))
    await act(200, billing, 'ask_extension', { clock: 'handle', duration_ms: 3_600_000, text: '需查历史账单' })

    assert.equal((await ask('list_orders', 200, { as: billing, query: { department: 'billing', sort: 'due' } })).body.items[0].id, made.order.id)
    for (const query of [{}, { department: 'market' }, { owner_id: me }]) await ask('list_orders', 403, { as: billing, query })
    assert.equal((await ask('list_orders', 200, { as: agent, query: { phone: '10001', type: 'complaint', state: 'handling', closed: 'false' } })).body.items.length, 1)
    assert.equal((await ask('list_orders', 200, { as: agent, query: { number: made.order.number } })).body.items.length, 1)
    assert.deepEqual((await ask('list_orders', 200, { as: agent, query: { owner_id: me, to_tell: 'true', due_before_ms: 1, before_id: '1', customer_id: '1', contact_id: '1', partner: '110' } })).body.items, [])
    for (const query of [{ owner_id: 'x' }, { customer_id: '-1' }, { contact_id: 'x' }, { before_id: 'x' }, { due_before_ms: 'now' }, { closed: 'yes' }, { to_tell: 'no' }, { sort: 'best' }, { limit: 0 }, { type: 'x'.repeat(65) }, { phone: 'abc' }]) {
      badField(await ask('list_orders', 400, { as: agent, query }), Object.keys(query)[0])
    }
    const notices = (await ask('list_order_notices', 200, { as: billing })).body.items
    assert.deepEqual(notices.map(({ kind, order_id }) => [kind, order_id]), [['dispatch', made.order.id]])
    assert.deepEqual((await ask('list_order_notices', 200, { as: billing, query: { before_id: notices[0].id, limit: 5 } })).body.items, [])
    for (const query of [{ before_id: 'x' }, { limit: 0 }]) await ask('list_order_notices', 400, { as: billing, query })

    await guarded('set_organisation', { as: admin, body: organisation })
    await ask('set_organisation', 403, { as: supervisor, body: organisation })
    const [first, ...rest] = organisation.departments
    for (const wrong of [{}, { departments: [] }, { ...organisation, departments: [{ ...first, parent: 'moon' }, ...rest] }, { ...organisation, departments: [{ ...first, calendar: 'moon' }, ...rest] },
      { ...organisation, departments: [{ ...first, members: [{ agent_id: '99999', position: 'head' }] }, ...rest] }, { ...organisation, departments: [{ ...first, members: [{ agent_id: me, position: 'king' }] }, ...rest] },
      { ...organisation, calendars: [{ code: 'business', utc_offset_minutes: 480, week: { monday: ['12:00-08:00'] }, days: {} }] }, { ...organisation, calendars: [{ code: 'business', utc_offset_minutes: 480, week: {}, days: { tomorrow: [] } }] }]) {
      await ask('set_organisation', 400, { as: admin, body: wrong })
    }
    await ask('set_organisation', 413, { as: admin, raw: 'x'.repeat(1_100_000) })
    await ask('set_organisation', 204, { as: admin, body: organisation })
    assert.deepEqual((await ask('get_organisation', 200, { as: agent })).body, organisation)
  })
}

export async function appointments({ t, ask, guarded, badField, agent, supervisor }) {
  await t.test('crews and appointments', async () => {
    const week = Object.fromEntries(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) => [day, [{ window: '08:00-09:00', capacity: 1 }]]))
    const settings = { name: 'Night', areas: ['zone'], skills: ['repair'], week }
    const big = { as: supervisor, raw: 'x'.repeat(70_000) }
    for (const operation of ['list_crews', 'get_crew_scores', 'find_slots', 'list_appointments']) await guarded(operation, { as: supervisor })
    await ask('list_crews', 200, { as: agent })
    await guarded('add_crew', { as: supervisor, body: settings })
    await ask('add_crew', 403, { as: agent, body: settings })
    for (const wrong of [{}, { ...settings, name: '' }, { ...settings, areas: [] }, { ...settings, week: { someday: [] } }, { ...settings, week: { monday: [{ window: '8-9', capacity: 1 }] } },
      { ...settings, week: { monday: [{ window: '08:00-09:00', capacity: 0 }] } }, { ...settings, days: { '2026-02-30': [] } }, { ...settings, skills: ['a b'] }]) await ask('add_crew', 400, { as: supervisor, body: wrong })
    await ask('add_crew', 413, big)
    const { id } = (await ask('add_crew', 201, { as: supervisor, body: settings })).body.crew
    await guarded('set_crew', { as: supervisor, path: { id }, body: settings })
    await ask('set_crew', 403, { as: agent, path: { id }, body: settings })
    await ask('set_crew', 400, { as: supervisor, path: { id }, body: {} })
    for (const wrong of ['12345', 'x']) await ask('set_crew', 404, { as: supervisor, path: { id: wrong }, body: settings })
    await ask('set_crew', 413, { ...big, path: { id } })
    await ask('set_crew', 200, { as: supervisor, path: { id }, body: { ...settings, name: 'Zone' } })

    for (const query of [{}, { area: '' }, { area: 'zone', from_ms: 'x' }, { area: 'zone', from_ms: 0, to_ms: 99 * 86_400_000 }, { area: 'zone', limit: 0 }]) await ask('find_slots', 400, { as: agent, query })
    const [first, second] = (await ask('find_slots', 200, { as: agent, query: { area: 'zone', skills: 'repair' } })).body.items
    let commands = 0
    const command_id = () => `command-${++commands}`
    const body = { command_id: command_id(), area: 'zone', skills: [], slot: first.slot, person: 'Wang' }
    await guarded('hold_appointment', { as: agent, body })
    for (const wrong of [{ ...body, command_id: 'x' }, { ...body, slot: { ...first.slot, day: 'soon' } }, { ...body, area: '' }, { ...body, customer_id: '987654321' }, { ...body, more: 1 }]) await ask('hold_appointment', 400, { as: agent, body: wrong })
    await ask('hold_appointment', 413, { ...big, as: agent })
    const held = (await ask('hold_appointment', 201, { as: agent, body })).body.appointment
    assert.equal((await ask('hold_appointment', 201, { as: agent, body })).body.appointment.id, held.id)
    assert.equal((await ask('hold_appointment', 409, { as: agent, body: { ...body, command_id: command_id() } })).body.error.code, 'full')
    const path = { id: held.id }
    await guarded('get_appointment', { as: agent, path })
    await ask('get_appointment', 200, { as: agent, path })
    for (const wrong of ['12345', 'x', '99999999999999999999']) await ask('get_appointment', 404, { as: agent, path: { id: wrong } })
    const act = (expected, part) => ask('act_on_appointment', expected, { as: agent, path, body: { command_id: command_id(), ...part } })
    await guarded('act_on_appointment', { as: agent, path, body: { command_id: command_id(), action: 'book' } })
    for (const wrong of [{ action: 'fly' }, { action: 'move', by: 'customer', text: 'x' }, { action: 'cancel', text: 'x' }, { action: 'book', by: 'company' }]) await act(400, wrong)
    await act(409, { action: 'finish', text: 'x' })
    await act(409, { action: 'book', version: 99 })
    await act(200, { action: 'book' })
    await act(400, { action: 'cancel', by: 'customer' }) // without a reason
    await act(200, { action: 'move', by: 'customer', slot: second.slot, text: 'away' })
    await ask('act_on_appointment', 404, { as: agent, path: { id: '12345' }, body: { command_id: command_id(), action: 'book' } })
    await ask('act_on_appointment', 413, { ...big, as: agent, path })
    for (const query of [{ from_day: 'x' }, { to_day: '2026-13-01' }, { crew_id: 'x' }, { order_id: '-' }, { customer_id: 'x' }]) badField(await ask('list_appointments', 400, { as: agent, query }), Object.keys(query)[0])
    assert.equal((await ask('list_appointments', 200, { as: agent, query: { crew_id: id, from_day: second.slot.day, to_day: second.slot.day } })).body.items.length, 1)
    await ask('get_crew_scores', 403, { as: agent })
    await ask('get_crew_scores', 400, { as: supervisor, query: { from_ms: 'x' } })
    await ask('get_crew_scores', 200, { as: supervisor })
  })
}
