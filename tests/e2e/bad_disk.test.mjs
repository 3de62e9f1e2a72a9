// SPDX-License-Identifier: Apache-2.0
// A disk that fills up while calls are recorded: calls go on, the recording says what it lacks, the log has an alarm, and
// when there is room again everything is whole as before. The same for the disk of the store: nothing acknowledged is lost.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { fill, smallDisk } from './lib/disk.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { runToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { readWav } from './lib/wav.mjs'

async function callers(t) {
  const engine = new RtpEngine()
  undoLater(t, () => engine.close())
  const phones = await SipPhones.open(engine, () => {})
  undoLater(t, () => phones.close())
  return phones
}
async function dial(phones, hotline, from) {
  const call = await phones.call(hotline.sipPort, '1000', { from, hertz: 500 })
  await call.reach('answered')
  await until(`${from} hears the menu`, () => call.rtp.hearing.packets > 0)
  return call
}
const seconds = async (count) => {
  const end = Date.now() + count * 1_000
  await until(`${count} s of call`, () => Date.now() > end, count * 1_000 + 5_000)
}
async function closed(supervisor, from) {
  return until(`the contact of ${from} is closed with its recording`, async () => {
    const id = (await supervisor.get(`/contacts?phone=${from}`)).body.items[0]?.id
    const contact = id && (await supervisor.get(`/contacts/${id}`)).body
    return contact?.ended_ms && contact.recordings[0] && contact.recordings[0].state !== 'running' && contact
  })
}

test('the disk of the recordings is full', { timeout: 90_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const recordings = path.join(folder, 'recordings')
  if (!smallDisk(t, recordings, 400)) return t.skip('mounting needs root')
  const config = writeConfig(folder)
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('[voice]\n', `[voice]\nrecordings = "${recordings}"\n`))
  const hotline = await Hotline.start({ folder, config })
  undoLater(t, () => hotline.stop({ keep: true }))
  const phones = await callers(t)
  const supervisor = await hotline.signIn('8901')

  const during = await dial(phones, hotline, '13800000001')
  await seconds(2)
  const giveBack = fill(recordings)
  await until('the alarm', () => /error voice recording fails: .*No space left on device; free space/.test(hotline.log()))
  const before = during.rtp.hearing.packets
  await seconds(2)
  assert.ok(during.rtp.hearing.packets > before + 50, 'the caller still hears us')
  const unlucky = await dial(phones, hotline, '13800000002') // a new call is served as well
  await seconds(1)
  await unlucky.hangUp()
  const unrecorded = await closed(supervisor, '13800000002')
  assert.equal(unrecorded.outcome, 'self_service')
  assert.equal(unrecorded.recordings[0].state, 'damaged')
  assert.match(unrecorded.recordings[0].problem, /No space left on device/)

  giveBack()
  await until('the log says that it goes on', () => /recordings? .*(again|recovered|goes? on)/i.test(hotline.log().split('recording fails')[1] ?? ''))
  await seconds(2)
  await during.hangUp()
  const damaged = await closed(supervisor, '13800000001')
  const [recording] = damaged.recordings
  assert.equal(recording.state, 'damaged')
  assert.match(recording.problem, /s of sound are missing \(.*No space left on device/)
  assert.ok(recording.duration_ms > 3_000, `${recording.duration_ms} ms: what came before and after is there`)

  const after = await dial(phones, hotline, '13800000003')
  await seconds(2)
  await after.hangUp()
  const whole = await closed(supervisor, '13800000003')
  assert.equal(whole.recordings[0].state, 'whole', whole.recordings[0].problem)
  const audio = await fetch(`${hotline.url}/api/v1/recordings/${whole.recordings[0].id}/audio`, { headers: { cookie: supervisor.cookie } })
  assert.ok(readWav(Buffer.from(await audio.arrayBuffer())).seconds > 1.8)
})

