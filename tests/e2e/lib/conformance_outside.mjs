// SPDX-License-Identifier: Apache-2.0
// The part of api_conformance.test.mjs that is about notices and outside bodies.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'

export async function notices({ t, ask, guarded, badField, agent }) {
  await t.test('notices', async () => {
    const big = { as: agent, raw: 'x'.repeat(9_000) }
    await guarded('get_notice_settings', { as: agent })
    await ask('get_notice_settings', 200, { as: agent })
    await guarded('set_notice_settings', { as: agent, body: { mail: '' } })
    for (const mail of ['x', 'a@b@c', 'a b@c.d', `${'x'.repeat(65)}@c.d`, 'a@c.d\r\nBcc: e@f.g']) badField(await ask('set_notice_settings', 400, { as: agent, body: { mail } }), 'mail')
    await ask('set_notice_settings', 413, big)
    assert.equal((await ask('set_notice_settings', 200, { as: agent, body: { mail: 'someone@example.com' } })).body.mail, 'someone@example.com')

    const ecdh = crypto.createECDH('prime256v1')
    ecdh.generateKeys()
    const body = { endpoint: 'https://fcm.googleapis.com/fcm/send/abc', p256dh: ecdh.getPublicKey().toString('base64url'), auth: crypto.randomBytes(16).toString('base64url') }
    await guarded('subscribe_push', { as: agent, body })
    for (const [field, value] of [['endpoint', 'https://127.0.0.1/x'], ['endpoint', 'http://fcm.googleapis.com/x'], ['endpoint', 'https://fcm.googleapis.com.elsewhere.example/x'], ['endpoint', 'https://user@fcm.googleapis.com/x'], ['p256dh', 'AAAA'], ['auth', 'AAAA']]) {
      await ask('subscribe_push', 400, { as: agent, body: { ...body, [field]: value } })
    }
    await ask('subscribe_push', 413, big)
    for (let i = 0; i < 11; ++i) await ask('subscribe_push', 200, { as: agent, body: { ...body, endpoint: `${body.endpoint}${i}` } })
    assert.equal((await ask('get_notice_settings', 200, { as: agent })).body.browsers, 10, 'the oldest gives way')
    await guarded('end_push', { as: agent, body: { endpoint: body.endpoint } })
    await ask('end_push', 400, { as: agent, body: {} })
    await ask('end_push', 413, big)
    assert.equal((await ask('end_push', 200, { as: agent, body: { endpoint: `${body.endpoint}10` } })).body.browsers, 9)
  })
}

