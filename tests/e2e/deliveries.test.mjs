// SPDX-License-Identifier: Apache-2.0
// What is in the outbox goes out: by mail, by web push that only the browser can read, to signed-in desks, to customers about their visit.
// At least once: over a mail server that is away, a push service that is busy, and a core that is killed meanwhile.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'node:test'
import { certificate, MailServer, PushService } from './lib/outside_peers.mjs'
import { temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, root, until, writeConfig } from './lib/server.mjs'

const WebSocket = createRequire(path.join(root, 'web/package.json'))('ws')

let count = 0
const command_id = () => `deliver-${String(++count).padStart(4, '0')}`
async function act(who, id, action, more = {}) {
  const answer = await who.post(`/orders/${id}/actions`, { command_id: command_id(), action, text: '已办理', ...more })
  assert.equal(answer.status, 200, `${action}: ${JSON.stringify(answer.body).slice(0, 400)}`)
  return answer.body
}

/** What a desk's connection hears of notices. */
async function notices(hotline, who) {
  const heard = []
  const socket = new WebSocket(`${hotline.addresses.http.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: who.cookie } })
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    if (message.type === 'notice') heard.push(message.notice)
  }
  socket.send(JSON.stringify({ type: 'hello', last_seq: 0 }))
  await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
  return { heard, close: () => socket.close() }
}

test('notices go out by mail, by web push and to desks, at least once', { timeout: 90_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const certified = certificate(folder)
  let mail = await MailServer.start(t)
  const push = await PushService.start(t, certified)
  const config = writeConfig(folder, { extra: `
[delivery]
every = 0.2
retry_first = 0.3
page_url = "https://hotline.example"
[mail]
server = "smtp://127.0.0.1:${mail.port}"
from = "hotline@example.com"
from_name = "热线"
require_tls = false
[push]
subject = "mailto:operations@example.com"
services = ["127.0.0.1"]
ca_file = "${certified.file}"
` })
  const hotline = new Hotline(folder, config)
  await hotline.launch()
  undoLater(t, () => hotline.stop({ keep: true }))
  const [agent, billing] = await Promise.all(['8001', '8236'].map((name) => hotline.signIn(name)))

  // Where the person is told.
  const { push_key } = (await billing.get('/notices/settings')).body
  assert.equal(Buffer.from(push_key, 'base64url').length, 65)
  assert.equal((await billing.put('/notices/settings', { mail: 'zhang@example.com' })).body.mail, 'zhang@example.com')
  assert.equal((await billing.put('/notices/browser', { ...push.subscription, endpoint: 'https://elsewhere.example/x' })).status, 400, 'no other server is called on a browser\'s word')
  assert.equal((await billing.put('/notices/browser', push.subscription)).body.browsers, 1)
  const desk = await notices(hotline, billing)

  push.refuse = 1 // busy at first
  const made = await agent.post('/orders', { command_id: command_id(), type: 'complaint', title: '套餐费重复扣收', phone: '059088110001', fields: { category: 'charges' } })
  const { id, number } = made.body.order
  await act(agent, id, 'dispatch', { lead: 'billing' })
  const first = await until('the mail of the dispatch', () => mail.mails.find(({ subject }) => subject.includes(number)))
  assert.deepEqual(first.to, ['zhang@example.com'])
  assert.match(first.subject, /^派单/)
  assert.match(first.text, new RegExp(`套餐费重复扣收[^]*https://hotline.example/orders/${id}`))
  assert.ok(!first.text.includes('88110001'), 'no more of the customer than is needed')
  const pushed = await until('the push, at the second attempt', () => push.got.find(({ status }) => status === 201))
  assert.equal(push.got.filter(({ status }) => status === 503).length, 1)
  assert.deepEqual([pushed.headers['content-encoding'], pushed.headers.urgency, Number(pushed.headers.ttl) > 0], ['aes128gcm', 'high', true])
  assert.equal(push.checkSender(pushed, push_key).sub, 'mailto:operations@example.com')
  const read = push.read(pushed.body)
  assert.deepEqual([read.path, read.kind], [`/orders/${id}`, 'dispatch'])
  assert.match(read.title, new RegExp(number))
  await until('the desk that is signed in is told', () => desk.heard.find((notice) => notice.kind === 'dispatch' && notice.order_id === id))
  desk.close()
  const sent = await until('both are in the order\'s story', async () => {
    const { deliveries } = (await agent.get(`/orders/${id}`)).body
    return deliveries.length >= 2 && deliveries.every(({ state }) => state === 'delivered') && deliveries
  })
  assert.deepEqual(sent.map(({ channel, kind, to_name }) => [channel, kind, !!to_name]).sort(), [['mail', 'dispatch', true], ['web_push', 'dispatch', true]])
  assert.ok(sent.find(({ channel }) => channel === 'web_push').tries >= 2)

  await t.test('a mail server that is away, and a core that dies meanwhile', async () => {
    const { port } = mail
    await mail.stop()
    await act(agent, id, 'chase')
    const waiting = await until('it is tried', async () => (await agent.get(`/orders/${id}`)).body.deliveries.find(({ kind, channel, tries, trouble }) => kind === 'chase' && channel === 'mail' && tries > 0 && trouble))
    assert.equal(waiting.state, 'waiting')
    await hotline.killCore()
    mail = await MailServer.start(t, port)
    await hotline.launch()
    const again = await hotline.signIn('8001')
    const arrived = await until('it arrives after all', () => mail.once.filter(({ subject }) => subject.startsWith('催单')).length > 0 && mail.once, 30_000)
    assert.equal(arrived.filter(({ subject }) => subject.startsWith('催单')).length, 1)
    await until('and the story says so', async () => (await again.get(`/orders/${id}`)).body.deliveries.find(({ kind, channel }) => kind === 'chase' && channel === 'mail').state === 'delivered')
  })

  await t.test('a browser that subscribed and is no more', async () => {
    push.ended = true
    const supervisor = await hotline.signIn('8901')
    const other = await hotline.signIn('8236')
    await act(supervisor, id, 'chase')
    await until('its subscription is forgotten', async () => (await other.get('/notices/settings')).body.browsers === 0)
  })

  await t.test('a customer hears of the visit', async () => {
    const [dispatcher, supervisor] = await Promise.all(['8001', '8901'].map((name) => hotline.signIn(name)))
    const crews = (await supervisor.get('/crews')).body.items
    const area = crews[0].settings.areas[0]
    const slots = (await dispatcher.get(`/appointments/slots?area=${encodeURIComponent(area)}&limit=20`)).body.items
    const held = await dispatcher.post('/appointments', { command_id: command_id(), area, skills: [], slot: slots.at(-2).slot, person: '王女士', place: '望潮路 12 号', mail: 'wang@example.com' })
    assert.equal(held.status, 201, JSON.stringify(held.body))
    const { id: visit } = held.body.appointment
    const step = async (action, more = {}) => assert.equal((await dispatcher.post(`/appointments/${visit}/actions`, { command_id: command_id(), action, ...more })).status, 200, action)
    await step('book')
    await step('move', { by: 'customer', slot: slots.at(-1).slot, text: '改期' })
    await step('set_out')
    const told = await until('three mails', () => {
      const mails = mail.once.filter(({ to }) => to[0] === 'wang@example.com')
      return mails.length === 3 && mails
    })
    assert.deepEqual(told.map(({ subject }) => subject).sort(), ['上门服务已预约', '上门时间已改约', '服务人员已出发'].sort())
    assert.ok(told.every(({ text }) => text.includes('望潮路 12 号') && !text.includes('hotline.example')), 'without a link to pages that are not theirs')
  })

  assert.ok(!hotline.log().includes(push.subscription.endpoint.split('/').pop()), 'whoever knows the endpoint may push: it is in no log')
  assert.equal(fs.statSync(`${hotline.data}/web-push.key`).mode & 0o077, 0)
})