test('the disk of the store is full', { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const disk = path.join(folder, 'store')
  if (!smallDisk(t, disk, 24 * 1_024)) return t.skip('mounting needs root')
  const hotline = await Hotline.start({ folder, storeUrl: `sqlite:${path.join(disk, 'hotline.db')}` })
  undoLater(t, () => hotline.stop({ keep: true }))
  const phones = await callers(t)
  const supervisor = await hotline.signIn('8901')
  const caller = await dial(phones, hotline, '13800000011')

  const giveBack = fill(disk)
  const asked = supervisor.put('/agents/8001/state', { state: 'ready' }) // not answered before it is durable
  await until('it says so', async () => {
    const answer = await fetch(`${hotline.url}/readyz`)
    return answer.status === 503 && /store: .*(full|space)/i.test(await answer.text())
  }, 20_000)
  assert.match(hotline.log(), /error core .*(full|space)/i)
  giveBack()
  assert.equal((await asked).status, 200)
  await until('it is ready again by itself', async () => (await fetch(`${hotline.url}/readyz`)).status === 200, 20_000)
  const later = await dial(phones, hotline, '13800000012') // whoever is told that it is ready is not refused
  await caller.hangUp()
  const contact = await closed(supervisor, '13800000011')
  assert.deepEqual(contact.events.map((event) => event.type).filter((type) => ['arrived', 'answered', 'ended'].includes(type)), ['arrived', 'answered', 'ended'])
  await later.hangUp()
  assert.equal((await closed(supervisor, '13800000012')).recordings[0].state, 'whole')
  const doctor = await runToEnd(['doctor', '--config', hotline.config, '--data', hotline.data])
  assert.equal(doctor.code, 0, doctor.stdout)
})

test('doctor finds what is wrong with an installation', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const hotline = await Hotline.start({ folder })
  undoLater(t, () => hotline.stop({ keep: true }))
  const phones = await callers(t)
  const supervisor = await hotline.signIn('8901')
  const call = await dial(phones, hotline, '13800000021')
  await seconds(1)
  await call.hangUp()
  await closed(supervisor, '13800000021')
  const doctor = (config = hotline.config, data = hotline.data) => runToEnd(['doctor', '--config', config, '--data', data])
  const wrong = async (what, remedy, config, data) => {
    const { code, stdout, stderr } = await doctor(config, data)
    assert.equal(code, 1, stdout + stderr)
    assert.match(stdout, new RegExp(`^WRONG   .*${what}.*\n        remedy: .*${remedy}`, 'm'), stdout)
    return stdout
  }
  const good = async () => {
    const { code, stdout, stderr } = await doctor()
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /^nothing is wrong$/m)
  }
  await good()
  await wrong('data folder .* does not exist', 'start', hotline.config, path.join(folder, 'elsewhere'))
  assert.equal(fs.existsSync(path.join(folder, 'elsewhere')), false, 'doctor makes nothing')

  const variant = (from, to) => {
    const file = path.join(folder, 'variant.toml')
    fs.writeFileSync(file, fs.readFileSync(hotline.config, 'utf8').replace(from, to))
    return file
  }
  await wrong('web application is not built', 'run', variant(/^root = .*$/m, `root = "${folder}"`))
  fs.mkdirSync(path.join(folder, 'empty'))
  await wrong('no prompts are found', 'run', variant(/^prompts = .*$/m, `prompts = ["${folder}/empty"]`))
  await wrong('none: the folder cannot be read', 'exists', variant(/^directory = .*$/m, `directory = "${folder}/none"`))
  await wrong('none\\.db', '', variant(/^url = .*$/m, `url = "sqlite:${folder}/none/none.db"`))

  const [wav] = fs.readdirSync(path.join(hotline.data, 'recordings'), { recursive: true }).filter((name) => name.endsWith('.wav'))
  fs.renameSync(path.join(hotline.data, 'recordings', wav), path.join(folder, 'away.wav'))
  await wrong('1 recordings are missing', 'backup')
  fs.renameSync(path.join(folder, 'away.wav'), path.join(hotline.data, 'recordings', wav))
  await good()

  process.kill(hotline.corePid, 'SIGSTOP') // so that it does not start another one
  const node = hotline.nodePid
  process.kill(node, 'SIGKILL')
  await until('the node is gone', () => !fs.existsSync(`/proc/${node}`) || /State:\s+Z/.test(fs.readFileSync(`/proc/${node}/status`, 'utf8')))
  await wrong('core runs without its voice node', 'voice\\.log')
  process.kill(hotline.corePid, 'SIGCONT')
  await until('the core has started another', async () => (await doctor()).code === 0)

  await hotline.stop({ keep: true })
  await good()
  const store = path.join(hotline.data, 'hotline.db')
  fs.writeFileSync(store, 'this is no database, but long enough to look like one'.repeat(100))
  await wrong('hotline\\.db', '.')
})
