// SPDX-License-Identifier: Apache-2.0
// The TM Forum APIs against TM Forum's own swagger files: every operation of their server parts, over orders of every
// type in every state that the story reaches, appointments and real calls; each answer, good or refused, is checked against
// its schema. An operation that nobody asked for fails the test, and a planted wrong answer shows that the check can.
import assert from 'node:assert/strict'
import test from 'node:test'
import { callerTone, Floor } from './lib/floor.mjs'
import { until } from './lib/server.mjs'
import { available, Client, files, Listener, Swagger } from './lib/tmf.mjs'

test('the TM Forum APIs answer as their swagger files say', { timeout: 150_000, skip: available ? false : 'no swagger files in ../shared/tmf' }, async (t) => {
  const listener = await Listener.open(t)
  const floor = await Floor.open(t, { agents: 1, extra: '[tmf]\ncallback_hosts = ["127.0.0.1"]\nretry_most = 1\n' })
  const { hotline } = floor
  const clients = {}
  for (const name of ['8001', '8901', '8903', '8236']) clients[name] = new Client(hotline, await hotline.signIn(name))
  const agent = clients['8001']
  const supervisor = clients['8901']
  const quality = clients['8903']
  const billing = clients['8236']
  const swaggers = Object.fromEntries(Object.keys(files).map((api) => [api, new Swagger(api)]))
  const seen = new Set()

  /** Asks an operation and checks the answer; `expected` is the status it must have. */
  async function ask(api, operation, expected, { who = agent, path = {}, query = {}, ...more } = {}) {
    const swagger = swaggers[api]
    const [method, pattern] = operation.split(' ')
    const at = pattern.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]))
    const search = new URLSearchParams(query).toString()
    const answer = await who.ask(method, `${swagger.base}${at}${search ? `?${search}` : ''}`, more)
    const line = `${api}: ${operation} ${JSON.stringify({ path, query, body: more.body })} -> ${answer.status}`
    assert.equal(answer.status, expected, `${line}: ${JSON.stringify(answer.body)}`)
    assert.deepEqual(swagger.problems(operation, answer.status, answer.headers, answer.body), [], `${line}: ${JSON.stringify(answer.body)}`)
    seen.add(`${api} ${operation}`)
    return answer
  }
  const made = (answer) => {
    assert.equal(answer.headers.get('location'), answer.body.href)
    assert.ok(answer.body.href.startsWith(hotline.url))
    return answer.body
  }
  /** What every operation on a path refuses. */
  async function refusals(api, operation, { path = { id: '1', topicId: 'topic' } } = {}) {
    const [method] = operation.split(' ')
    const more = method === 'POST' || method === 'PATCH' ? { body: {} } : {}
    await ask(api, operation, 401, { path, token: '', ...more })
    await ask(api, operation, 401, { path, token: 'forged', ...more })
  }

  await t.test('the check finds a planted wrong answer', () => {
    const { troubleTicket: swagger } = swaggers
    const good = { id: '1', status: 'closed', creationDate: '2026-11-23T05:30:01Z', relatedParty: [{ id: '5', '@referredType': 'Customer' }] }
    const problems = (body) => swagger.problems('GET /troubleTicket/{id}', 200, new Headers({ 'content-type': 'application/json;charset=utf-8' }), body)
    assert.deepEqual(problems(good), [])
    for (const wrong of [{ ...good, status: 'archived' }, { ...good, creationDate: 'today' }, { ...good, id: 5 }, { ...good, relatedParty: [{ id: '5' }] }, { ...good, colour: 'red' }, [good]]) {
      assert.ok(problems(wrong).length > 0, JSON.stringify(wrong))
    }
    const headers = new Headers({ 'content-type': 'application/json;charset=utf-8' })
    assert.ok(swagger.problems('GET /troubleTicket', 200, headers, []).length === 2, 'counts missing')
    assert.ok(swagger.problems('GET /troubleTicket', 400, headers, { error: { code: 'x' } }).length > 0, 'our own error body')
    assert.ok(swagger.problems('GET /troubleTicket', 206, headers, []).length > 0, 'a status that is not described')
    assert.ok(swaggers.workOrder.definition('WorkOrder', { id: '1' }).length > 0, 'no item')
  })

  // ---- real calls: one answered, one given up in the menu
  const talk = await floor.dial('02065550101')
  await floor.reach('02065550101', 'talking')
  const [answered] = (await floor.supervisor.get('/contacts?phone=02065550101')).body.items
  const liveOne = (await ask('partyInteraction', 'GET /partyInteraction/{id}', 200, { who: supervisor, path: { id: answered.id } })).body
  assert.equal(liveOne.status, 'inProgress')
  await ask('partyInteraction', 'PATCH /partyInteraction/{id}', 409, { path: { id: answered.id }, body: { description: 'too early' } })

  await t.test('TMF688 and the hubs: who may listen, and where to', async () => {
    for (const operation of swaggers.event.operations.keys()) if (!operation.startsWith('DELETE /topic/{id}')) await refusals('event', operation)
    for (const api of Object.keys(files)) {
      const body = { callback: listener.url }
      await ask(api, 'POST /hub', 403, { who: agent, body })
      for (const wrong of [{}, { callback: 5 }, { callback: 'file:///etc/passwd' }, { callback: 'http://user:secret@127.0.0.1/' }, { ...body, query: 'broken' }]) await ask(api, 'POST /hub', 400, { who: supervisor, body: wrong })
      for (const callback of ['http://169.254.169.254/latest/meta-data', 'http://localhost:8080', 'https://example.com']) assert.equal((await ask(api, 'POST /hub', 403, { who: supervisor, body: { callback } })).body.code, 'callback_host')
      const hub = (await ask(api, 'POST /hub', 201, { who: supervisor, body })).body
      await ask(api, 'POST /hub', 409, { who: supervisor, body })
      await ask(api, 'DELETE /hub/{id}', 403, { who: agent, path: { id: hub.id } })
      for (const id of ['987654', 'x']) await ask(api, 'DELETE /hub/{id}', 404, { who: supervisor, path: { id } })
      await ask(api, 'DELETE /hub/{id}', 401, { token: '', path: { id: hub.id } })
      await ask(api, 'DELETE /hub/{id}', 204, { who: supervisor, path: { id: hub.id } })
      await ask(api, 'POST /hub', 201, { who: supervisor, body })
    }
    const own = (await ask('event', 'GET /topic', 200)).body
    assert.deepEqual(own.map(({ id }) => id), ['troubleTicket', 'workOrder', 'appointment', 'partyInteraction', 'topic'])
    assert.deepEqual((await ask('event', 'GET /topic', 200, { query: { offset: 1, limit: 2, fields: 'name' } })).body.map(({ name }) => name), ['workOrder', 'appointment'])
    for (const id of ['troubleTicket', 'topic']) await ask('event', 'GET /topic/{id}', 200, { path: { id } })
    for (const id of ['moon', '77']) await ask('event', 'GET /topic/{id}', 404, { path: { id } })
    await ask('event', 'DELETE /topic/{id}', 403, { who: supervisor, path: { id: 'troubleTicket' } })
    await ask('event', 'POST /topic', 403, { body: { name: 'x' } })
    for (const body of [{}, { name: '' }, { name: 'x', headerQuery: 'broken' }]) await ask('event', 'POST /topic', 400, { who: supervisor, body })
    const urgent = made(await ask('event', 'POST /topic', 201, { who: supervisor, body: { name: 'urgent', headerQuery: 'eventType=TroubleTicketCreateEvent', contentQuery: 'troubleTicket.severity=Critical' } }))
    const topicId = urgent.id
    await ask('event', 'GET /topic/{id}', 200, { path: { id: topicId } })
    const hub = (await ask('event', 'POST /topic/{topicId}/hub', 201, { who: supervisor, path: { topicId }, body: { callback: listener.url } })).body
    await ask('event', 'POST /topic/{topicId}/hub', 404, { who: supervisor, path: { topicId: 'moon' }, body: { callback: listener.url } })
    assert.equal((await ask('event', 'GET /topic/{topicId}/hub', 200, { who: supervisor, path: { topicId } })).body[0].id, hub.id)
    await ask('event', 'GET /topic/{topicId}/hub/{id}', 200, { who: supervisor, path: { topicId, id: hub.id } })
    await ask('event', 'GET /topic/{topicId}/hub/{id}', 404, { who: supervisor, path: { topicId: 'topic', id: hub.id } })
    await ask('event', 'GET /topic/{topicId}/hub', 403, { path: { topicId } })

    const sent = (await ask('event', 'POST /topic/{topicId}/event', 201, { who: supervisor, path: { topicId }, body: { eventType: 'CutOverEvent', event: { cutOver: { id: '9' } } } })).body
    await ask('event', 'POST /topic/{topicId}/event', 403, { who: supervisor, path: { topicId: 'troubleTicket' }, body: { eventType: 'CutOverEvent' } })
    for (const eventType of ['', '../admin', undefined]) await ask('event', 'POST /topic/{topicId}/event', 400, { who: supervisor, path: { topicId }, body: { eventType } })
    assert.equal((await ask('event', 'GET /topic/{topicId}/event/{id}', 200, { who: supervisor, path: { topicId, id: sent.eventId } })).body.eventType, 'CutOverEvent')
    await ask('event', 'GET /topic/{topicId}/event/{id}', 404, { who: supervisor, path: { topicId: 'topic', id: sent.eventId } })
    await ask('event', 'GET /topic/{topicId}/event', 403, { path: { topicId } })
    await until('the published event has come', () => listener.events.some(({ at }) => at === '/outside/listener/cutOverEvent'))

    // A ticket of this severity comes in the topic too.
    const ticket = made(await ask('troubleTicket', 'POST /troubleTicket', 201, { body: { description: '盗打', severity: 'Critical', ticketType: 'complaint', troubleTicketCharacteristic: [{ name: 'category', value: 'charges' }] } }))
    const inTopic = await until('the ticket is in the topic', async () => {
      const list = (await ask('event', 'GET /topic/{topicId}/event', 200, { who: supervisor, path: { topicId } })).body
      return list.find((event) => event.event.troubleTicket?.id === ticket.id)
    })
    assert.equal(inTopic.eventType, 'TroubleTicketCreateEvent')
    assert.ok(inTopic.event.troubleTicket.href.startsWith(hotline.url))
    await ask('event', 'DELETE /topic/{topicId}/hub/{id}', 204, { who: supervisor, path: { topicId, id: hub.id } })
    await ask('event', 'DELETE /topic/{topicId}/hub/{id}', 404, { who: supervisor, path: { topicId, id: hub.id } })
    await ask('event', 'DELETE /topic/{id}', 204, { who: supervisor, path: { id: topicId } })
    await ask('event', 'DELETE /topic/{id}', 404, { who: supervisor, path: { id: topicId } })
  })

  // ---- an order of every type, made by the desk's own API
  const types = (await floor.supervisor.get('/order-types')).body.items
  const tickets = new Set(['complaint', 'consumer_line_12315', 'enquiry_follow_up', 'fault_report', 'joint_response_110', 'media_matter', 'regulator_appeal'])
  const orders = new Map()
  const customer = (await floor.supervisor.get('/customers?q=2&limit=1')).body.items[0]
  const sample = (field) => ({ text: '文字', long_text: '长文字', integer: String(field.least || 1), money: '500', flag: 'true', date: '2026-12-01', phone: '059088110001', choice: field.choices[0]?.code })[field.kind]
  for (const type of types) {
    const fields = Object.fromEntries(type.fields.map((field) => [field.code, sample(field)]))
    const answer = await floor.supervisor.post('/orders', { command_id: `tmf-${type.code}`, type: type.code, title: type.name.en, text: type.name.zh_hans, fields, contact_id: answered.id, customer_id: customer.id, phone: '059088110001', person: '王女士' })
    assert.equal(answer.status, 201, `${type.code}: ${JSON.stringify(answer.body)}`)
    orders.set(type.code, answer.body.order.id)
  }

  for (const [api, name, statusName, typeName] of [['troubleTicket', 'troubleTicket', 'status', 'ticketType'], ['workOrder', 'workOrder', 'state', 'category']]) {
    await t.test(`${api}: lists, one, and what is refused`, async () => {
      const ours = [...orders].filter(([code]) => tickets.has(code) === (api === 'troubleTicket'))
      for (const operation of [`GET /${name}`, `POST /${name}`, `GET /${name}/{id}`, `PATCH /${name}/{id}`]) await refusals(api, operation)
      const listed = await ask(api, `GET /${name}`, 200)
      assert.equal(Number(listed.headers.get('x-total-count')), listed.body.length)
      for (const [code, id] of ours) {
        const one = (await ask(api, `GET /${name}/{id}`, 200, { path: { id } })).body
        assert.deepEqual([one.id, one[typeName], one[statusName]], [id, code, 'acknowledged'])
        assert.ok(listed.body.some((row) => row.id === id), code)
        assert.equal((await ask(api, `GET /${name}`, 200, { query: { [typeName]: code, id } })).body.length, 1)
        await ask(api, `DELETE /${name}/{id}`, 405, { path: { id } })
      }
      for (const [, id] of [...orders].filter(([code]) => tickets.has(code) !== (api === 'troubleTicket'))) await ask(api, `GET /${name}/{id}`, 404, { path: { id } })
      const page = await ask(api, `GET /${name}`, 200, { query: { offset: 1, limit: 2, fields: statusName } })
      assert.deepEqual([page.headers.get('x-result-count'), Number(page.headers.get('x-total-count'))], ['2', listed.body.length])
      assert.deepEqual(page.body.map(({ id }) => id), listed.body.slice(1, 3).map(({ id }) => id))
      assert.deepEqual(Object.keys(page.body[0]).sort(), ['href', 'id', statusName, ...(api === 'workOrder' ? ['workOrderItem'] : [])].sort())
      const created = api === 'troubleTicket' ? 'creationDate' : 'orderDate'
      for (const query of [{ [statusName]: 'acknowledged' }, { 'relatedParty.id': customer.id }, { 'relatedParty.id': customer.id, 'relatedParty.role': 'customer' }, { 'relatedEntity.id': answered.id }, { [`${created}.gt`]: '2020-01-01' }, { 'lastUpdate.lt': '2099-01-01T00:00:00Z' }]) {
        assert.ok((await ask(api, `GET /${name}`, 200, { query })).body.length >= ours.length, JSON.stringify(query))
      }
      for (const query of [{ [statusName]: 'pending' }, { 'relatedParty.id': '99999' }, { id: 'x' }, { externalId: 'none' }, { number: 'X1' }, { [created]: '2020-01-01' }, { 'relatedParty.id': 'billing', 'relatedParty.role': 'lead' }, { 'relatedParty.id': billing.agent.id, 'relatedParty.role': 'owner' }]) {
        assert.deepEqual((await ask(api, `GET /${name}`, 200, { query })).body, [], JSON.stringify(query))
      }
      for (const query of [{ limit: 0 }, { limit: 201 }, { offset: -1 }, { colour: 'red' }, { [statusName]: 'asleep' }, { [`${created}.gt`]: 'soon' }, { 'relatedParty.role': 'customer' }]) await ask(api, `GET /${name}`, 400, { query })
      assert.deepEqual((await ask(api, `GET /${name}`, 200, { who: billing })).body, [], 'a department sees what is in it')
      await ask(api, `GET /${name}/{id}`, 404, { who: billing, path: { id: ours[0][1] } })
      for (const id of ['12345', 'x', '18446744073709551615']) {
        await ask(api, `GET /${name}/{id}`, 404, { path: { id } })
        await ask(api, `PATCH /${name}/{id}`, 404, { path: { id }, body: {} })
      }
      for (const raw of ['', '{', '[]', '"x"', '{"description":"\\u0000"}']) await ask(api, `POST /${name}`, 400, { raw })
      await ask(api, `POST /${name}`, 413, { raw: 'x'.repeat(300_000) })
      await ask(api, `PATCH /${name}/{id}`, 400, { path: { id: ours[0][1] }, raw: '[]' })
      for (const body of [{ id: '5' }, { colour: 'red' }, { note: null }]) await ask(api, `PATCH /${name}/{id}`, 400, { path: { id: ours[0][1] }, body })
      const elsewhere = await agent.ask('GET', '/tmf-api/nothing/v4/here')
      assert.deepEqual([elsewhere.status, swaggers[api].definition('Error', elsewhere.body)], [404, []])
    })
  }

  await t.test('TMF621: a complaint from the first word to the archive, by PATCH alone', async () => {
    const body = { description: '四月扣了两次套餐费', name: '重复扣费', severity: 'Major', ticketType: 'complaint', externalId: 'CRM-1', channel: { id: 'web' },
      relatedParty: [{ id: customer.id, role: 'customer', '@referredType': 'Customer' }], troubleTicketCharacteristic: [{ name: 'category', value: 'charges' }] }
    for (const wrong of [{ description: '' }, { severity: undefined }, { ticketType: 'moon' }, { ticketType: 'product_order' }, { status: 'closed' }, { relatedParty: [{ role: 'customer', id: '99999999' }] }, { relatedParty: 5 }, { troubleTicketCharacteristic: [] }, { troubleTicketCharacteristic: [{ name: 'category', value: 'moon' }] }, { troubleTicketCharacteristic: [{ name: 'moon', value: 'x' }] }]) {
      await ask('troubleTicket', 'POST /troubleTicket', 400, { body: { ...body, ...wrong } })
    }
    await ask('troubleTicket', 'POST /troubleTicket', 403, { who: billing, body })
    const ticket = made(await ask('troubleTicket', 'POST /troubleTicket', 201, { body }))
    assert.equal(made(await ask('troubleTicket', 'POST /troubleTicket', 201, { body })).id, ticket.id, 'sent twice, made once')
    await ask('troubleTicket', 'POST /troubleTicket', 409, { body: { ...body, name: 'another' } })
    const path = { id: ticket.id }
    const found = (await ask('troubleTicket', 'GET /troubleTicket', 200, { query: { externalId: 'CRM-1' } })).body
    assert.deepEqual(found.map(({ id }) => id), [ticket.id])
    const patch = async (who, expected, change, more = {}) => (await ask('troubleTicket', 'PATCH /troubleTicket/{id}', expected, { who, path, body: change, ...more })).body
    const evidence = [{ id: 'document:退费单 88', role: 'evidence', '@referredType': 'Document' }]
    assert.match((await patch(agent, 409, { status: 'closed' })).message, /goes to: pending, resolved/)
    await patch(agent, 400, { relatedParty: [{ id: 'moon', role: 'lead', '@referredType': 'Organization' }], statusChangeReason: '请核实' })
    const sent = await patch(agent, 200, { relatedParty: [{ id: 'billing', role: 'lead', '@referredType': 'Organization' }, { id: 'market', role: 'coHandler', '@referredType': 'Organization' }], statusChangeReason: '请核实' })
    assert.deepEqual(sent.relatedParty.filter(({ role }) => role === 'lead' || role === 'coHandler').map(({ id }) => id), ['billing', 'market'])
    await patch(agent, 403, { status: 'inProgress' })
    await patch(billing, 200, { status: 'inProgress' })
    assert.equal((await ask('troubleTicket', 'GET /troubleTicket', 200, { who: billing, query: { 'relatedParty.id': 'billing', 'relatedParty.role': 'lead' } })).body[0].id, ticket.id)
    await patch(billing, 200, { status: 'pending', statusChangeReason: '等客户提供账单' })
    assert.deepEqual((await ask('troubleTicket', 'GET /troubleTicket', 200, { query: { status: 'pending' } })).body.map(({ id }) => id), [ticket.id])
    assert.match((await patch(billing, 409, { status: 'resolved', relatedEntity: evidence })).message, /waits for the customer/)
    await patch(billing, 200, { status: 'inProgress' })
    assert.equal((await patch(billing, 409, { status: 'resolved', statusChangeReason: '已退', relatedEntity: evidence })).code, 'co_handlers_open')
    await patch(agent, 400, { hotlineAction: 'fly' })
    const market = new Client(hotline, await hotline.signIn('8232'))
    await ask('troubleTicket', 'PATCH /troubleTicket/{id}', 400, { who: market, path, body: { hotlineAction: 'co_reply', note: [{ text: '页面已改' }] } })
    await floor.supervisor.post(`/orders/${ticket.id}/actions`, { command_id: 'tmf-release', action: 'release', departments: ['market'] })
    await patch(billing, 400, { status: 'resolved', statusChangeReason: '已退' })
    const resolved = await patch(billing, 200, { status: 'resolved', statusChangeReason: '重复订购所致，已退一笔。', relatedEntity: evidence })
    assert.ok(resolved.resolutionDate)
    await patch(agent, 409, { status: 'closed' })
    const tag = (await ask('troubleTicket', 'GET /troubleTicket/{id}', 200, { path })).headers.get('etag')
    await patch(agent, 409, { note: [{ text: 'x' }] }, { headers: { 'if-match': '"1"' } })
    await patch(agent, 200, { note: [{ text: '客户来电询问' }] }, { headers: { 'if-match': tag } })
    await patch(agent, 200, { hotlineAction: 'tell', channel: { id: 'phone' }, statusChangeReason: '已告知' })
    await patch(agent, 400, { hotlineAction: 'ask', channel: { id: 'phone' }, satisfaction: 'very' })
    const again = await patch(agent, 200, { hotlineAction: 'ask', channel: { id: 'phone' }, satisfaction: 'unsatisfied' })
    assert.equal(again.status, 'acknowledged', 'a customer who is not satisfied is back in the loop')
    await patch(agent, 200, { status: 'resolved', statusChangeReason: '再补偿一个月' })
    await patch(agent, 200, { hotlineAction: 'tell', channel: { id: 'phone' }, statusChangeReason: '已告知' })
    await patch(agent, 200, { hotlineAction: 'ask', channel: { id: 'phone' }, satisfaction: 'satisfied' })
    await patch(quality, 200, { hotlineAction: 'inspect', statusChangeReason: '合格' })
    await patch(quality, 200, { hotlineAction: 'report_up', statusChangeReason: '上报' })
    await patch(quality, 200, { hotlineAction: 'assess', statusChangeReason: '扣 2 分' })
    assert.equal((await patch(quality, 409, { status: 'closed' })).code, 'conditions_open')
    for (const condition of ['cause', 'solution', 'improvement', 'responsibility', 'penalty']) await floor.supervisor.post(`/orders/${ticket.id}/actions`, { command_id: `tmf-${condition}`, action: 'record_condition', condition, text: '有', evidence: ['document:整改通知'] })
    const closed = await patch(quality, 200, { status: 'closed' })
    assert.deepEqual([closed.status, closed.satisfaction, closed.statusChange.map(({ status }) => status).join(' ')], ['closed', 'satisfied', 'acknowledged inProgress pending inProgress resolved acknowledged resolved closed'])
    assert.deepEqual((await ask('troubleTicket', 'GET /troubleTicket', 200, { query: { status: 'closed' } })).body.map(({ id }) => id), [ticket.id])
    await patch(agent, 200, { status: 'acknowledged', statusChangeReason: '客户再次来电' })
    const asRead = (await ask('troubleTicket', 'GET /troubleTicket/{id}', 200, { path })).body
    assert.deepEqual(await patch(agent, 200, asRead), asRead, 'sent back as it was read it changes nothing')
    await until('each change has come to the listener', () => listener.about(ticket.id).length >= 20)
    const told = listener.about(ticket.id)
    assert.equal(told[0], 'TroubleTicketCreateEvent')
    for (const type of ['TroubleTicketStatusChangeEvent', 'TroubleTicketAttributeValueChangeEvent', 'TroubleTicketResolvedEvent', 'TroubleTicketInformationRequiredEvent']) assert.ok(told.includes(type), type)
  })
  await t.test('TMF697: an installation, one taken back, and cancellations', async () => {
    const body = { description: '新装宽带', category: 'product_order', externalId: 'CRM-2', priority: '1', notificationContact: '059088110002', relatedParty: [{ id: customer.id, role: 'customer', '@referredType': 'Customer' }],
      workOrderItem: [{ id: '1', action: 'add', work: { name: '装机', workCharacteristic: [{ name: 'product', value: 'broadband' }, { name: 'address', value: '人民路 12 号' }] } }] }
    for (const wrong of [{ workOrderItem: [] }, { workOrderItem: [{ id: '1', action: 'fly' }] }, { category: 'complaint' }, { category: 'moon' }, { workOrderItem: [{ id: '1', action: 'add' }], description: '' }, { workOrderItem: [{ id: '1', action: 'add', work: {} }] }]) {
      await ask('workOrder', 'POST /workOrder', 400, { body: { ...body, ...wrong } })
    }
    await ask('workOrder', 'POST /workOrder', 403, { who: billing, body })
    const work = made(await ask('workOrder', 'POST /workOrder', 201, { body }))
    assert.equal(made(await ask('workOrder', 'POST /workOrder', 201, { body })).id, work.id)
    await ask('workOrder', 'POST /workOrder', 409, { body: { ...body, description: 'another' } })
    const path = { id: work.id }
    const line = new Client(hotline, await hotline.signIn('8210')) // of the department for lines and numbers
    const patch = async (who, expected, change) => (await ask('workOrder', 'PATCH /workOrder/{id}', expected, { who, path, body: change })).body
    await patch(agent, 409, { state: 'completed' })
    const characteristic = (value) => ({ workOrderItem: [{ id: '01', action: 'add', work: { workCharacteristic: [{ name: 'address', value }] } }] })
    await patch(agent, 200, characteristic('人民路 14 号'))
    await patch(agent, 200, { state: 'inProgress', relatedParty: [{ id: 'line', role: 'lead', '@referredType': 'Organization' }], note: { text: '请配线' } })
    const shown = (await ask('workOrder', 'GET /workOrder/{id}', 200, { path })).body
    assert.deepEqual(shown.workOrderItem.map(({ state }) => state), ['inProgress', 'acknowledged'])
    await patch(line, 200, { hotlineAction: 'assign_number' })
    const search = (await ask('workOrder', 'GET /workOrder', 200, { query: { state: 'inProgress' } })).body
    assert.deepEqual(search.map(({ id }) => id), [work.id])

    await ask('workOrder', 'GET /cancelWorkOrder', 200)
    for (const operation of ['GET /cancelWorkOrder', 'POST /cancelWorkOrder', 'GET /cancelWorkOrder/{id}']) await refusals('workOrder', operation)
    for (const wrong of [{}, { workOrder: 5 }, { workOrder: { id: 'x' } }, { workOrder: { id: '12345' } }, { workOrder: { id: orders.get('complaint') } }, { workOrder: { id: work.id }, requestedCancellationDate: 'soon' }]) await ask('workOrder', 'POST /cancelWorkOrder', 400, { body: wrong })
    await ask('workOrder', 'POST /cancelWorkOrder', 409, { body: { workOrder: { id: orders.get('business_request') } } })
    const task = made(await ask('workOrder', 'POST /cancelWorkOrder', 201, { body: { workOrder: { id: work.id }, cancellationReason: '客户不要了' } }))
    await ask('workOrder', 'POST /cancelWorkOrder', 409, { body: { workOrder: { id: work.id } } })
    await ask('workOrder', 'GET /cancelWorkOrder/{id}', 200, { path: { id: task.id } })
    await ask('workOrder', 'GET /cancelWorkOrder/{id}', 404, { path: { id: '99' } })
    await ask('workOrder', 'GET /cancelWorkOrder', 403, { who: billing })
    assert.equal((await ask('workOrder', 'GET /cancelWorkOrder', 200, { query: { fields: 'state' } })).body[0].id, task.id)
    await patch(agent, 200, { hotlineAction: 'tell', channel: [{ id: 'phone' }], note: { text: '已告知' } })
    const cancelled = await patch(agent, 200, { hotlineAction: 'ask', channel: [{ id: 'phone' }], satisfaction: 'satisfied' })
    assert.deepEqual([cancelled.state, cancelled.cancellationReason], ['cancelled', '客户不要了'], 'it stays cancelled when it is archived')
    assert.deepEqual((await ask('workOrder', 'GET /workOrder', 200, { query: { state: 'cancelled' } })).body.map(({ id }) => id), [work.id])
    assert.deepEqual((await ask('workOrder', 'GET /workOrder', 200, { query: { state: 'completed' } })).body, [])
    await until('the cancellation has come to the listener', () => listener.about(task.id).includes('CancelWorkOrderCreateEvent') && listener.about(work.id).includes('WorkOrderStateChangeEvent'))
  })

  await t.test('TMF646: time slots searched, one booked, moved, cancelled', async () => {
    const api = 'appointment'
    const { body: { items: crews } } = await floor.supervisor.get('/crews')
    const crew = crews.find((one) => one.settings.skills.includes('install'))
    const area = crew.settings.areas[0]
    const place = { id: area, role: 'interventionAddress', name: '人民路 12 号' }
    const skill = [{ id: 'install', role: 'skill', '@referredType': 'Skill' }]
    for (const operation of ['GET /searchTimeSlot', 'POST /searchTimeSlot', 'GET /searchTimeSlot/{id}', 'PATCH /searchTimeSlot/{id}', 'DELETE /searchTimeSlot/{id}', 'GET /appointment', 'POST /appointment', 'GET /appointment/{id}', 'PATCH /appointment/{id}']) await refusals(api, operation)
    for (const wrong of [{}, { relatedPlace: {} }, { relatedPlace: place, requestedTimeSlot: [{ validFor: { startDateTime: 'x' } }] }, { relatedPlace: place, requestedTimeSlot: [{ validFor: { endDateTime: '2099-01-01T00:00:00Z' } }] }]) await ask(api, 'POST /searchTimeSlot', 400, { body: wrong })
    const search = made(await ask(api, 'POST /searchTimeSlot', 201, { body: { relatedPlace: place, relatedEntity: skill } }))
    assert.equal(search.searchResult, 'success')
    const path = { id: search.id }
    await ask(api, 'GET /searchTimeSlot/{id}', 200, { path })
    assert.equal((await ask(api, 'GET /searchTimeSlot', 200, { query: { fields: 'searchResult' } })).body[0].id, search.id)
    const empty = (await ask(api, 'PATCH /searchTimeSlot/{id}', 200, { path, body: { relatedPlace: { id: 'moon', role: 'x' } } })).body
    assert.deepEqual([empty.searchResult, empty.availableTimeSlot], ['fail', []])
    await ask(api, 'PATCH /searchTimeSlot/{id}', 400, { path, body: { relatedPlace: 5 } })
    for (const id of ['9', 'x']) for (const operation of ['GET /searchTimeSlot/{id}', 'DELETE /searchTimeSlot/{id}']) await ask(api, operation, 404, { path: { id } })
    await ask(api, 'PATCH /searchTimeSlot/{id}', 404, { path: { id: '9' }, body: {} })
    await ask(api, 'DELETE /searchTimeSlot/{id}', 204, { path })
    await ask(api, 'GET /searchTimeSlot/{id}', 404, { path })

    const [first, second, third] = search.availableTimeSlot.slice(-3)
    const body = { validFor: first.validFor, category: 'install', relatedPlace: place, externalId: 'CRM-3', description: '带光猫', relatedEntity: [{ id: orders.get('product_order'), role: 'order', '@referredType': 'WorkOrder' }],
      relatedParty: [{ id: customer.id, role: 'customer', name: '王女士', '@referredType': 'Customer' }], contactMedium: [{ mediumType: 'telephone number', characteristic: { phoneNumber: '059088110001' } }] }
    for (const wrong of [{ validFor: {} }, { relatedPlace: undefined }, { relatedEntity: [{ id: '12345', '@referredType': 'WorkOrder' }] }, { relatedParty: [{ id: '99999999', role: 'customer' }] }, { calendarEvent: { id: 'x' } }, { category: 'Ohne Maß' }]) await ask(api, 'POST /appointment', 400, { body: { ...body, ...wrong } })
    await ask(api, 'POST /appointment', 409, { body: { ...body, validFor: { startDateTime: '2026-01-01T00:00:00Z' } } })
    const booked = made(await ask(api, 'POST /appointment', 201, { body }))
    assert.deepEqual([booked.status, booked.validFor], ['confirmed', first.validFor])
    assert.equal(made(await ask(api, 'POST /appointment', 201, { body })).id, booked.id, 'sent twice, booked once')
    await ask(api, 'POST /appointment', 409, { body: { ...body, description: 'another' } })
    const one = { id: booked.id }
    await ask(api, 'GET /appointment/{id}', 200, { path: one })
    assert.equal((await ask('workOrder', 'GET /workOrder/{id}', 200, { path: { id: orders.get('product_order') } })).body.appointment.id, booked.id)
    const patch = async (expected, change) => (await ask(api, 'PATCH /appointment/{id}', expected, { path: one, body: change })).body
    assert.deepEqual((await patch(200, { validFor: second.validFor, note: [{ text: '客户出差' }] })).validFor, second.validFor)
    assert.deepEqual((await patch(200, { validFor: third.validFor, calendarEvent: { id: third.id } })).validFor, third.validFor)
    assert.equal((await patch(200, { validFor: third.validFor })).status, 'confirmed')
    for (const wrong of [{ status: 'asleep' }, { relatedPlace: place }, { validFor: { startDateTime: 'x' } }, { calendarEvent: { id: 'x' } }]) await patch(400, wrong)
    await patch(409, { validFor: { startDateTime: '2026-01-01T00:00:00Z' } })
    for (const status of ['initialized', 'failed']) await patch(409, { status })
    await patch(409, { status: 'completed', note: [{ text: '装好' }] }) // nobody has arrived
    await patch(200, { status: 'cancelled', note: [{ text: '客户不要了' }] })
    await patch(409, { status: 'confirmed' })
    const held = (await floor.supervisor.post('/appointments', { command_id: 'tmf-held', area, skills: ['install'], slot: { crew_id: crew.id, day: new Date(Date.parse(first.validFor.startDateTime) + 8 * 3_600_000).toISOString().slice(0, 10), from: new Date(Date.parse(first.validFor.startDateTime) + 8 * 3_600_000).toISOString().slice(11, 16) } })).body.appointment
    assert.equal((await ask(api, 'GET /appointment/{id}', 200, { path: { id: held.id } })).body.status, 'initialized')
    assert.equal((await ask(api, 'PATCH /appointment/{id}', 200, { path: { id: held.id }, body: { status: 'confirmed' } })).body.status, 'confirmed')
    for (const id of ['12345', 'x']) {
      await ask(api, 'GET /appointment/{id}', 404, { path: { id } })
      await ask(api, 'PATCH /appointment/{id}', 404, { path: { id }, body: {} })
    }
    await ask(api, 'DELETE /appointment/{id}', 405, { path: one })
    assert.equal((await ask(api, 'GET /appointment', 200)).body.length, 2)
    for (const [query, count] of [[{ status: 'cancelled' }, 1], [{ status: 'confirmed' }, 1], [{ 'relatedEntity.id': orders.get('product_order') }, 1], [{ 'relatedPlace.id': area }, 2], [{ externalId: 'CRM-3' }, 1], [{ externalId: 'none' }, 0], [{ 'validFor.startDateTime.lt': '2020-01-01' }, 0], [{ limit: 1 }, 1]]) {
      assert.equal((await ask(api, 'GET /appointment', 200, { query })).body.length, count, JSON.stringify(query))
    }
    for (const query of [{ status: 'x' }, { limit: 'x' }, { colour: 'red' }]) await ask(api, 'GET /appointment', 400, { query })
    await until('its events have come', () => ['AppointmentCreateEvent', 'AppointmentStateChangeEvent', 'AppointmentAttributeValueChangeEvent'].every((type) => listener.about(booked.id).includes(type)))
    await until('the search\'s too', () => ['SearchTimeSlotCreateEvent', 'SearchTimeSlotAttributeValueChangeEvent', 'SearchTimeSlotDeleteEvent'].every((type) => listener.about(search.id).includes(type)))
  })

  await t.test('TMF683: a call that was answered, and one that was given up', async () => {
    const api = 'partyInteraction'
    for (const operation of ['GET /partyInteraction', 'POST /partyInteraction', 'GET /partyInteraction/{id}', 'PATCH /partyInteraction/{id}']) await refusals(api, operation)
    talk.hangUp()
    await floor.closed('02065550101')
    const short = await floor.phones.call(floor.sipPort, '1000', { from: '02065550102', hertz: callerTone })
    await short.reach('answered')
    short.hangUp()
    await floor.closed('02065550102')
    const all = await ask(api, 'GET /partyInteraction', 200, { who: supervisor })
    assert.deepEqual([all.headers.get('x-total-count'), all.body.map(({ status }) => status)], ['2', ['completed', 'completed']])
    const path = { id: answered.id }
    const one = (await ask(api, 'GET /partyInteraction/{id}', 200, { path })).body
    assert.deepEqual([one.direction, one.interactionItem.length], ['inbound', types.length])
    assert.deepEqual((await ask(api, 'GET /partyInteraction', 200)).body.map(({ id }) => id), [answered.id], 'an agent sees their own')
    const patch = async (expected, body, who = agent) => (await ask(api, 'PATCH /partyInteraction/{id}', expected, { who, path, body })).body
    const changed = await patch(200, { description: '客户询问账单', reason: 'billing_question' in one ? undefined : one.reason })
    assert.equal(changed.description, '客户询问账单')
    const { body: reference } = await floor.supervisor.get('/reference')
    assert.equal((await patch(200, { reason: reference.contact_reasons[0].code, note: [{ text: '再次来电' }] })).reason, reference.contact_reasons[0].code)
    assert.deepEqual((await ask(api, 'GET /partyInteraction', 200, { who: supervisor, query: { reason: reference.contact_reasons[0].code } })).body.length, 1)
    for (const wrong of [{ reason: 'moon' }, { direction: 'outbound' }, { description: 5 }, { note: 'x' }, { description: 'x'.repeat(2001) }]) await patch(400, wrong)
    await patch(409, { status: 'opened' })
    await patch(403, { description: 'x' }, billing)
    await ask(api, 'GET /partyInteraction/{id}', 403, { who: billing, path })
    await ask(api, 'GET /partyInteraction/{id}', 404, { path: { id: '12345' } })
    await ask(api, 'PATCH /partyInteraction/{id}', 404, { path: { id: '12345' }, body: {} })
    for (const [query, count] of [[{ status: 'completed' }, 2], [{ status: 'inProgress' }, 0], [{ direction: 'inbound' }, 2], [{ direction: 'outbound' }, 0], [{ 'channel.id': 'phone' }, 2], [{ id: answered.id }, 1], [{ 'creationDate.lt': '2020-01-01' }, 0], [{ limit: 1, offset: 1 }, 1], [{ fields: 'status' }, 2]]) {
      assert.equal((await ask(api, 'GET /partyInteraction', 200, { who: supervisor, query })).body.length, count, JSON.stringify(query))
    }
    for (const query of [{ status: 'x' }, { direction: 'up' }, { colour: 'red' }, { limit: 0 }]) await ask(api, 'GET /partyInteraction', 400, { query })
    const visit = { direction: 'inbound', reason: '营业厅缴费', status: 'opened', channel: [{ id: 'shop', name: '人民路营业厅' }], interactionDate: { startDateTime: new Date().toISOString() }, relatedParty: [{ id: customer.id, role: 'customer', '@referredType': 'Customer' }], note: [{ text: '现金' }] }
    for (const wrong of [{ direction: 'up' }, { channel: [] }, { interactionDate: {} }, { status: 'x' }, { reason: '' }, { relatedParty: [{ id: '99999999', role: 'customer', '@referredType': 'Customer' }] }]) await ask(api, 'POST /partyInteraction', 400, { body: { ...visit, ...wrong } })
    await ask(api, 'POST /partyInteraction', 403, { who: billing, body: visit })
    const shop = made(await ask(api, 'POST /partyInteraction', 201, { body: visit }))
    await ask(api, 'GET /partyInteraction/{id}', 200, { path: { id: shop.id } })
    await ask(api, 'GET /partyInteraction/{id}', 403, { who: billing, path: { id: shop.id } })
    await ask(api, 'GET /partyInteraction/{id}', 404, { path: { id: 'x1' } })
    assert.deepEqual((await ask(api, 'GET /partyInteraction', 200)).body.map(({ id }) => id), [shop.id, answered.id], 'beside the calls')
    for (const query of [{ 'channel.id': 'shop' }, { id: shop.id }, { status: 'inProgress' }]) assert.deepEqual((await ask(api, 'GET /partyInteraction', 200, { query })).body.map(({ id }) => id), [shop.id])
    const shopPatch = async (expected, body) => (await ask(api, 'PATCH /partyInteraction/{id}', expected, { path: { id: shop.id }, body })).body
    assert.equal((await shopPatch(200, { status: 'completed', note: [{ text: '已打印发票' }] })).note.length, 2)
    await shopPatch(409, { status: 'opened' })
    await shopPatch(400, { direction: 'outbound' })
    await until('its events have come', () => ['PartyInteractionCreateEvent', 'PartyInteractionStatusChangeEvent'].every((type) => listener.about(shop.id).includes(type)))
    await ask(api, 'DELETE /partyInteraction/{id}', 405, { path })
    await until('its events have come', () => listener.about(answered.id).includes('PartyInteractionStatusChangeEvent') && listener.about(answered.id).includes('PartyInteractionAttributeValueChangeEvent'))
  })

  await t.test('every event that came has its schema', () => {
    const apiOf = { TroubleTicket: 'troubleTicket', WorkOrder: 'workOrder', CancelWorkOrder: 'workOrder', Appointment: 'appointment', SearchTimeSlot: 'appointment', PartyInteraction: 'partyInteraction', Topic: 'event' }
    const kinds = new Set()
    for (const { at, type, event } of listener.events) {
      if (event.eventType === 'CutOverEvent') continue
      assert.match(type, /^application\/json/)
      assert.equal(at, `/outside/listener/${event.eventType[0].toLowerCase()}${event.eventType.slice(1)}`)
      const api = apiOf[event.eventType.match(/^([A-Za-z]+?)(Create|Attribute|Status|State|Resolved|Information|Delete|Change)/)[1]]
      assert.deepEqual(swaggers[api].definition(event.eventType, event), [], JSON.stringify(event))
      kinds.add(event.eventType)
    }
    assert.ok(kinds.size >= 16, [...kinds].join(' '))
  })

  await t.test('no operation was left out', () => {
    const all = Object.entries(swaggers).flatMap(([api, swagger]) => [...swagger.operations.keys()].map((operation) => `${api} ${operation}`))
    assert.deepEqual(all.filter((one) => !seen.has(one)), [])
    assert.ok(all.length > 40, `${all.length} operations`)
  })
})