export async function partners({ t, ask, guarded, badField, hotline, agent, supervisor }) {
  await t.test('outside bodies', async () => {
    const admin = await hotline.signIn('8999')
    const billing = await hotline.signIn('8236')
    await guarded('list_partners', { as: agent })
    await ask('list_partners', 403, { as: billing })
    assert.deepEqual((await ask('list_partners', 200, { as: agent })).body.items.map(({ code }) => code), ['110', '12315', 'media', 'regulator'])
    const path = { code: '110' }
    await guarded('get_partner', { as: admin, path })
    await ask('get_partner', 403, { as: supervisor, path })
    await ask('get_partner', 404, { as: admin, path: { code: 'moon' } })
    const account = { name: 'Duty officer', password: 'a good password', enabled: true }
    const one = { code: '110', username: 'officer-7' }
    await guarded('set_partner_account', { as: admin, path: one, body: account })
    await ask('set_partner_account', 403, { as: supervisor, path: one, body: account })
    await ask('set_partner_account', 404, { as: admin, path: { ...one, code: 'moon' }, body: account })
    for (const wrong of [{}, { ...account, name: '' }, { ...account, password: 'short' }, { name: 'x', enabled: true }, { ...account, more: 1 }]) await ask('set_partner_account', 400, { as: admin, path: one, body: wrong })
    await ask('set_partner_account', 400, { as: admin, path: { ...one, username: 'No Such' }, body: account })
    await ask('set_partner_account', 413, { as: admin, path: one, raw: 'x'.repeat(5_000) })
    assert.ok((await ask('set_partner_account', 200, { as: admin, path: one, body: account })).body.accounts.some(({ username }) => username === 'officer-7'))
    await ask('set_partner_account', 409, { as: admin, path: { ...one, code: '12315' }, body: account })
    await guarded('add_partner_key', { as: admin, path, body: { name: 'x' } })
    await ask('add_partner_key', 403, { as: supervisor, path, body: { name: 'x' } })
    await ask('add_partner_key', 404, { as: admin, path: { code: 'moon' }, body: { name: 'x' } })
    await ask('add_partner_key', 400, { as: admin, path, body: { name: '' } })
    await ask('add_partner_key', 413, { as: admin, path, raw: 'x'.repeat(5_000) })
    const { key } = (await ask('add_partner_key', 201, { as: admin, path, body: { name: 'case system' } })).body
    const key_id = (await ask('get_partner', 200, { as: admin, path })).body.keys[0].id
    await guarded('list_partner_deliveries', { as: agent, path })
    await ask('list_partner_deliveries', 403, { as: billing, path })
    await ask('list_partner_deliveries', 404, { as: agent, path: { code: 'moon' } })
    for (const query of [{ state: 'lost' }, { limit: 0 }]) badField(await ask('list_partner_deliveries', 400, { as: agent, path, query }), Object.keys(query)[0])
    await ask('list_partner_deliveries', 200, { as: agent, path, query: { state: 'failed' } })

    // Their people.
    await ask('partner_sign_in', 400, { body: {} })
    await ask('partner_sign_in', 413, { raw: 'x'.repeat(5_000) })
    for (let i = 0; i < 5; ++i) await ask('partner_sign_in', 401, { body: { username: 'nobody-here', password: 'x' } })
    await ask('partner_sign_in', 429, { body: { username: 'nobody-here', password: 'x' } })
    const signed = await ask('partner_sign_in', 200, { body: { username: 'Officer-7', password: account.password } })
    const officer = { cookie: signed.headers.get('set-cookie').split(';')[0], me: signed.body }
    for (const operation of ['get_partner_session', 'list_partner_types', 'list_matters', 'list_feedback']) {
      await guarded(operation, { as: officer })
      await ask(operation, 401, { as: agent }) // staff's session opens nothing here
      await ask(operation, 200, { as: officer })
    }
    await ask('get_partner_session', 401, { headers: { authorization: 'Bearer hlp_forged' } })
    const program = { headers: { authorization: `Bearer ${key}` } }
    assert.equal((await ask('get_partner_session', 200, program)).body.csrf_token ?? null, null)

    const matter = { reference: 'JQ-100', type: 'joint_response_110', title: '井盖缺失', fields: { place: '江滨路', danger: 'manhole' } }
    await guarded('take_matter', { as: officer, body: matter })
    for (const [field, value] of Object.entries({ reference: '', type: 'complaint', title: '', text: 'x'.repeat(8001), phone: '1'.repeat(33), fields: { place: '江滨路', danger: 'moon' }, extra: 1 })) {
      assert.match((await ask('take_matter', 400, { as: officer, body: { ...matter, [field]: value } })).body.error.field, new RegExp(`^${field}`))
    }
    await ask('take_matter', 413, { as: officer, raw: JSON.stringify({ ...matter, text: 'x'.repeat(300_000) }) })
    const taken = (await ask('take_matter', 201, { ...program, body: matter })).body
    assert.equal((await ask('take_matter', 200, { as: officer, body: matter })).body.matter.id, taken.matter.id)
    assert.equal((await ask('take_matter', 409, { as: officer, body: { ...matter, title: '另一件' } })).body.error.code, 'reference_used')
    let limited = 0
    for (let i = 0; i < 60 && !limited; ++i) {
      const answer = await fetch(`${hotline.url}/api/v1/partner/matters`, { method: 'POST', headers: { ...program.headers, 'content-type': 'application/json' }, body: JSON.stringify(matter) })
      limited = answer.status === 429 ? 1 : 0
      await answer.arrayBuffer()
    }
    assert.ok(Number((await ask('take_matter', 429, { ...program, body: matter })).headers.get('retry-after')) > 0)

    for (const query of [{ closed: 'yes' }, { before_id: 'x' }, { limit: 0 }]) badField(await ask('list_matters', 400, { as: officer, query }), Object.keys(query)[0])
    assert.equal((await ask('list_matters', 200, { as: officer, query: { reference: 'JQ-100' } })).body.items[0].id, taken.matter.id)
    assert.deepEqual((await ask('list_matters', 200, { as: officer, query: { reference: 'JQ-101' } })).body.items, [])
    assert.equal((await ask('list_matters', 200, { as: officer, query: { closed: 'false', before_id: '9000000000000000000' } })).body.items.length, 1)
    const own = { id: taken.matter.id }
    await guarded('get_matter', { as: officer, path: own })
    for (const id of ['12345', 'x', '18446744073709551615']) await ask('get_matter', 404, { as: officer, path: { id } })
    assert.ok((await ask('get_matter', 200, { as: officer, path: own })).body.clocks.some(({ clock }) => clock === 'judge'))
    const chase = { command_id: 'chased-by-110', action: 'chase', text: '群众再次来电' }
    await guarded('act_on_matter', { as: officer, path: own, body: chase })
    for (const wrong of [{ action: 'dispatch' }, { text: '' }, { command_id: 'x' }, { more: 1 }]) await ask('act_on_matter', 400, { as: officer, path: own, body: { ...chase, ...wrong } })
    await ask('act_on_matter', 404, { as: officer, path: { id: '12345' }, body: chase })
    await ask('act_on_matter', 413, { as: officer, path: own, raw: JSON.stringify({ ...chase, text: 'x'.repeat(300_000) }) })
    await ask('act_on_matter', 200, { as: officer, path: own, body: chase })
    await ask('act_on_matter', 409, { as: officer, path: own, body: { ...chase, text: '另一句' } })
    for (const query of [{ after_id: 'x' }, { limit: 0 }]) badField(await ask('list_feedback', 400, { as: officer, query }), Object.keys(query)[0])
    await ask('create_order', 400, { as: agent, body: { command_id: 'for-the-moon', type: 'joint_response_110', title: 'x', partner: 'moon', fields: matter.fields } })

    await guarded('partner_sign_out', { as: officer })
    await ask('partner_sign_out', 204, { as: officer })
    await ask('get_partner_session', 401, { as: officer })
    await guarded('drop_partner_key', { as: admin, path: { code: '110', id: key_id } })
    await ask('drop_partner_key', 403, { as: supervisor, path: { code: '110', id: key_id } })
    for (const wrong of [{ code: 'moon', id: key_id }, { code: '110', id: 'x' }]) await ask('drop_partner_key', 404, { as: admin, path: wrong })
    await ask('drop_partner_key', 204, { as: admin, path: { code: '110', id: key_id } })
    await ask('list_matters', 401, program)
  })
}
