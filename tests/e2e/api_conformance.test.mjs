// SPDX-License-Identifier: Apache-2.0
// openapi.yaml against the running server: every operation with good and bad input, as agent and supervisor, with and
// without session and CSRF token. An operation that nobody exercised, a described answer that nobody got, and an answer
// that is not described are failures.
import assert from 'node:assert/strict'
import test from 'node:test'
import { id, openBrowser } from './lib/browser.mjs'
import { orderDesk } from './lib/conformance_order_desk.mjs'
import { notices, partners } from './lib/conformance_outside.mjs'
import { appointments, workOrders } from './lib/conformance_records.mjs'
import { Description } from './lib/openapi.mjs'
import { Hotline, until } from './lib/server.mjs'
import { customerInQueue, hangUpAndWrapUp, pageIs, readyDesk, saveWrapUp, takeCall } from './lib/story.mjs'

test('the API is what openapi.yaml says', { timeout: 150_000 }, async (t) => {
  const description = new Description()
  const hotline = await Hotline.start({ extra: '[push]\nsubject = "mailto:operations@example.com"\n' })
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const seen = new Map([...description.operations.keys()].map((operation) => [operation, new Set()]))
  const sent = []

  /** Calls an operation and checks the answer's form; `expected` is the status it must have. */
  async function ask(operationId, expected, { path = {}, query = {}, body, raw, as, csrf = true, headers = {} } = {}) {
    const operation = description.operations.get(operationId)
    const at = operation.at.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]))
    const search = new URLSearchParams(query).toString()
    const answer = await fetch(`${hotline.url}/api/v1${at}${search ? `?${search}` : ''}`, {
      method: operation.method,
      headers: {
        ...(as ? { cookie: as.cookie } : {}), ...(as && csrf ? { 'x-csrf-token': as.me.csrf_token } : {}),
        ...(body !== undefined || raw !== undefined ? { 'content-type': 'application/json' } : {}), ...headers,
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    })
    const type = answer.headers.get('content-type') ?? ''
    const bytes = Buffer.from(await answer.arrayBuffer())
    const value = type.includes('json') ? JSON.parse(bytes.toString()) : bytes.length > 0 ? bytes : undefined
    const line = `${operationId} ${JSON.stringify({ path, query, body, raw })} -> ${answer.status}`
    sent.push(line)
    assert.equal(answer.status, expected, `${line}: ${JSON.stringify(value)?.slice(0, 400)}`)
    assert.deepEqual(description.problems(operationId, answer.status, type, value), [], line)
    seen.get(operationId).add(answer.status)
    return { body: value, headers: answer.headers, bytes }
  }
  /** Everything an operation refuses before it looks at the request. */
  async function guarded(operationId, options) {
    await ask(operationId, 401, { ...options, as: undefined })
    await ask(operationId, 401, { ...options, as: { cookie: 'hotline_session=forged', me: { csrf_token: 'x' } } })
    if (description.operations.get(operationId).changes) {
      const refused = await ask(operationId, 403, { ...options, csrf: false })
      assert.equal(refused.body.error.code, 'csrf')
    }
  }
  const badField = (answer, field) => assert.equal(answer.body.error.field, field, JSON.stringify(answer.body))

  await t.test('the description is served as it is', async () => {
    const answer = await fetch(`${hotline.url}/api/v1/openapi.yaml`)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type'), /yaml/)
    assert.ok((await answer.text()) === description.text, 'it differs from the file in the source tree')
  })

  const agent = await hotline.signIn('8001')
  const other = await hotline.signIn('8002')
  const supervisor = await hotline.signIn('8901')
  const me = agent.me.agent.id
  const reference = (await ask('get_reference', 200, { as: agent })).body
  const reason = reference.pause_reasons[0].code

  await t.test('sessions', async () => {
    const good = { username: '8101', password: hotline.accounts.agents }
    await ask('sign_in', 200, { body: good })
    await ask('sign_in', 401, { body: { ...good, password: 'wrong' } })
    await ask('sign_in', 401, { body: { ...good, username: 'nobody' } })
    for (const raw of ['', '{', '[]', 'null', '"text"', '{"username":"8101"}', '{"username":1,"password":"x"}', '{"username":"","password":"x"}',
      JSON.stringify({ ...good, extra: 1 }), JSON.stringify({ ...good, password: 'x'.repeat(257) }), '{"username":"a\u0000b"', '\xff']) {
      await ask('sign_in', 400, { raw })
    }
    badField(await ask('sign_in', 400, { body: { ...good, extra: 1 } }), 'extra')
    await ask('sign_in', 413, { raw: JSON.stringify({ ...good, password: 'x'.repeat(10_000) }) })
    for (let i = 0; i < 5; ++i) await ask('sign_in', 401, { body: { username: '8102', password: `wrong ${i}` } })
    const wait = await ask('sign_in', 429, { body: { username: '8102', password: hotline.accounts.agents } })
    assert.equal(Number(wait.headers.get('retry-after')), wait.body.error.retry_after_s)

    await guarded('get_session', {})
    const session = await ask('get_session', 200, { as: agent })
    assert.equal(session.body.agent.number, '8001')
    assert.equal((await ask('get_session', 200, { as: supervisor })).body.role, 'supervisor')
    const leaving = await hotline.signIn('8103')
    await guarded('sign_out', { as: leaving })
    await ask('sign_out', 204, { as: leaving })
    await ask('get_session', 401, { as: leaving })
  })

  await t.test('lists', async () => {
    for (const operation of ['get_reference', 'get_wallboard', 'list_agents', 'list_contacts', 'find_customers']) await guarded(operation, { query: { q: 'a' } })
    for (const as of [agent, supervisor]) {
      await ask('get_reference', 200, { as })
      await ask('get_wallboard', 200, { as })
      assert.equal((await ask('list_agents', 200, { as, query: { limit: 200 } })).body.items.length > 100, true)
      assert.equal((await ask('list_agents', 200, { as, query: { q: '8001', state: 'signed_out', limit: 1 } })).body.items[0].number, '8001')
      for (const query of [{ limit: 0 }, { limit: 201 }, { limit: 'ten' }, { limit: '' }, { state: 'asleep' }, { q: 'x'.repeat(65) }]) {
        badField(await ask('list_agents', 400, { as, query }), Object.keys(query)[0])
      }
      const found = (await ask('find_customers', 200, { as, query: { q: '2', limit: 3 } })).body.items
      assert.equal(found.length, 3)
      assert.deepEqual((await ask('get_customer', 200, { as, path: { id: found[0].id } })).body.id, found[0].id)
      for (const query of [{}, { q: '' }, { q: 'x'.repeat(65) }, { q: 'a', limit: 0 }]) await ask('find_customers', 400, { as, query })
      assert.deepEqual((await ask('find_customers', 200, { as, query: { q: "%_'\"\\;--" } })).body.items, [])
      for (const id of ['987654321', '99999999999999999999', 'abc', '-1', '0']) await ask('get_customer', 404, { as, path: { id } })
      for (const query of [{ agent_id: 'x' }, { customer_id: '1.5' }, { before_id: '-' }, { from_ms: 'now' }, { to_ms: '99999999999999999999' }, { phone: 'abc' }, { limit: 1000 }]) {
        badField(await ask('list_contacts', 400, { as, query }), Object.keys(query)[0])
      }
      await ask('list_contacts', 200, { as, query: { from_ms: '-9223372036854775808', to_ms: '9223372036854775807' } })
    }
    await guarded('get_customer', { path: { id: '1' } })
    await ask('list_contacts', 403, { as: agent, query: { agent_id: other.me.agent.id } })
    await ask('get_public_service', 200)
  })

  await t.test('agent states', async () => {
    const path = { id: me }
    const set = (expected, body, as = agent, id = me) => ask('set_agent_state', expected, { as, path: { id }, body })
    await guarded('set_agent_state', { path, body: { state: 'ready' }, as: agent })
    await set(200, { state: 'paused', reason })
    assert.equal((await set(200, { state: 'signed_out' }, supervisor)).body.state, 'signed_out')
    badField(await set(400, { state: 'asleep' }), 'state')
    badField(await set(400, { state: 'paused' }), 'reason')
    await set(400, { state: 'paused', reason: 'no such reason' })
    badField(await set(400, { state: 'ready', device: 'tin can' }), 'device')
    badField(await set(400, { state: 'ready', colour: 'red' }), 'colour')
    await set(400, { state: 'ready', sip_contact: 'http://elsewhere' }, supervisor)
    await set(403, { state: 'ready', sip_contact: 'sip:8001@127.0.0.1:5080' })
    await set(403, { state: 'ready' }, other)
    await set(404, { state: 'ready' }, supervisor, '99999')
    await set(404, { state: 'ready' }, supervisor, 'me')
    await ask('set_agent_state', 413, { as: agent, path, raw: `{"state":"${'x'.repeat(5000)}"}` })
  })

  await t.test('capacity plans', async () => {
    const plan = (rows, more = {}) => ({ rows, goal: 0.8, days: 2, ...more })
    const small = plan([{ time: '09:00', calls: 120 }])
    const make = (expected, body, as = supervisor) => ask('make_plan', expected, { as, body })
    await guarded('make_plan', { as: supervisor, body: small })
    await make(403, small, agent)
    await make(200, small)
    await make(200, { rows: [{ calls: 12.5, agents: 3 }, { calls: 0, agents: 0 }], patience_ms: 0, days: 1 })
    for (const [body, field] of [[plan([]), 'rows'], [plan([{ calls: 90_000 }], { days: 12 }), 'days'], [{ rows: [{ calls: 5 }] }, 'rows'], [{ ...small, goal: 2 }, 'goal']]) badField(await make(400, body), field)
    await ask('make_plan', 400, { as: supervisor, raw: '{"rows":[{"calls":1e999}]}' })
    await ask('make_plan', 413, { as: supervisor, raw: JSON.stringify({ rows: [{ time: 'x'.repeat(70_000), calls: 1 }] }) })
    const slow = make(200, plan(Array.from({ length: 40 }, () => ({ calls: 1500 })), { days: 2 }))
    await until('a second plan of the same user is refused', async () => {
      try {
        return (await make(429, small)).body.error.code === 'plan_running'
      } catch (cause) {
        if (cause.actual === 200) return false // before the first one came
        throw cause
      }
    }, 10_000, 5)
    await slow
  })

  await t.test('SIP accounts', async () => {
    const admin = await hotline.signIn('8999')
    const { id } = (await ask('list_agents', 200, { as: admin, query: { q: '8150' } })).body.items[0]
    const path = { id }
    await ask('set_agent_state', 409, { as: supervisor, path, body: { state: 'ready', device: 'sip' } }) // no phone is registered
    for (const operation of ['make_sip_account', 'drop_sip_account']) {
      await guarded(operation, { path, as: admin })
      await ask(operation, 403, { path, as: supervisor })
      await ask(operation, 404, { path: { id: '12345' }, as: admin })
      await ask(operation, 404, { path: { id: 'x' }, as: admin })
      await ask(operation, 413, { path, as: admin, raw: 'x'.repeat(5000) })
    }
    const first = (await ask('make_sip_account', 200, { path, as: admin })).body
    const second = (await ask('make_sip_account', 200, { path, as: admin })).body
    assert.equal(first.username, '8150')
    assert.notEqual(first.password, second.password)
    assert.equal((await ask('drop_sip_account', 200, { path, as: admin })).body.phone_registered ?? null, null)
  })

  await t.test('routing, service lines and call-backs', async () => {
    const admin = await hotline.signIn('8999')
    const settings = (await ask('get_routing', 200, { as: supervisor })).body
    await guarded('get_routing', {})
    await ask('get_routing', 403, { as: agent })
    const { id, settings: general } = settings.queues.find((queue) => queue.settings.code === 'general')
    const name = { en: 'Night', 'zh-Hans': '夜班', 'zh-Hant': '夜班' }
    const big = { as: admin, raw: `{"x":"${'x'.repeat(70_000)}"}` }

    await guarded('set_routing_rules', { as: admin, body: settings.rules })
    await ask('set_routing_rules', 403, { as: supervisor, body: settings.rules })
    for (const body of [{ ageing_per_minute: -1 }, { vip_points: 'many' }, { seats: { north: -1 } }, { more: 1 }]) await ask('set_routing_rules', 400, { as: admin, body })
    await ask('set_routing_rules', 413, big)
    await ask('set_routing_rules', 204, { as: admin, body: { ...settings.rules, vip_points: 12 } })

    const changed = { ...general, routing: { ...general.routing, exits: { ...general.routing.exits, digits: { 9: 'call_back' } }, call_back: { ...general.routing.call_back, from_web: true } } }
    await guarded('set_queue', { as: admin, path: { id }, body: changed })
    await ask('set_queue', 403, { as: supervisor, path: { id }, body: changed })
    for (const wrong of ['12345', 'x']) await ask('set_queue', 404, { as: admin, path: { id: wrong }, body: changed })
    for (const body of [{}, { ...changed, code: 'other' }, { ...changed, wrap_up_ms: -1 }, { ...changed, routing: { ring_plan: [{ after_ms: -1 }] } },
      { ...changed, routing: { hours: { week: { mon: ['8-12'] } } } }, { ...changed, routing: { exits: { wait: 'queue:nowhere' } } }, { ...changed, routing: { exits: { wait: 'moon' } } }]) {
      await ask('set_queue', 400, { as: admin, path: { id }, body })
    }
    await ask('set_queue', 413, { ...big, path: { id } })
    await ask('set_queue', 204, { as: admin, path: { id }, body: changed })
    await guarded('add_queue', { as: admin, body: { code: 'night', name } })
    await ask('add_queue', 403, { as: supervisor, body: { code: 'night', name } })
    await ask('add_queue', 413, big)
    await ask('add_queue', 204, { as: admin, body: { code: 'night', name } })
    assert.deepEqual((await ask('list_audit', 200, { as: supervisor, query: { action: 'queue.add', limit: 1 } })).body.items[0].data, { code: 'night', name, result: 'done' })
    await ask('add_queue', 400, { as: admin, body: { code: 'night', name } })
    await guarded('set_skill', { as: admin, body: { code: 'night_work', name } })
    await ask('set_skill', 403, { as: supervisor, body: { code: 'night_work', name } })
    await ask('set_skill', 400, { as: admin, body: { code: 'Night Work', name } })
    await ask('set_skill', 413, { as: admin, raw: 'x'.repeat(5_000) })
    await ask('set_skill', 204, { as: admin, body: { code: 'night_work', name } })

    const path = { id: other.me.agent.id }
    await guarded('get_agent_skills', { path })
    await ask('get_agent_skills', 403, { as: agent, path })
    await ask('get_agent_skills', 404, { as: supervisor, path: { id: '12345' } })
    const has = (await ask('get_agent_skills', 200, { as: supervisor, path })).body
    const moved = { queues: [...has.queues, 'night'], skills: { ...has.skills, night_work: 5 } }
    await guarded('set_agent_skills', { as: supervisor, path, body: moved })
    await ask('set_agent_skills', 403, { as: agent, path, body: moved })
    for (const wrong of ['12345', 'x']) await ask('set_agent_skills', 404, { as: supervisor, path: { id: wrong }, body: moved })
    for (const body of [{}, { ...moved, queues: ['nowhere'] }, { ...moved, skills: { night_work: 10 } }]) await ask('set_agent_skills', 400, { as: supervisor, path, body })
    await ask('set_agent_skills', 413, { as: supervisor, path, raw: 'x'.repeat(20_000) })
    await ask('set_agent_skills', 200, { as: supervisor, path, body: moved })
    assert.deepEqual((await ask('get_agent_skills', 200, { as: supervisor, path })).body.skills, moved.skills)
    assert.equal((await ask('get_routing', 200, { as: admin })).body.rules.vip_points, 12)
    await ask('set_agent_skills', 200, { as: supervisor, path, body: has })

    const line = { id: reference.service_lines.find(({ code }) => code === '114').id }
    await guarded('get_line_operation', { path: line })
    await ask('get_line_operation', 403, { as: agent, path: line })
    for (const wrong of ['12345', 'x']) await ask('get_line_operation', 404, { as: supervisor, path: { id: wrong } })
    const { operation } = (await ask('get_line_operation', 200, { as: supervisor, path: line })).body
    const set = (expected, body, as = admin, at = line) => ask('set_line_operation', expected, { as, path: at, body })
    await guarded('set_line_operation', { as: admin, path: line, body: { operation } })
    await set(403, { operation }, supervisor)
    for (const wrong of ['12345', 'x']) await set(404, { operation }, admin, { id: wrong })
    for (const wrong of [{ stage: 'asleep' }, { stage: 'outsourced' }, { when_full: 'moon' }, { when_full: 'flow:nowhere' }, { abandoned_most: 2 }]) await set(400, { operation: { ...operation, ...wrong } })
    await ask('set_line_operation', 413, { as: admin, path: line, raw: 'x'.repeat(20_000) })
    await set(204, { operation: { ...operation, stage: 'trial' } })
    assert.match((await set(409, { operation: { ...operation, stage: 'integrated' } })).body.error.message, /calls/)
    await set(204, { operation: { ...operation, stage: 'integrated' }, despite_conditions: true })

    await ask('ask_call_back', 400, { body: { number: '020 8555-0166', queue: 'night' } }) // not from the web
    const noted = (await ask('ask_call_back', 200, { body: { number: '020 8555-0166', queue: 'general' } })).body
    assert.deepEqual([noted.number, noted.position], ['02085550166', 1])
    assert.deepEqual((await ask('ask_call_back', 200, { body: { number: '02085550166', queue: 'general' } })).body, noted, 'noted once, the same place')
    for (const body of [{}, { number: '', queue: 'general' }]) await ask('ask_call_back', 400, { body })
    await ask('ask_call_back', 413, { raw: 'x'.repeat(5_000) })
    await ask('ask_call_back', 400, { body: { number: '110', queue: 'general' } })
    await ask('ask_call_back', 400, { body: { number: 'abc', queue: 'general' } })
    await ask('ask_call_back', 429, { body: { number: '02085550167', queue: 'general' } })
    await guarded('list_call_backs', {})
    await ask('list_call_backs', 403, { as: agent })
    const waiting = (await ask('list_call_backs', 200, { as: supervisor })).body.items
    assert.deepEqual(waiting.map(({ number, how, state }) => [number, how, state]), [['02085550166', 'web', 'waiting']])
    const back = { path: { id: waiting[0].id } }
    await guarded('dial_call_back', { ...back, as: supervisor })
    await ask('dial_call_back', 403, { ...back, as: agent })
    for (const wrong of ['12345', 'x']) await ask('dial_call_back', 404, { as: supervisor, path: { id: wrong } })
    await ask('dial_call_back', 409, { ...back, as: supervisor }) // it is in the queue
    await guarded('list_done_call_backs', {})
    await ask('list_done_call_backs', 403, { as: agent })
    for (const query of [{ limit: '0' }, { before_id: 'x' }]) await ask('list_done_call_backs', 400, { as: supervisor, query })
    assert.deepEqual((await ask('list_done_call_backs', 200, { as: supervisor })).body.items, [])
    await guarded('cancel_call_back', { ...back, as: supervisor })
    await ask('cancel_call_back', 403, { ...back, as: agent })
    for (const wrong of ['12345', 'x']) await ask('cancel_call_back', 404, { as: supervisor, path: { id: wrong } })
    await ask('cancel_call_back', 204, { ...back, as: supervisor })
    assert.equal((await ask('list_done_call_backs', 200, { as: supervisor })).body.items[0].outcome, 'cancelled_supervisor')
    await ask('dial_call_back', 204, { ...back, as: supervisor }) // anew
    await ask('dial_call_back', 409, { ...back, as: supervisor }) // once
    const [again] = (await ask('list_call_backs', 200, { as: supervisor })).body.items
    assert.deepEqual([again.how, again.number], ['again', '02085550166'])
    await ask('cancel_call_back', 204, { as: supervisor, path: { id: again.id } })
    await ask('set_queue', 204, { as: admin, path: { id }, body: general })
  })

  await workOrders({ t, ask, guarded, badField, hotline, agent, supervisor, me })
  await orderDesk({ t, ask, guarded, badField, hotline, agent, other, supervisor, me })
  await appointments({ t, ask, guarded, badField, agent, supervisor })
  await notices({ t, ask, guarded, badField, agent })
  await partners({ t, ask, guarded, badField, hotline, agent, supervisor })

  await t.test('a waiting call, and supervisors', async () => {
    const admin = await hotline.signIn('8999')
    const customer = await customerInQueue(browser, hotline)
    await guarded('get_floor', {})
    await ask('get_floor', 403, { as: agent })
    const [item] = await until('it waits', async () => {
      const { items } = (await ask('get_floor', 200, { as: supervisor })).body
      return items[0]?.may_pull && items
    })
    const path = { id: item.call.id }
    await guarded('supervise', { path, as: supervisor, body: { mode: 'listen' } })
    await ask('supervise', 403, { path, as: agent, body: { mode: 'listen' } })
    for (const id of ['12345', 'x']) await ask('supervise', 404, { path: { id }, as: supervisor, body: { mode: 'listen' } })
    for (const body of [{}, { mode: 'shout' }, { mode: 5 }, { mode: 'listen', more: 1 }]) await ask('supervise', 400, { path, as: supervisor, body })
    await ask('supervise', 413, { path, as: supervisor, raw: `{"mode":"${'1'.repeat(5000)}"}` })
    assert.equal((await ask('supervise', 409, { path, as: supervisor, body: { mode: 'listen' } })).body.error.code, 'nobody_to_hear')
    await guarded('pull_call', { path, as: supervisor })
    await ask('pull_call', 403, { path, as: agent })
    for (const id of ['12345', 'x']) await ask('pull_call', 404, { path: { id }, as: supervisor })
    assert.equal((await ask('pull_call', 200, { path, as: supervisor })).body.state, 'offered')
    assert.equal((await ask('pull_call', 409, { path, as: admin })).body.error.code, 'rings_elsewhere')
    await guarded('list_audit', {})
    await ask('list_audit', 403, { as: agent })
    for (const query of [{ limit: 0 }, { action: 'x'.repeat(65) }]) await ask('list_audit', 400, { as: supervisor, query })
    assert.equal((await ask('list_audit', 200, { as: supervisor, query: { action: 'call.pull', limit: 1 } })).body.items[0].data.result, 'rings_elsewhere')
    await id(customer, 'hang-up').click()
    await pageIs(customer, 'ended')
    await customer.close()
  })

  let call
  await t.test('a live call', async () => {
    const desk = await readyDesk(browser, hotline, '8001')
    const customer = await customerInQueue(browser, hotline)
    call = await takeCall(desk)
    const path = { id: call }
    await guarded('get_call', { path, as: agent })
    // What is read is a snapshot, a moment behind what the desk is told.
    await until('it talks', async () => (await ask('get_call', 200, { path, as: agent })).body.state === 'talking')
    await ask('get_call', 200, { path, as: supervisor })
    await ask('get_call', 403, { path, as: other })
    await ask('get_call', 404, { path: { id: '12345' }, as: agent })
    await ask('get_call', 404, { path: { id: 'x' }, as: agent })

    assert.equal((await ask('supervise', 200, { path, as: supervisor, body: { mode: 'listen' } })).body.supervision.mode, 'listen')
    const act = { path: { id: call, agent: supervisor.me.agent.id } }
    await guarded('end_supervision', { ...act, as: supervisor })
    await ask('end_supervision', 403, { ...act, as: agent })
    await ask('end_supervision', 200, { ...act, as: supervisor })
    await ask('end_supervision', 404, { ...act, as: supervisor })

    const commands = { hold_call: undefined, resume_call: undefined, pause_recording: undefined, resume_recording: undefined, hang_up_call: undefined, send_digits: { digits: '1' }, transfer_call: { kind: 'queue', target: 'general' },
      set_notes: { note: 'x' }, consult: { kind: 'queue', target: 'general' }, complete_transfer: undefined, make_conference: undefined, swap: undefined, end_consultation: undefined }
    for (const [operation, body] of Object.entries(commands)) {
      await guarded(operation, { path, as: agent, body })
      await ask(operation, 403, { path, as: other, body })
      await ask(operation, 404, { path: { id: '12345' }, as: agent, body })
      await ask(operation, 404, { path: { id: 'x' }, as: agent, body })
    }
    for (const [operation, state] of [['resume_call', 'talking'], ['hold_call', 'held'], ['hold_call', 'held'], ['resume_call', 'talking'], ['pause_recording', 'talking'], ['resume_recording', 'talking']]) {
      assert.equal((await ask(operation, 200, { path, as: agent })).body.state, state)
    }
    const notes = { reason_code: reference.contact_reasons[0].code, result_code: null, note: '已记下 ✓' }
    await ask('set_notes', 204, { path, as: agent, body: notes })
    for (const [field, value] of Object.entries({ reason_code: 7, note: 'x'.repeat(4001), extra: 1 })) badField(await ask('set_notes', 400, { path, as: agent, body: { ...notes, [field]: value } }), field)
    for (const wrong of [{ reason_code: 'no such' }, { result_code: 'no such' }, { note: 'a\u0000b' }]) await ask('set_notes', 400, { path, as: agent, body: { ...notes, ...wrong } })
    await ask('set_notes', 413, { path, as: agent, raw: 'x'.repeat(70_000) })
    await until('the notes are seen', async () => (await ask('get_call', 200, { path, as: agent })).body.notes[0]?.note === notes.note)
    await ask('send_digits', 200, { path, as: agent, body: { digits: '12*#' } })
    for (const body of [{}, { digits: '' }, { digits: 'x' }, { digits: '1'.repeat(33) }, { digits: 5 }, { digits: '1', more: 1 }]) await ask('send_digits', 400, { path, as: agent, body })
    await ask('send_digits', 413, { path, as: agent, raw: `{"digits":"${'1'.repeat(5000)}"}` })
    for (const body of [{}, { kind: 'moon', target: '1' }, { kind: 'queue', target: '' }, { kind: 'queue', target: 'nowhere' }, { kind: 'number', target: 'sip:x@y' },
      { kind: 'agent', target: '99999' }, { kind: 'agent', target: `x${other.me.agent.id}` }, { kind: 'agent', target: me }, { kind: 'queue', target: 'x'.repeat(33) }]) {
      await ask('transfer_call', 400, { path, as: agent, body })
    }
    for (const body of [{}, { kind: 'moon', target: '1' }, { kind: 'queue', target: 'nowhere' }, { kind: 'number', target: '12' }, { kind: 'agent', target: me }, { kind: 'queue', target: 'general', why: 'x'.repeat(401) }, { kind: 'queue', target: 'general', why: 'a\u0000b' }]) await ask('consult', 400, { path, as: agent, body })
    await ask('consult', 413, { path, as: agent, raw: `{"kind":"${'1'.repeat(5000)}"}` })
    assert.equal((await ask('consult', 403, { path, as: agent, body: { kind: 'number', target: '110' } })).body.error.code, 'emergency_number')
    for (const operation of ['complete_transfer', 'make_conference', 'swap', 'end_consultation']) await ask(operation, 409, { path, as: agent }) // nobody is asked
    const asked = (await ask('consult', 200, { path, as: agent, body: { kind: 'queue', target: 'general' } })).body
    assert.deepEqual([asked.state, asked.consult.state, asked.consult.with], ['consulting', 'queued', 'consulted'])
    for (const operation of ['make_conference', 'swap', 'hold_call', 'resume_call']) await ask(operation, 409, { path, as: agent }) // nobody has answered
    assert.equal((await ask('end_consultation', 200, { path, as: agent })).body.state, 'talking')
    await ask('transfer_call', 413, { path, as: agent, raw: `{"kind":"${'1'.repeat(5000)}"}` })
    await ask('transfer_call', 409, { path, as: agent, body: { kind: 'agent', target: other.me.agent.id } })
    assert.match((await ask('transfer_call', 200, { path, as: agent, body: { kind: 'queue', target: 'general' } })).body.state, /queued|transferring/)
    await ask('hold_call', 403, { path, as: agent })
    await ask('set_agent_state', 200, { path: { id: me }, as: agent, body: { state: 'ready' } })
    await id(desk, 'answer').waitFor({ timeout: 30_000 })
    for (const [operation, body] of Object.entries(commands)) if (operation !== 'set_notes') await ask(operation, 409, { path, as: agent, body }) // it only rings
    assert.equal(await takeCall(desk), call)
    await ask('consult', 200, { path, as: agent, body: { kind: 'queue', target: 'general' } })
    assert.equal((await ask('complete_transfer', 200, { path, as: agent })).body.state, 'queued')
    await saveWrapUp(desk, 'paused')
    await ask('set_agent_state', 200, { path: { id: me }, as: agent, body: { state: 'ready' } }) // and they are offered it again
    assert.equal(await takeCall(desk), call)
    await ask('hang_up_call', 200, { path, as: agent })
    await ask('hang_up_call', 404, { path, as: agent })
    await pageIs(customer, 'ended')
  })

  await t.test('what the wallboard warns of', async () => {
    for (const operation of ['get_wallboard_settings', 'list_agent_figures']) {
      await guarded(operation, {})
      await ask(operation, 403, { as: agent })
      await ask(operation, 200, { as: supervisor })
    }
    const usual = (await ask('get_wallboard_settings', 200, { as: supervisor })).body
    const put = (expected, body, as = supervisor) => ask('set_wallboard_settings', expected, { as, body })
    await guarded('set_wallboard_settings', { as: supervisor, body: usual })
    await put(403, usual, agent)
    const limit = { figure: 'waiting', scope: 'general', warn: 1, bad: 2, alarm: true }
    for (const limits of [[{ ...limit, figure: 'mood' }], [{ ...limit, warn: 3 }], [{ ...limit, bad: -1 }], [limit, limit], [{ ...limit, extra: 1 }], Array(501).fill(limit)]) {
      await put(400, { formula: usual.formula, limits })
    }
    await put(400, { ...usual, formula: 'by feeling' })
    await ask('set_wallboard_settings', 413, { as: supervisor, raw: ' '.repeat(70_000) })
    await put(204, { formula: 'abandons_left_out', limits: [limit] })
    assert.deepEqual((await ask('get_wallboard_settings', 200, { as: supervisor })).body.limits, [limit])
    assert.equal((await until('the formula is shown', async () => {
      const { body } = await ask('get_wallboard', 200, { as: agent })
      return body.formula === 'abandons_left_out' && body
    })).formula, 'abandons_left_out')
    await put(204, usual)
  })

  await t.test('watchdog and recording ledger', async () => {
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
    for (const operation of ['list_differences', 'list_ledger_days']) {
      await guarded(operation, {})
      await ask(operation, 403, { as: agent })
      await ask(operation, 400, { as: supervisor, query: { limit: 0 } })
      await ask(operation, 200, { as: supervisor })
    }
    await guarded('get_ledger_day', { path: { day } })
    await guarded('reconcile_ledger_day', { path: { day }, as: supervisor })
    for (const operation of ['get_ledger_day', 'reconcile_ledger_day']) {
      await ask(operation, 403, { as: agent, path: { day } })
      for (const bad of ['tomorrow', '2026-02-30', '2026-1-1']) await ask(operation, 404, { as: supervisor, path: { day: bad } })
    }
    await ask('get_ledger_day', 404, { as: supervisor, path: { day: '2001-01-01' } })
    await ask('reconcile_ledger_day', 409, { as: supervisor, path: { day: '2999-01-01' } })
    assert.equal((await ask('reconcile_ledger_day', 200, { as: supervisor, path: { day } })).body.day.day, day)
    assert.deepEqual((await ask('get_ledger_day', 200, { as: supervisor, path: { day: 'today' } })).body.gaps, [])
    assert.equal((await ask('list_ledger_days', 200, { as: supervisor })).body.items[0].day, day)
    assert.deepEqual((await ask('list_differences', 200, { as: supervisor })).body.items, [], 'a healthy system has none')
  })

  await t.test('contact, wrap-up and recording', async () => {
    const path = { id: call }
    const wrapUp = (expected, body, as = agent, id = call) => ask('wrap_up_contact', expected, { as, path: { id }, body })
    const good = { reason_code: reference.contact_reasons[0].code, result_code: reference.outcomes[0].code, note: '已说明 ✓' }
    await guarded('wrap_up_contact', { path, as: agent, body: good })
    await wrapUp(403, good, other)
    await wrapUp(404, good, agent, '12345')
    for (const [field, value] of Object.entries({ reason_code: 7, note: 'x'.repeat(4001), next: 'asleep', extra: 1 })) badField(await wrapUp(400, { ...good, [field]: value }), field)
    await wrapUp(400, { ...good, reason_code: 'no such' })
    await wrapUp(400, { ...good, result_code: 'no such' })
    await wrapUp(400, { ...good, next: 'paused', pause_reason: 'no such' })
    await wrapUp(400, { ...good, note: 'a\u0000b' })
    await ask('wrap_up_contact', 413, { as: agent, path, body: { ...good, note: 'x'.repeat(70_000) } })
    assert.equal((await wrapUp(200, { ...good, next: 'paused', pause_reason: reason })).body.note, good.note)
    assert.equal((await wrapUp(200, { ...good, note: null }, supervisor)).body.result_code, good.result_code)

    await guarded('get_contact', { path, as: agent })
    await ask('get_contact', 403, { path, as: other })
    for (const id of ['12345', 'x']) await ask('get_contact', 404, { path: { id }, as: supervisor })
    const detail = await until('the recording is whole', async () => {
      const { body } = await ask('get_contact', 200, { path, as: supervisor })
      return body.recordings[0]?.state === 'whole' && body
    })
    await ask('get_contact', 200, { path, as: agent })
    for (const as of [agent, supervisor]) assert.equal((await ask('list_contacts', 200, { as })).body.items[0].id, call)
    assert.deepEqual((await ask('list_contacts', 200, { as: other })).body.items, [])

    const recording = { id: detail.recordings[0].id }
    await guarded('get_recording_audio', { path: recording, as: agent })
    await ask('get_recording_audio', 403, { path: recording, as: other })
    for (const id of ['12345', 'x']) await ask('get_recording_audio', 404, { path: { id }, as: supervisor })
    const whole = await ask('get_recording_audio', 200, { path: recording, as: agent })
    const part = await ask('get_recording_audio', 206, { path: recording, as: supervisor, headers: { range: 'bytes=4-11' } })
    assert.equal(part.headers.get('content-range'), `bytes 4-11/${whole.bytes.length}`)
    assert.deepEqual(part.bytes, whole.bytes.subarray(4, 12))
    await ask('get_recording_audio', 416, { path: recording, as: agent, headers: { range: `bytes=${whole.bytes.length}-` } })

    for (const operation of ['list_troubled_recordings', 'get_recording_storage']) {
      await guarded(operation, { as: agent })
      await ask(operation, 403, { as: agent })
      await ask(operation, 200, { as: supervisor })
    }
    for (const query of [{ before_id: 'x' }, { limit: '0' }]) await ask('list_troubled_recordings', 400, { as: supervisor, query })
    const hold = { hold: true, why: 'a dispute' }
    await guarded('hold_recording', { path: recording, as: supervisor, body: hold })
    await ask('hold_recording', 403, { path: recording, as: agent, body: hold })
    await ask('hold_recording', 404, { path: { id: '12345' }, as: supervisor, body: hold })
    for (const body of [{}, { hold: true }, { hold: true, why: '' }, { hold: 'yes' }, { ...hold, more: 1 }]) await ask('hold_recording', 400, { path: recording, as: supervisor, body })
    await ask('hold_recording', 413, { path: recording, as: supervisor, body: { hold: true, why: 'x'.repeat(5_000) } })
    assert.equal((await ask('hold_recording', 200, { path: recording, as: supervisor, body: hold })).body.hold_why, hold.why)
    assert.equal((await ask('hold_recording', 200, { path: recording, as: supervisor, body: { hold: false } })).body.hold, false)
  })

  await t.test('SIP messages', async () => {
    const path = { id: call }
    for (const operation of ['get_sip_trace', 'get_sip_trace_pcap']) {
      await guarded(operation, { path, as: supervisor })
      await ask(operation, 403, { path, as: agent })
      for (const id of ['12345', 'x']) await ask(operation, 404, { path: { id }, as: supervisor })
      await ask(operation, 200, { path, as: supervisor })
    }
  })

  await t.test('a call from the desk', async () => {
    const caller = await hotline.signIn('8003')
    const body = { number: '020 8555-0144', service_line: '112' }
    await guarded('dial', { as: caller, body })
    await ask('dial', 409, { as: caller, body }) // signed out
    await ask('set_agent_state', 200, { as: caller, path: { id: caller.me.agent.id }, body: { state: 'ready' } })
    for (const wrong of [{}, { number: '' }, { number: 5 }, { number: '12' }, { number: 'x1234' }, { ...body, service_line: '999' }, { ...body, more: 1 }]) await ask('dial', 400, { as: caller, body: wrong })
    assert.equal((await ask('dial', 403, { as: caller, body: { number: '110' } })).body.error.code, 'emergency_number')
    await ask('dial', 413, { as: caller, raw: `{"number":"${'1'.repeat(5000)}"}` })
    const made = (await ask('dial', 200, { as: caller, body })).body
    assert.deepEqual([made.direction, made.state, made.to], ['outbound', 'connecting', '02085550144'])
    await ask('dial', 409, { as: caller, body })
    await ask('hang_up_call', 200, { as: caller, path: { id: made.id } })
  })

  await t.test('nothing described is left out', () => {
    for (const [operation, { responses }] of description.operations) {
      // Of a recording whose deletion has begun: recording_archive.test.mjs.
      const missing = [...responses.keys()].filter((status) => !seen.get(operation).has(status) && !(operation === 'hold_recording' && status === 409)
        // With somebody who has answered: desk_consult.test.mjs.
        && !(['make_conference', 'swap'].includes(operation) && status === 200))
      assert.deepEqual(missing, [], `${operation}: described, but never answered`)
    }
    assert.ok(sent.length > 200, `${sent.length} requests`)
  })
})
