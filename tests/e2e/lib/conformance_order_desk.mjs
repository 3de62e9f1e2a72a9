// SPDX-License-Identifier: Apache-2.0
// The part of api_conformance.test.mjs that is about finding orders, many at once, what stands where, views and attachments.
import assert from 'node:assert/strict'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

export async function orderDesk({ t, ask, guarded, badField, hotline, agent, other, supervisor, me }) {
  await t.test('the order desk', async () => {
    const billing = await hotline.signIn('8237')
    let count = 0
    const command_id = () => `order-desk-${++count}`
    const make = async (title, more = {}) => (await ask('create_order', 201, { as: agent, body: { command_id: command_id(), type: 'complaint', title, fields: { category: 'charges' }, ...more } })).body.order
    const orders = [await make('裝機費多收 Zählerstand'), await make('宽带掉线', { phone: '059088117654', person: '欧阳明月' }), await make('装机费未退')]
    const ids = orders.map(({ id }) => id)

    const found = async (query, as = agent) => (await ask('list_orders', 200, { as, query })).body.items.map(({ id }) => id)
    assert.deepEqual(await found({ search: '装机费' }), [ids[2], ids[0]])
    assert.deepEqual(await found({ search: '裝機費 zählerstand' }), [ids[0]])
    assert.deepEqual(await found({ search: '歐陽明月' }), [ids[1]])
    assert.deepEqual(await found({ search: orders[1].number }), [ids[1]])
    assert.deepEqual(await found({ search: '8811-7654' }), [ids[1]])
    assert.deepEqual(await found({ search: '装机费', owner_id: me, sort: 'due' }), [ids[0], ids[2]])
    assert.deepEqual(await found({ search: '装机费', limit: 1, before_id: ids[2] }), [ids[0]])
    assert.deepEqual(await found({ search: '装机费', state: 'archived' }), [])
    const [{ due_ms }] = (await ask('list_orders', 200, { as: agent, query: { owner_id: me, search: '装机费', sort: 'due' } })).body.items
    assert.deepEqual(await found({ owner_id: me, search: '装机费', sort: 'due', after_id: ids[0], after_due_ms: due_ms }), [ids[2]])
    assert.deepEqual(await found({ handler_id: '8237', lead: '-', level: 1 }, billing), [])
    for (const query of [{ search: ' ' }, { search: 'x'.repeat(801) }, { handler_id: 'x' }, { level: 'high' }, { after_id: 'x' }, { after_due_ms: 'now' }, { lead: 'x'.repeat(65) }]) {
      badField(await ask('list_orders', 400, { as: agent, query }), Object.keys(query)[0])
    }
    await ask('list_orders', 403, { as: billing, query: { search: '装机费' } })

    const many = (more = {}) => ({ command_id: command_id(), action: 'note', text: '已核对', order_ids: ids, ...more })
    await guarded('act_on_orders', { as: agent, body: many() })
    for (const [field, value] of Object.entries({ command_id: 'x', action: 'No Code', order_ids: [], text: 'x'.repeat(8001), extra: 1, agent_id: '99999' })) {
      badField(await ask('act_on_orders', 400, { as: agent, body: many({ [field]: value }) }), field)
    }
    await ask('act_on_orders', 413, { as: agent, raw: 'x'.repeat(70_000) })
    const results = (await ask('act_on_orders', 200, { as: billing, body: many({ action: 'accept' }) })).body.items
    assert.deepEqual(results.map(({ code }) => code), ['not_found', 'not_found', 'not_found'])
    await ask('act_on_order', 200, { as: agent, path: { id: ids[1] }, body: { command_id: command_id(), action: 'dispatch', lead: 'billing', text: 'go' } })
    const chase = many({ action: 'chase', order_ids: [...ids, '12345', ids[0]] })
    const first = (await ask('act_on_orders', 200, { as: agent, body: chase })).body.items
    const again = (await ask('act_on_orders', 200, { as: agent, body: chase })).body.items
    assert.deepEqual(again.map(({ code, version }) => [code, version]), first.map(({ code, version }) => [code, version]), 'done once')
    assert.equal(first.length, 4)
    assert.equal(first.find(({ order_id }) => order_id === '12345').code, 'not_found')
    assert.equal((await ask('get_order', 200, { as: agent, path: { id: ids[1] } })).body.chased, 1)
    assert.equal((await ask('act_on_orders', 200, { as: agent, body: { ...chase, action: 'note' } })).body.items[1].code, 'command_reused')

    await guarded('get_order_standing', {})
    badField(await ask('get_order_standing', 400, { as: agent, query: { within_ms: 'soon' } }), 'within_ms')
    const standing = (await ask('get_order_standing', 200, { as: supervisor, query: { within_ms: 86_400_000 } })).body.items
    assert.ok(standing.some(({ lead, open }) => lead === 'billing' && open >= 1))
    assert.ok(standing.some(({ lead, at_risk }) => !lead && at_risk >= 2), 'to be answered first within two hours')
    assert.ok((await ask('get_order_standing', 200, { as: billing })).body.items.every(({ lead }) => lead === 'billing'), 'others\' figures are not theirs')

    const view = { name: '晚班', settings: { view: 'overdue', type: 'complaint' } }
    const path = { id: 'late-shift' }
    await guarded('list_order_views', {})
    await guarded('save_order_view', { as: agent, path, body: view })
    await guarded('delete_order_view', { as: agent, path })
    await ask('save_order_view', 204, { as: agent, path, body: view })
    for (const body of [{}, { ...view, name: '' }, { ...view, name: 'x'.repeat(101) }, { ...view, extra: 1 }, { ...view, settings: { a: 'x'.repeat(401) } }, { ...view, settings: { a: 1 } }]) await ask('save_order_view', 400, { as: agent, path, body })
    await ask('save_order_view', 400, { as: agent, path: { id: 'no id' }, body: view })
    await ask('save_order_view', 413, { as: agent, path, raw: 'x'.repeat(20_000) })
    assert.deepEqual((await ask('list_order_views', 200, { as: agent })).body.items, [{ id: 'late-shift', ...view }])
    assert.deepEqual((await ask('list_order_views', 200, { as: other })).body.items, [], 'everybody has their own')
    for (let i = 0; i < 49; ++i) await ask('save_order_view', 204, { as: agent, path: { id: `v${i}` }, body: view })
    await ask('save_order_view', 409, { as: agent, path: { id: 'one-more' }, body: view })
    await ask('delete_order_view', 204, { as: agent, path })
    await ask('delete_order_view', 204, { as: agent, path })

    const to = { id: ids[1] }
    const file = (more = {}) => ({ name: '现场照片.exe', command_id: command_id(), ...more })
    await guarded('attach_to_order', { as: agent, path: to, query: file(), raw: PNG })
    for (const query of [file({ name: '' }), file({ command_id: 'x' }), file({ name: 'x'.repeat(401) }), file({ text: 'x'.repeat(8001) })]) await ask('attach_to_order', 400, { as: agent, path: to, query, raw: PNG })
    for (const raw of ['', 'MZ\u0000program', Buffer.from('7f454c460201', 'hex')]) await ask('attach_to_order', 415, { as: agent, path: to, query: file(), raw })
    await ask('attach_to_order', 413, { as: agent, path: to, query: file(), raw: 'x'.repeat(10 * 1024 * 1024 + 1) })
    await ask('attach_to_order', 404, { as: agent, path: { id: '12345' }, query: file(), raw: PNG })
    const query = file({ text: '门口' })
    const attached = (await ask('attach_to_order', 201, { as: billing, path: to, query, raw: PNG })).body
    assert.equal((await ask('attach_to_order', 201, { as: billing, path: to, query, raw: PNG })).body.attachments.length, 1, 'sent twice, attached once')
    await ask('attach_to_order', 409, { as: billing, path: to, query, raw: 'another file' })
    const [attachment] = attached.attachments
    assert.deepEqual([attachment.name, attachment.content_type, attachment.bytes, attachment.by_id], ['现场照片.exe.png', 'image/png', PNG.length, '8237'])
    assert.deepEqual(attached.story.at(-1).evidence, [`attachment:${attachment.id}`])
    const place = { id: ids[1], attachment: attachment.id }
    await guarded('get_order_attachment', { as: agent, path: place })
    const { bytes, headers } = await ask('get_order_attachment', 200, { as: agent, path: place })
    assert.deepEqual(bytes, PNG)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy'), /sandbox/)
    assert.match(headers.get('content-disposition'), /^inline; filename\*=UTF-8''%E7%8E%B0/)
    for (const elsewhere of [{ ...place, id: ids[0] }, { ...place, attachment: '1' }, { ...place, attachment: '18446744073709551615' }]) await ask('get_order_attachment', 404, { as: agent, path: elsewhere })
    await ask('get_order_attachment', 404, { as: await hotline.signIn('8232'), path: place })
  })
}
