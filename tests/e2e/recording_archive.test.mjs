// SPDX-License-Identifier: Apache-2.0
// What becomes of recordings after their calls: compressed, encrypted, checked, played in a browser, and deleted when their
// time is over; through a kill of the voice node in the middle of it, a wrong key, a flipped byte and a full disk.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { fill, smallDisk } from './lib/disk.mjs'
import { runToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'

const slow = 60_000 // archiving has what is left of the machine
const quick = 'priority = "normal"\nrest_above_percent = 100\npass_every = 0.2\nwarn_free_mb = 0\nstop_free_mb = 0\n'

function makeKey(folder, name) {
  const file = path.join(folder, name)
  fs.writeFileSync(file, `${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}\n`, { mode: 0o600 })
  return file
}
const keyTable = (name, file) => `[[recording_key]]\nid = "${name}"\nfile = "${file}"\n`

async function callers(t) {
  const engine = new RtpEngine()
  undoLater(t, () => engine.close())
  const phones = await SipPhones.open(engine, () => {})
  undoLater(t, () => phones.close())
  return phones
}
const wait = async (ms) => {
  const end = Date.now() + ms
  await until('some sound', () => Date.now() > end, ms + 5_000)
}
/** A caller hears the menu for a while and hangs up. */
async function record(phones, hotline, from, ms = 2_000) {
  const call = await phones.call(hotline.sipPort, '1000', { from, hertz: 500 })
  await call.reach('answered')
  await until(`${from} hears the menu`, () => call.rtp.hearing.packets > 0)
  await wait(ms)
  await call.hangUp()
}
async function contactOf(supervisor, from, is, what, limit = 15_000) {
  return until(`the recording of ${from} is ${what}`, async () => {
    const found = (await supervisor.get(`/contacts?phone=${from}`)).body.items[0]?.id
    const contact = found && (await supervisor.get(`/contacts/${found}`)).body
    return contact?.recordings[0] && is(contact.recordings[0]) && contact
  }, limit, 100)
}
const archived = (supervisor, from) => contactOf(supervisor, from, (r) => r.format === 'opus', 'archived', slow)
const filesOf = (folder) => fs.readdirSync(folder, { recursive: true }).filter((name) => !name.startsWith('.open') && fs.statSync(path.join(folder, name)).isFile()).sort()
const onlySealed = (folder) => until('only archives are left', () => filesOf(folder).every((name) => name.endsWith('.opus.sealed')), slow)
const doctorOf = (hotline) => runToEnd(['doctor', '--config', hotline.config, '--data', hotline.data])
const audioOf = (hotline, client, recording, headers = {}) => fetch(`${hotline.url}/api/v1/recordings/${recording}/audio`, { headers: { cookie: client.cookie, ...headers } })

test('a recording is archived, encrypted and played in the browser', { timeout: 240_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const key = makeKey(folder, 'k1')
  const hotline = await Hotline.start({ folder, recordings: quick, extra: keyTable('k1', key) })
  undoLater(t, () => hotline.stop({ keep: true }))
  const recordings = path.join(hotline.data, 'recordings')
  const phones = await callers(t)
  const supervisor = await hotline.signIn('8901')
  await record(phones, hotline, '13800000031', 4_000)
  const contact = await archived(supervisor, '13800000031')
  const [recording] = contact.recordings
  const audio = `/api/v1/recordings/${recording.id}/audio`

  await t.test('the file is small, encrypted, and what the ledger says', async () => {
    await onlySealed(recordings)
    const [name] = filesOf(recordings)
    const bytes = fs.readFileSync(path.join(recordings, name))
    assert.equal(bytes.length, recording.archive_bytes)
    assert.ok(bytes.length * 2 < recording.bytes, `${bytes.length} of ${recording.bytes} bytes`)
    assert.equal(bytes.includes('OggS'), false)
    assert.equal(bytes.includes('Opus'), false)
    assert.equal(recording.encrypted, true)
    assert.equal(Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex'), recording.sha256)
    const doctor = await doctorOf(hotline)
    assert.equal(doctor.code, 0, doctor.stdout)
    assert.match(doctor.stdout, /1 of 1 archives hashed/)
  })

  await t.test('it is decrypted on the way, whole or in parts', async () => {
    const whole = await audioOf(hotline, supervisor, recording.id)
    assert.equal(whole.status, 200)
    assert.equal(whole.headers.get('content-type'), 'audio/ogg')
    const bytes = Buffer.from(await whole.arrayBuffer())
    assert.equal(bytes.subarray(0, 4).toString(), 'OggS')
    const part = await audioOf(hotline, supervisor, recording.id, { range: 'bytes=1000-1999' })
    assert.equal(part.status, 206)
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(1_000, 2_000))
    const stranger = await hotline.signIn('8002')
    assert.equal((await audioOf(hotline, stranger, recording.id)).status, 403)
  })

  await t.test('a browser decodes both voices, each in its channel, and the player plays and seeks', async () => {
    const browser = await openBrowser()
    undoLater(t, () => browser.close())
    const problems = []
    const page = await openPage(browser, `${hotline.url}/contacts`, { problems })
    await signInDesk(page, '8901', hotline.accounts.supervisors)
    const sound = await page.evaluate(async (at) => {
      const decoded = await new AudioContext({ sampleRate: 48_000 }).decodeAudioData(await (await fetch(at)).arrayBuffer())
      const power = (channel, hertz) => { // Goertzel over a second in the middle
        const data = decoded.getChannelData(channel).subarray(2 * 48_000, 3 * 48_000)
        const turn = 2 * Math.cos(2 * Math.PI * hertz / 48_000)
        let [one, two, sum] = [0, 0, 0]
        for (const value of data) { [one, two] = [value + turn * one - two, one]; sum += value * value }
        return { tone: (one * one + two * two - turn * one * two) / (data.length * data.length / 2), mean: sum / data.length }
      }
      return { channels: decoded.numberOfChannels, seconds: decoded.duration, left: power(0, 500), right: power(1, 500) }
    }, audio)
    assert.equal(sound.channels, 2)
    assert.ok(Math.abs(sound.seconds - recording.duration_ms / 1000) < 0.03, `${sound.seconds} s of ${recording.duration_ms} ms`)
    assert.ok(sound.left.tone > 0.5 * sound.left.mean && sound.left.mean > 0.001, `the caller's tone is on the left: ${JSON.stringify(sound)}`)
    assert.ok(sound.right.mean > 0.0001 && sound.right.tone < 0.2 * sound.right.mean, `the menu is on the right, without the tone: ${JSON.stringify(sound)}`)
    await id(page, `contact-${contact.id}`).click()
    await until('the player is ready', async () => (await id(page, 'recording').getAttribute('data-ready').catch(() => '')) === 'true', 20_000)
    await id(page, 'play').click()
    await until('it plays', async () => (await id(page, 'recording').getAttribute('data-playing')) === 'true')
    await id(page, 'seek').fill('3')
    await until('it has gone there', async () => /^0:0[3-9]/.test((await id(page, 'position').textContent()).trim()), 10_000)
    assert.equal(await id(page, 'recording-error').count(), 0)
  })

  await t.test('storage and backlog are seen by the supervisor and in the metrics', async () => {
    const storage = await until('the node has told', async () => {
      const { body } = await supervisor.get('/recordings/storage')
      return body.items[0]?.total_bytes > 0 && body.items[0]
    })
    assert.equal(storage.node, 'voice1')
    assert.equal(storage.room, 'enough')
    assert.equal((await (await hotline.signIn('8002')).get('/recordings/storage')).status, 403)
    // The node tells its counts every few seconds: the report that names the storage may be older than the archive.
    await until('the archived recording is counted', async () =>
      /hotline_voice_node\{node="voice1",what="archive_done"\} [1-9]/.test(await (await fetch(`${hotline.url}/metrics`)).text()))
  })

  await t.test('the archive opens with its own key only', async () => {
    const right = fs.readFileSync(key)
    fs.writeFileSync(key, fs.readFileSync(makeKey(folder, 'other')))
    let doctor = await doctorOf(hotline)
    assert.equal(doctor.code, 1)
    assert.match(doctor.stdout, /^WRONG   1 recordings do not open with the configured keys: .*\n        remedy: .*recording_key/m)
    fs.chmodSync(key, 0o644)
    doctor = await doctorOf(hotline)
    assert.match(doctor.stdout, /everyone on this machine may use it/)
    fs.chmodSync(key, 0o600)
    fs.writeFileSync(key, right)
    assert.equal((await doctorOf(hotline)).code, 0)
  })

  await t.test('a flipped byte and a file of nobody are found', async () => {
    const file = path.join(recordings, filesOf(recordings)[0])
    const bytes = fs.readFileSync(file)
    const bad = Buffer.from(bytes)
    bad[5_000] ^= 1
    fs.writeFileSync(file, bad)
    assert.match((await doctorOf(hotline)).stdout, /^WRONG   1 recordings are not what was archived, their SHA-256 differs/m)
    assert.equal((await audioOf(hotline, supervisor, recording.id)).status, 404)
    fs.writeFileSync(file, bytes.subarray(0, 6_000))
    assert.match((await doctorOf(hotline)).stdout, /^WRONG   1 recordings have another length than stored/m)
    fs.rmSync(file)
    assert.match((await doctorOf(hotline)).stdout, /^WRONG   1 recordings are missing/m)
    fs.writeFileSync(file, bytes)
    fs.writeFileSync(path.join(recordings, 'stranger.wav'), 'x')
    assert.match((await doctorOf(hotline)).stdout, /^WRONG   1 files in the recordings folder belong to no recording: stranger.wav/m)
    fs.rmSync(path.join(recordings, 'stranger.wav'))
    const doctor = await doctorOf(hotline)
    assert.equal(doctor.code, 0, doctor.stdout)
  })
})

test('a kill of the voice node during archiving costs nothing', { timeout: 240_000 }, async (t) => {
  const folder = temporaryFolder(t)
  // The archiver begins its file and then rests, since the machine is never less busy than this.
  const resting = quick.replace('= 100', '= 1')
  const hotline = await Hotline.start({ folder, recordings: resting })
  undoLater(t, () => hotline.stop({ keep: true }))
  const recordings = path.join(hotline.data, 'recordings')
  const phones = await callers(t)
  let supervisor = await hotline.signIn('8901')
  const busy = setInterval(() => { for (const end = Date.now() + 30; Date.now() < end;); }, 60)
  undoLater(t, () => clearInterval(busy))
  const half = () => until('the archive is half done', () => filesOf(recordings).some((name) => name.endsWith('.part')), slow)
  await record(phones, hotline, '13800000041')
  await half()
  const former = hotline.nodePid
  process.kill(former, 'SIGKILL')
  await until('there is another node', () => hotline.nodePid && hotline.nodePid !== former, 20_000)
  await hotline.stop({ keep: true })
  clearInterval(busy)
  assert.ok(filesOf(recordings).some((name) => name.endsWith('.wav')), 'the WAV is kept')

  fs.writeFileSync(hotline.config, fs.readFileSync(hotline.config, 'utf8').replace(resting, quick))
  await hotline.launch()
  supervisor = await hotline.signIn('8901')
  const contact = await archived(supervisor, '13800000041')
  assert.equal(contact.recordings[0].state, 'whole')
  await until('only the archive is left', () => filesOf(recordings).every((name) => name.endsWith('.opus')), slow)
  assert.equal(filesOf(recordings).length, 1)
  assert.equal((await audioOf(hotline, supervisor, contact.recordings[0].id)).status, 200)
  const doctor = await doctorOf(hotline)
  assert.equal(doctor.code, 0, doctor.stdout)
})

test('recordings are kept as long as they should be, and held ones longer', { timeout: 240_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const hotline = await Hotline.start({ folder, recordings: `${quick}keep_days = 5\n` })
  undoLater(t, () => hotline.stop({ keep: true }))
  const phones = await callers(t)
  let supervisor = await hotline.signIn('8901')
  for (const from of ['13800000051', '13800000052', '13800000053']) await record(phones, hotline, from, 1_000)
  const [old, held] = [await archived(supervisor, '13800000051'), await archived(supervisor, '13800000052')].map((contact) => contact.recordings[0].id)
  await archived(supervisor, '13800000053')
  assert.equal((await supervisor.put(`/recordings/${held}/hold`, { hold: true })).status, 400, 'a hold wants a reason')
  assert.equal((await (await hotline.signIn('8001')).put(`/recordings/${held}/hold`, { hold: true, why: 'mine' })).status, 403)
  const answer = await supervisor.put(`/recordings/${held}/hold`, { hold: true, why: 'court order 7' })
  assert.equal(answer.status, 200)
  assert.equal(answer.body.hold_why, 'court order 7')

  await hotline.stop({ keep: true })
  execFileSync('python3', ['-c', `
import sqlite3
store = sqlite3.connect(${JSON.stringify(path.join(hotline.data, 'hotline.db'))})
store.execute("UPDATE recording SET started_at = started_at - 6 * 86400000 WHERE id IN (${old}, ${held})")
store.execute("UPDATE contact SET started_at = started_at - 6 * 86400000 WHERE id IN (SELECT contact_id FROM recording WHERE id IN (${old}, ${held}))")
store.commit()`])
  await hotline.launch()
  supervisor = await hotline.signIn('8901')
  const gone = await contactOf(supervisor, '13800000051', (r) => r.deleted_ms && !r.format, 'deleted', slow)
  assert.equal(gone.recordings[0].deleted_why, 'kept for 5 days')
  assert.equal((await audioOf(hotline, supervisor, old)).status, 404)
  const recordings = path.join(hotline.data, 'recordings')
  await until('its file is gone', () => !filesOf(recordings).some((name) => name.includes(old)))
  assert.equal(filesOf(recordings).length, 2)
  const kept = await contactOf(supervisor, '13800000052', (r) => r.hold, 'held')
  assert.equal(kept.recordings[0].deleted_ms ?? null, null)
  assert.equal((await audioOf(hotline, supervisor, held)).status, 200)
  assert.equal((await supervisor.put(`/recordings/${old}/hold`, { hold: true, why: 'too late' })).status, 409)
  const doctor = await doctorOf(hotline)
  assert.equal(doctor.code, 0, doctor.stdout)
})

test('archiving rests while the disk is nearly full, calls go on, and what is missing is told', { timeout: 240_000 }, async (t) => {
  const folder = temporaryFolder(t)
  const disk = path.join(folder, 'disk')
  if (!smallDisk(t, disk, 4_000)) return t.skip('mounting needs root')
  const config = writeConfig(folder, { recordings: quick.replace('warn_free_mb = 0', 'warn_free_mb = 2').replace('stop_free_mb = 0', 'stop_free_mb = 1') })
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('[voice]\n', `[voice]\nrecordings = "${disk}"\n`))
  const hotline = await Hotline.start({ folder, config })
  undoLater(t, () => hotline.stop({ keep: true }))
  const phones = await callers(t)
  const supervisor = await hotline.signIn('8901')
  const room = (wanted) => until(`room is ${wanted}`, async () => (await supervisor.get('/recordings/storage')).body.items[0]?.room === wanted, 30_000, 200)

  const giveBack = fill(disk)
  await room('short')
  await until('the alarm', () => /error voice the disk of the recordings .* archiving rests; make room/.test(hotline.log()))
  await record(phones, hotline, '13800000061')
  const lost = await contactOf(supervisor, '13800000061', (r) => r.state !== 'running', 'closed')
  assert.equal(lost.outcome, 'self_service', 'the call itself was served')
  assert.equal(lost.recordings[0].state, 'damaged')
  const told = (await supervisor.get('/recordings/troubled')).body.items
  assert.equal(told[0].recording.id, lost.recordings[0].id)
  assert.match(told[0].recording.problem, /No space left/)
  assert.equal((await (await hotline.signIn('8001')).get('/recordings/troubled')).status, 403)

  giveBack()
  await room('enough')
  await record(phones, hotline, '13800000062')
  const whole = await archived(supervisor, '13800000062')
  assert.equal(whole.recordings[0].state, 'whole')
})
