// SPDX-License-Identifier: Apache-2.0
// Work orders under many hands and a core that dies: on SQLite and on PostgreSQL, clients act on the same 50 orders at once while clocks of
// seconds run; then the core is killed (SIGKILL) at random moments while they go on. No update is lost, nothing happens twice, nothing is
// escalated twice, every chain of hashes holds.
// HOTLINE_LOAD=full: 200 clients, 10,000 commands, 200 kills a store (about 20 minutes; HOTLINE_LOAD_STORE=sqlite or postgres: one of them).
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { Storm } from './lib/order_storm.mjs'
import { startPostgres } from './lib/postgres.mjs'
import { runToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { random, seed } from './lib/random.mjs'
import { Hotline, root, until, writeConfig } from './lib/server.mjs'

const full = process.env.HOTLINE_LOAD === 'full'
const load = full ? { clients: 200, people: 60, commands: 10_000, kills: Number(process.env.HOTLINE_LOAD_KILLS ?? 200), killAfter_ms: 1_200 } : { clients: 60, people: 16, commands: 500, kills: 4, killAfter_ms: 600 }
const stores = ['sqlite', 'postgres'].filter((one) => !full || !process.env.HOTLINE_LOAD_STORE || process.env.HOTLINE_LOAD_STORE === one)
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The types as shipped, but what the police's agreement counts as five minutes is a second: escalations come while people act. */
function hastyTypes(folder) {
  fs.cpSync(path.join(root, 'orders'), path.join(folder, 'orders'), { recursive: true })
  const file = path.join(folder, 'orders/joint_response_110.toml')
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll(/^warn_before = \["2m"\]\n/gm, '').replaceAll(/"(\d+)m"/g, (_, minutes) => `"${Math.floor(minutes / 5)}s"`))
  const config = writeConfig(folder, {})
  const named = fs.readFileSync(config, 'utf8').replace(/^directory = ".*orders"$/m, `directory = "${path.join(folder, 'orders')}"`)
  fs.writeFileSync(config, named)
  return config
}

for (const store of stores) {
  test(`${store}: ${load.clients} clients on 50 orders, then ${load.kills} kills`, { timeout: full ? 3_600_000 : 180_000 }, async (t) => {
    t.diagnostic(`HOTLINE_LOAD_SEED=${seed}`)
    const folder = temporaryFolder(t)
    const config = hastyTypes(folder)
    if (store === 'postgres') fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('sqlite:hotline.db', await startPostgres(t)))
    fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('level = "debug"', 'level = "warn"'))
    const hotline = new Hotline(folder, config)
    await hotline.launch()
    undoLater(t, () => hotline.stop({ keep: true }))

    const names = ['8901', '8902', '8001', '8002', '8003', '8901', ...Array.from({ length: 42 }, (_, i) => String(8201 + i)).filter((name) => full || Number(name) % 4 === 3), ...Array.from({ length: 20 }, (_, i) => String(8010 + i))]
    const people = await Promise.all([...new Set(names)].slice(0, load.people).map(async (name) => Object.assign(await hotline.signIn(name), { hotline: !name.startsWith('82') })))
    const [supervisor] = people
    const orders = []
    for (let i = 0; i < 50; ++i) {
      const type = i % 5 === 0 ? 'complaint' : 'joint_response_110'
      const fields = type === 'complaint' ? { category: 'charges' } : { place: '望潮路 12 号', danger: 'manhole' }
      const made = await people[i % 2 === 0 ? 0 : 2].post('/orders', { command_id: `first-${i}-order`, type, title: `第 ${i} 单`, fields })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      orders.push({ id: made.body.order.id, type })
    }
    const storm = new Storm(hotline, people, orders, random)
    undoLater(t, () => storm.close())

    const begin = performance.now()
    await storm.blow(load.clients, () => storm.acts.length >= load.commands && storm.escalated.size >= 10 && storm.counts.stale > 0)
    const seconds = (performance.now() - begin) / 1_000
    const first = await storm.compare(supervisor)
    t.diagnostic(`${load.clients} clients: ${storm.acts.length} commands in ${seconds.toFixed(1)} s, ${JSON.stringify(first)}, ${JSON.stringify(storm.counts)}`)
    assert.ok(storm.counts.stale > 0, 'some were slower than others, and were told')
    assert.ok(first.escalations > 0 && first.acknowledged > load.commands / 4)

    // ---- killed while they work
    const before = storm.acts.length
    let ended = false
    const working = storm.blow(load.clients, () => ended, 0.05)
    working.catch(() => {})
    const starts = []
    for (let kill = 0; kill < load.kills && storm.problems.length === 0; ++kill) {
      await wait(random() * load.killAfter_ms)
      assert.ok(await storm.busy(30_000), 'they go on') // on a slow machine they may all be looking
      const killed = performance.now()
      await hotline.killCore()
      await hotline.launch()
      starts.push(performance.now() - killed)
    }
    ended = true
    await working.catch((error) => {
      throw new Error(`${error.message}\n${hotline.log().split('\n').filter((line) => /error|critical/.test(line)).slice(-10).join('\n')}`, { cause: error })
    })
    assert.equal(starts.length, load.kills)
    const second = await storm.compare(supervisor)
    await storm.compareMade(supervisor)
    const sorted = starts.toSorted((a, b) => a - b)
    t.diagnostic(`${load.kills} kills (a start takes ${sorted[sorted.length >> 1].toFixed(0)} ms, at most ${sorted.at(-1).toFixed(0)}): ${storm.acts.length - before} commands and ${storm.made.length} orders meanwhile, ${JSON.stringify(second)}, ${JSON.stringify(storm.counts)}`)
    assert.ok(storm.counts['sent again'] > 0, 'some were sent again')

    // ---- what stands in the store holds, also once nobody is there
    const escalated = await until('clocks have said what was due', async () => {
      const now = await storm.compare(supervisor)
      return now.escalations >= second.escalations && now
    })
    assert.ok(escalated.escalations >= first.escalations)
    const doctor = await runToEnd(['doctor', '--config', config, '--data', hotline.data], 120_000)
    assert.equal(doctor.code, 0, doctor.stdout)
    assert.match(doctor.stdout, new RegExp(`12 work-order types, ${50 + storm.made.length} orders looked at`))
  })
}
