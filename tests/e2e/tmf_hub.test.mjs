// SPDX-License-Identifier: Apache-2.0
// The event hub of the TM Forum APIs: a listener that is down for a time, refuses for a time, and a core that is killed
// in between; every change that was acknowledged comes, in order, until the listener is taken away.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Hotline, until } from './lib/server.mjs'
import { Client, Listener } from './lib/tmf.mjs'

const tickets = '/tmf-api/troubleTicket/v4'

test('events are delivered until they are accepted, over a dead listener and a killed core', { timeout: 100_000 }, async (t) => {
  const listener = await Listener.open(t)
  const other = await Listener.open(t)
  const hotline = await Hotline.start({ extra: '[tmf]\ncallback_hosts = ["127.0.0.1"]\nretry_most = 1\ntimeout = 2\n' })
  t.after(() => hotline.stop())
  let agent = new Client(hotline, await hotline.signIn('8001'))
  let supervisor = new Client(hotline, await hotline.signIn('8901'))
  const listen = async (at, query) => {
    const answer = await supervisor.ask('POST', `${tickets}/hub`, { body: { callback: at.url, query } })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body.id
  }
  const create = async (description) => {
    const answer = await agent.ask('POST', `${tickets}/troubleTicket`, { body: { description, severity: 'Minor', ticketType: 'complaint', troubleTicketCharacteristic: [{ name: 'category', value: 'charges' }] } })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body.id
  }
  const solve = async (id) => {
    const answer = await agent.ask('PATCH', `${tickets}/troubleTicket/${id}`, { body: { status: 'resolved', statusChangeReason: '已解释' } })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
  const all = ['TroubleTicketCreateEvent', 'TroubleTicketStatusChangeEvent', 'TroubleTicketResolvedEvent']
  const complete = (id, at = listener) => until(`the events of ${id}`, () => at.about(id).length === all.length, 30_000)
  const state = async (id) => (await supervisor.ask('GET', `/tmf-api/event/v4/topic/troubleTicket/hub/${id}`)).body

  const hub = await listen(listener)
  const resolvedOnly = await listen(other, 'eventType=TroubleTicketResolvedEvent')

  const first = await create('一')
  await solve(first)
  await complete(first)
  assert.deepEqual(listener.about(first), all, 'in order')
  await until('the other listener\'s one', () => other.about(first).length === 1)
  assert.deepEqual(other.about(first), ['TroubleTicketResolvedEvent'])
  const [created] = listener.events.map(({ event }) => event).filter(({ eventType }) => eventType === all[0])
  assert.equal(created.event.troubleTicket.status, 'acknowledged', 'the ticket as it was then')
  assert.equal(created.event.troubleTicket.href, `${hotline.url}${tickets}/troubleTicket/${first}`)

  // The listener is away; the core is killed while events wait, and once more before they were delivered.
  const { port } = listener
  await listener.close()
  const second = await create('二')
  await until('a failed attempt is noted', async () => (await state(hub)).failedAttempts > 0)
  assert.match((await state(hub)).lastTrouble, /connect/i)
  await solve(second)
  await hotline.killCore() // at once: what was answered is in the store, its events may not be made yet
  await hotline.launch()
  agent = new Client(hotline, await hotline.signIn('8001'))
  supervisor = new Client(hotline, await hotline.signIn('8901'))
  const third = await create('三')
  await hotline.killCore()
  await hotline.launch()
  agent = new Client(hotline, await hotline.signIn('8001'))
  supervisor = new Client(hotline, await hotline.signIn('8901'))

  // It is back, but says no, then hangs up; both count as not accepted.
  listener.answer = 503
  listener.attempts = 0
  await listener.listen(port)
  await until('it has said no', () => listener.attempts > 0)
  listener.answer = 0
  listener.attempts = 0
  await until('it has hung up', () => listener.attempts > 0)
  assert.deepEqual(listener.about(second), [])
  listener.answer = 204
  await complete(second)
  assert.deepEqual(listener.about(second), all)
  await solve(third)
  await complete(third)
  assert.deepEqual(listener.about(third), all)
  assert.deepEqual((await until('no trouble any more', async () => {
    const now = await state(hub)
    return now.failedAttempts === 0 && now
  })).lastTrouble, undefined)
  // At least once: the other listener, which was never away, has each as well.
  for (const id of [first, second, third]) await until(`the other's of ${id}`, () => other.about(id).length === 1)

  // Taken away: nothing comes any more, while another listener still gets all.
  assert.equal((await supervisor.ask('DELETE', `${tickets}/hub/${hub}`)).status, 204)
  const fourth = await create('四')
  await solve(fourth)
  await until('the other listener has it', () => other.about(fourth).length === 1)
  assert.deepEqual(listener.about(fourth), [])
  assert.equal((await supervisor.ask('DELETE', `${tickets}/hub/${resolvedOnly}`)).status, 204)
})

test('events go nowhere without configured hosts', { timeout: 40_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const supervisor = new Client(hotline, await hotline.signIn('8901'))
  for (const callback of ['http://127.0.0.1:9/', 'http://[::1]/', 'https://example.com/listener']) {
    const answer = await supervisor.ask('POST', `${tickets}/hub`, { body: { callback } })
    assert.deepEqual([answer.status, answer.body.code], [403, 'callback_host'])
    assert.match(answer.body.reason, /\[tmf\] callback_hosts/)
  }
  // The browser's way in: a cookie needs its CSRF token, the bearer token none.
  const { cookie, me } = await hotline.signIn('8001')
  const patch = (headers) => supervisor.ask('PATCH', `${tickets}/troubleTicket/12345`, { body: {}, token: '', headers })
  assert.equal((await patch({ cookie })).status, 403)
  assert.equal((await patch({ cookie, 'x-csrf-token': me.csrf_token })).status, 404)
  assert.equal((await patch({ cookie, authorization: 'Bearer wrong' })).status, 401)
})
