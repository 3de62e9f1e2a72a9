// SPDX-License-Identifier: Apache-2.0
// Flows and prompts that are damaged, at start and while calls are served: refused with file and line, and callers hear
// the last good ones.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { lineOf, runToEnd, serveToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, root, until, writeConfig } from './lib/server.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { SipPhones } from './lib/sip_phone.mjs'

/** A configuration whose flows and prompts are copies that a test may damage. */
function ownWorld(folder) {
  const config = writeConfig(folder)
  const flows = path.join(folder, 'flows')
  const prompts = path.join(folder, 'prompts')
  fs.cpSync(path.join(root, 'flows'), flows, { recursive: true })
  fs.cpSync(process.env.HOTLINE_PROMPTS ?? path.join(root, 'build/prompts'), prompts, { recursive: true })
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8')
    .replace(/^directory = .*$/m, `directory = "${flows}"`).replace(/^prompts = .*$/m, `prompts = ["${prompts}"]`))
  return { config, prompts, entry: path.join(flows, 'entry.toml'), data: path.join(folder, 'data') }
}
const edit = (file, from, to) => {
  const text = fs.readFileSync(file, 'utf8')
  assert.ok(text.includes(from), `${file} has ${from}`)
  fs.writeFileSync(file, text.replace(from, to))
}

for (const { name, from, to, at, whole, says } of [
  { name: 'a prompt that does not exist', from: 'say = "to_agent"', to: 'say = "no_such_prompt"', at: '[nodes.to_agent]', says: /no_such_prompt/ },
  { name: 'a node that does not exist', from: 'start = "language_known"', to: 'start = "nowhere"', whole: true, says: /nowhere.*name one of: / },
  { name: 'an unknown queue', from: 'queue = "general"', to: 'queue = "generel"', at: '[nodes.queue]', says: /generel.*use one of: general/ },
  { name: 'an unknown key', from: 'barge_in = true', to: 'barge_inn = true', says: /barge_inn/ },
  { name: 'broken TOML', from: 'type = "branch"', to: 'type = = "branch"', says: /correct the TOML|TOML/ },
]) {
  test(`at start, a flow with ${name} is refused with file, line and remedy`, { timeout: 60_000 }, async (t) => {
    const world = ownWorld(temporaryFolder(t))
    edit(world.entry, from, to)
    const where = whole ? `${world.entry}: ` : `${world.entry}:${lineOf(world.entry, at ?? to)}: `
    const { code, stdout, stderr } = await serveToEnd(world.config, world.data)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    const complaint = stderr.split('\n').find((text) => text.startsWith('hotline: '))
    assert.ok(complaint?.includes(where), `${complaint}, expected at ${where}`)
    assert.match(complaint, says)
    assert.match(complaint, /\(.+\)/, 'a remedy')
    const doctor = await runToEnd(['doctor', '--config', world.config, '--data', world.data])
    assert.equal(doctor.code, 1)
    assert.ok(doctor.stdout.includes(where), doctor.stdout)
  })
}

test('while it runs: a damaged flow is refused and the old one stays; lost and damaged prompts cost no call', { timeout: 90_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const world = ownWorld(folder)
  const hotline = await Hotline.start({ folder, config: world.config })
  undoLater(t, () => hotline.stop())
  const engine = new RtpEngine()
  undoLater(t, () => engine.close())
  const phones = await SipPhones.open(engine, () => {})
  undoLater(t, () => phones.close())
  const supervisor = await hotline.signIn('8901')
  let number = 13_900_000_000
  /** Calls 1000, presses 1 (Mandarin) and 0, and must come to the queue. */
  async function reachesTheQueue() {
    const from = String(++number)
    const call = await phones.call(hotline.sipPort, '1000', { from, hertz: 500 })
    await call.reach('answered')
    await until('the menu is heard', () => call.rtp.hearing.packets > 0)
    call.rtp.press('1')
    call.rtp.press('0')
    let seen
    await until(`${from} waits in the queue`, async () => {
      const contact = (await supervisor.get(`/contacts?phone=${from}`)).body.items[0]
      seen = contact && (await supervisor.get(`/contacts/${contact.id}`)).body.events
      return seen?.some((event) => event.type === 'queued')
    }, 30_000).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(seen)}`))
    await call.hangUp()
  }
  const said = (pattern) => until(`the log says ${pattern}`, () => pattern.test(hotline.log()), 10_000)

  await t.test('a damaged flow', async () => {
    const good = fs.readFileSync(world.entry, 'utf8')
    edit(world.entry, 'next = "queue"', 'next = "quue"')
    const line = lineOf(world.entry, '[nodes.to_agent]')
    await said(new RegExp(`error.*${world.entry.replaceAll('/', '\\/')}:${line}: .*quue`))
    await reachesTheQueue()
    fs.writeFileSync(world.entry, good)
    await said(/flows reloaded/)
    await reachesTheQueue()
  })
  await t.test('a removed flow file', async () => {
    fs.renameSync(world.entry, `${world.entry}.away`)
    await said(/error.*entry/)
    await reachesTheQueue()
    fs.renameSync(`${world.entry}.away`, world.entry)
  })
  await t.test('a removed prompt, and one that is no sound any more', async () => {
    fs.rmSync(path.join(world.prompts, 'cmn/main_menu.wav'))
    fs.writeFileSync(path.join(world.prompts, 'cmn/welcome.wav'), 'this is no sound')
    await reachesTheQueue()
  })
  await t.test('at the next start the removed one is named', async () => {
    await hotline.stop({ keep: true })
    const { code, stderr } = await serveToEnd(world.config, world.data)
    assert.equal(code, 1)
    assert.match(stderr, /hotline: .*entry\.toml:\d+: .*main_menu/)
  })
})
