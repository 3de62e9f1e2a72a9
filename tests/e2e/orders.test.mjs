// SPDX-License-Identifier: Apache-2.0
// A complaint's whole life over the API, as the people of the demo city's company would live it: two departments, a
// return, a customer who is not satisfied, five closing conditions, the archive; over a core that dies meanwhile; and a
// history that somebody changes by hand, which doctor finds.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { runToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, root, until } from './lib/server.mjs'

let count = 0
/** Acts on an order and gives it back as it then is; `expected` may be a status or an error's code. */
async function act(who, id, action, more = {}, expected = 200) {
  const answer = await who.post(`/orders/${id}/actions`, { command_id: `story-00${++count}`, action, text: '已办理', ...more })
  assert.equal(typeof expected === 'string' ? answer.body.error?.code : answer.status, expected, `${action}: ${JSON.stringify(answer.body).slice(0, 400)}`)
  return answer.body
}
async function create(who, more) {
  const answer = await who.post('/orders', { command_id: `story-00${++count}`, ...more })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

test('a complaint goes round its loop and back, and ends only with a satisfied customer', { timeout: 55_000 }, async (t) => {
  let hotline = await Hotline.start()
  t.after(() => hotline.stop())
  let [agent, supervisor, quality] = await Promise.all(['8001', '8901', '8903'].map((name) => hotline.signIn(name)))
  let [billing, billingHead, market] = await Promise.all(['8236', '8234', '8232'].map((name) => hotline.signIn(name)))

  const customer = (await agent.get('/customers?q=2&limit=1')).body.items[0]
  const made = await create(agent, { type: 'complaint', title: '套餐费重复扣收', text: '客户称四月扣了两次套餐费。', customer_id: customer.id, phone: customer.phones?.[0]?.number ?? '059088110001', fields: { category: 'charges' } })
  const { id } = made.order
  assert.ok(made.clocks.some(({ clock, phase, limit_ms }) => clock === 'total' && phase === 'running' && limit_ms === 15 * 86_400_000), 'answered within fifteen days')

  // The wrong department transfers it, the right one answers badly, and gets it back.
  await act(agent, id, 'dispatch', { lead: 'market', text: '请核实扣费' })
  assert.equal((await market.get('/orders?department=market&sort=due')).body.items[0].id, id, 'in the department\'s inbox')
  assert.equal((await billing.get(`/orders/${id}`)).status, 404)
  await act(market, id, 'accept')
  await act(market, id, 'transfer', { lead: 'billing' }, 'forbidden')
  await act(supervisor, id, 'transfer', { lead: 'billing', text: '属计费问题' })
  assert.deepEqual((await market.get('/orders?department=market')).body.items, [], 'no longer in theirs')
  await act(billing, id, 'accept')
  await act(billing, id, 'reply', { text: '系统正常' }, 'missing')
  await act(billing, id, 'reply', { text: '系统正常', evidence: ['document:出账记录'] })
  await act(agent, id, 'tell', { channel: 'phone', version: 1 }, 'stale')
  await act(agent, id, 'give_back', { text: '未说明为何扣两次' })
  await act(billing, id, 'reply', { text: '重复订购所致，已退一笔。', evidence: ['document:退费单 88'] })

  // The owner is due to tell the customer, who is not satisfied.
  const [due] = (await agent.get(`/orders?owner_id=${agent.me.agent.id}&to_tell=true`)).body.items
  assert.deepEqual([due.id, due.owner_id], [id, agent.me.agent.id], 'the first contact owns it through all hands')
  await act(agent, id, 'tell', { channel: 'phone', text: '已告知退费' })
  const back = await act(agent, id, 'ask', { channel: 'phone', answer: 'unsatisfied', text: '要求书面说明' })
  assert.deepEqual([back.order.state, back.reopened, back.told_ms ?? null], ['accepted', 1, null])

  // Whatever was answered is durable: the core dies and comes back.
  await hotline.killCore()
  await hotline.launch()
  ;[agent, supervisor, quality, billing, billingHead, market] = await Promise.all(['8001', '8901', '8903', '8236', '8234', '8232'].map((name) => hotline.signIn(name)))
  assert.equal((await agent.get(`/orders/${id}`)).body.reopened, 1)

  await act(agent, id, 'dispatch', { lead: 'billing', departments: ['market'], text: '补书面说明，市场部配合' })
  await act(billingHead, id, 'accept')
  await act(billing, id, 'reply', { evidence: ['document:说明函'] }, 'co_handlers_open')
  await act(market, id, 'co_reply', { departments: ['market'], text: '订购页面已改' })
  await act(billing, id, 'reply', { text: '说明函已寄', evidence: ['document:说明函'] })
  await act(agent, id, 'tell', { channel: 'letter' })
  await act(agent, id, 'ask', { channel: 'phone', answer: 'satisfied' })
  await act(agent, id, 'inspect', {}, 'forbidden')
  await act(quality, id, 'inspect', { passed: true })
  await act(supervisor, id, 'report_up')
  await act(quality, id, 'assess', { text: '市场部扣 2 分' })
  await act(supervisor, id, 'archive', {}, 'conditions_open')
  for (const condition of ['cause', 'solution', 'improvement', 'responsibility', 'penalty']) await act(quality, id, 'record_condition', { condition, evidence: ['document:整改通知 3'] })
  const ended = await act(supervisor, id, 'archive')
  assert.equal(ended.order.closed, true)
  assert.equal(ended.order.owner_id, agent.me.agent.id)
  assert.ok(ended.clocks.every(({ phase }) => phase === 'done' || phase === 'idle' || phase === 'paused'), JSON.stringify(ended.clocks))
  assert.deepEqual(ended.story.map(({ action }) => action).filter((action) => !['record_condition'].includes(action)), ['create', 'dispatch', 'accept', 'transfer', 'accept',
    'reply', 'give_back', 'reply', 'tell', 'ask', 'dispatch', 'accept', 'co_reply', 'reply', 'tell', 'ask', 'inspect', 'report_up', 'assess', 'archive'])
  await act(agent, id, 'note', {}, 'closed')

  await t.test('doctor finds a line that was changed by hand', async () => {
    const doctor = () => runToEnd(['doctor', '--config', hotline.config, '--data', hotline.data])
    assert.match((await doctor()).stdout, /ok {6}12 work-order types, 1 orders looked at/)
    const database = path.join(hotline.data, 'hotline.db')
    execFileSync('python3', ['-c', 'import sqlite3,sys\nd=sqlite3.connect(sys.argv[1],timeout=10)\nd.execute("UPDATE work_order_event SET data = replace(data, \'重复订购所致\', \'客户误解\') WHERE kind = \'reply\'")\nd.commit()', database])
    const found = await doctor()
    assert.equal(found.code, 1)
    assert.match(found.stdout, new RegExp(`WRONG {3}work order ${ended.order.number}: line 8 of its history is not as it was written`))
  })
})

test('clocks warn and escalate by themselves, each once', { timeout: 55_000 }, async (t) => {
  // A type of this test's own, whose minutes are over at once.
  const folder = temporaryFolder(t)
  fs.cpSync(path.join(root, 'orders'), path.join(folder, 'orders'), { recursive: true })
  const file = path.join(folder, 'orders/joint_response_110.toml')
  const text = fs.readFileSync(file, 'utf8')
  const hasty = text.replace('limit = "5m"\nruns_in = ["accepted"]', 'limit = "1m"\nruns_in = ["accepted"]').replace('warn_before = ["2m"]', 'warn_before = []')
  assert.notEqual(hasty, text)
  fs.writeFileSync(file, hasty)
  const { writeConfig } = await import('./lib/server.mjs')
  const config = writeConfig(folder)
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(/^directory = ".*orders"$/m, `directory = "${path.join(folder, 'orders')}"`))
  const hotline = new Hotline(folder, config)
  await hotline.launch()
  undoLater(t, () => hotline.stop({ keep: true }))
  const agent = await hotline.signIn('8001')
  const supervisor = await hotline.signIn('8901')
  const made = await create(agent, { type: 'joint_response_110', title: '电杆倒伏', partner: '110', partner_reference: 'JQ-77', fields: { place: '望潮路 12 号', danger: 'cable_down' } })
  const { id } = made.order
  assert.ok(made.order.due_ms - made.order.created_ms === 60_000)
  // Its minute cannot be waited for here: an order whose time has passed is what a core finds that was away for long.
  const database = path.join(hotline.data, 'hotline.db')
  const ages = 'import json,sqlite3,sys\nd=sqlite3.connect(sys.argv[1],timeout=10)\nrow=json.loads(d.execute("SELECT document FROM work_order").fetchone()[0])\nfor c in row["clocks"]: c["since"]-=70000\nd.execute("UPDATE work_order SET document=?",(json.dumps(row),))\nd.execute("UPDATE work_order_deadline SET due_ms=due_ms-70000")\nd.commit()'
  execFileSync('python3', ['-c', ages, database])
  const story = await until('it was escalated', async () => {
    const { body } = await supervisor.get(`/orders/${id}`)
    return body.story.some(({ action }) => action === 'escalate') && body.story
  })
  assert.deepEqual(story.filter(({ action }) => action === 'escalate').map(({ clock, level }) => [clock, level]), [['judge', 'department_head']])
  const notices = (await supervisor.get('/orders/notices')).body.items
  assert.equal(notices.filter(({ kind, order_id }) => kind === 'escalate' && order_id === id).length, 1, 'no department has it yet: the hotline\'s supervisors')
})
