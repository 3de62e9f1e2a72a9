// SPDX-License-Identifier: Apache-2.0
// Types of work orders are read again at SIGHUP, as a whole or not at all, and never so that an open order would stand nowhere.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, root, until, writeConfig } from './lib/server.mjs'

test('types of work orders change while orders are open', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t)
  fs.cpSync(path.join(root, 'orders'), path.join(folder, 'orders'), { recursive: true })
  const config = writeConfig(folder)
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(/^directory = ".*orders"$/m, `directory = "${path.join(folder, 'orders')}"`))
  const hotline = new Hotline(folder, config)
  await hotline.launch()
  undoLater(t, () => hotline.stop({ keep: true }))
  const agent = await hotline.signIn('8001')
  const { body: order, status } = await agent.post('/orders', { command_id: 'before-the-change', type: 'complaint', title: '重复扣费', fields: { category: 'charges' } })
  assert.equal(status, 201, JSON.stringify(order))
  const { type, state } = order.order
  const file = path.join(folder, 'orders', `${type}.toml`)
  const original = fs.readFileSync(file, 'utf8')
  const name = async () => (await agent.get('/order-types')).body.items.find(({ code }) => code === type).name.en
  const refusals = () => [...hotline.log().matchAll(/SIGHUP: the work-order types stay as they were/g)].length
  const hang_up = () => process.kill(hotline.corePid, 'SIGHUP')

  fs.writeFileSync(file, original.replace(/^name = \{ en = "[^"]*"/m, 'name = { en = "Named anew"'))
  hang_up()
  await until('the new name is used', async () => (await name()) === 'Named anew')
  assert.equal((await agent.get(`/orders/${order.order.id}`)).body.order.state, state)

  fs.writeFileSync(file, original.replace(/^prefix = .*$/m, 'prefix = "toolong"'))
  hang_up()
  await until('a damaged file is refused', () => refusals() === 1)
  assert.equal(await name(), 'Named anew')

  fs.rmSync(file)
  hang_up()
  await until('a type with open orders is not taken away', () => refusals() === 2 && hotline.log().includes(`open orders of type "${type}" stand in state "${state}"`))
  assert.equal((await agent.post(`/orders/${order.order.id}/actions`, { command_id: 'it-still-goes-on', action: 'note', text: '继续' })).status, 200)

  fs.writeFileSync(file, original)
  hang_up()
  await until('and is back as it was', async () => (await name()) !== 'Named anew')
})
