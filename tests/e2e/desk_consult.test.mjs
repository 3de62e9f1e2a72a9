// SPDX-License-Identifier: Apache-2.0
// Consultation, conference and calls from the desk in real Chromium, with a customer at the call page and an outside
// party behind a SIP trunk. Who hears whom is measured.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import test from 'node:test'
import { audio, heard, id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'
import { callAgain, callIs, customerInQueue, pageIs, readyDesk, saveWrapUp, takeCall } from './lib/story.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })
const within = (page, side) => async () => (await audio(page))[side] ?? 0

/** Sound for most of a second: music, not a microphone's beep. */
async function music(page, what) {
  await until(what, async () => {
    let loud = 0
    for (let i = 0; i < 10; ++i) {
      if ((await within(page, 'received')()) > 0.1) ++loud
      await page.waitForTimeout(100)
    }
    return loud >= 8
  }, 15_000, 0)
}
const parties = async (desk) => Object.fromEntries(await Promise.all(['customer', 'consulted'].map(async (key) => [key, (await id(desk, `party-${key}`).getAttribute('data-heard')) === 'true'])))
const partiesAre = (desk, wanted) => until(`heard: ${JSON.stringify(wanted)}`, async () => JSON.stringify(await parties(desk)) === JSON.stringify(wanted), 10_000)

async function askColleague(desk, number) {
  await id(desk, 'transfer').click()
  await id(desk, `transfer-agent-${number}`).check()
  await id(desk, 'consult-send').click()
  await callIs(desk, 'consulting')
}

test('consultation, conference and calls from the desk', { timeout: 300_000 }, async (t) => {
  const engine = new RtpEngine()
  t.after(() => engine.close())
  let busy = false
  let outbound
  const outside = await SipPhones.open(engine, (call) => { if (!busy) call.rtp = outside.ready.pop() })
  t.after(() => outside.close())
  outside.ready = [await engine.open(600), await engine.open(700), await engine.open(800)]
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  const config = writeConfig(folder, { extra: '[outbound]\ncaller_number = "10001"\nline_caller_numbers = ["112=1120"]\nrefused = ["00"]\n' })
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('peers = ["*"]', `peers = ["127.0.0.1:${outside.port}"]`))
  const hotline = await Hotline.start({ folder, config })
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const first = await readyDesk(browser, hotline, '8001', { problems })
  const customer = await customerInQueue(browser, hotline, { problems })
  const supervisor = await hotline.signIn('8901')
  const call = await takeCall(first)
  const second = await readyDesk(browser, hotline, '8002', { problems })

  await t.test('a web caller is named as one', async () => {
    assert.equal(await id(first, 'caller-name').textContent(), 'Caller from the web')
  })

  await t.test('how well each party is heard is shown while they talk', async () => {
    await id(first, 'quality').waitFor({ timeout: 20_000 })
    await shot(first, 'desk-quality')
  })

  await t.test('a colleague is asked while the customer hears music', async () => {
    await askColleague(first, '8002')
    await shot(first, 'desk-consult-ringing')
    await id(second, 'answer').waitFor()
    assert.equal(await id(second, 'call-panel').getAttribute('data-call-id'), call)
    await id(second, 'asked-by').waitFor()
    await id(second, 'answer').click()
    await callIs(second, 'consulting')
    await partiesAre(first, { customer: false, consulted: true })
    await heard(second, 'the colleague hears the agent', 'received')
    await heard(first, 'the agent hears the colleague', 'received')
    await music(customer, 'the customer hears music')
    await shot(first, 'desk-consult')
    await shot(second, 'desk-consulted')
  })

  await t.test('swap to the customer and back', async () => {
    await id(first, 'consult-swap').click()
    await partiesAre(first, { customer: true, consulted: false })
    await callIs(second, 'held')
    await music(second, 'the colleague hears music')
    await id(first, 'consult-swap').click()
    await partiesAre(first, { customer: false, consulted: true })
  })

  await t.test('a reload in the middle finds the consultation as it was', async () => {
    await first.reload()
    await callIs(first, 'consulting')
    await heard(first, 'the colleague after the reload', 'received')
    await partiesAre(first, { customer: false, consulted: true })
  })

  await t.test('a conference of three', async () => {
    await id(first, 'consult-conference').click()
    await callIs(first, 'conference')
    await callIs(second, 'conference')
    await partiesAre(first, { customer: true, consulted: true })
    await heard(customer, 'the customer hears the conference', 'received')
    await heard(second, 'the colleague hears the conference', 'received')
    await shot(first, 'desk-conference')
  })

  await t.test('the customer is handed over, and the times are right', async () => {
    await id(first, 'consult-complete').click()
    await id(first, 'wrap-up').waitFor()
    await callIs(second, 'talking')
    await heard(second, 'the customer', 'received')
    await saveWrapUp(first, 'ready')
    await id(second, 'hang-up').click()
    await pageIs(customer, 'ended')
    await saveWrapUp(second, 'paused')
    const { body } = await supervisor.get(`/contacts/${call}`)
    assert.equal(body.outcome, 'answered')
    assert.equal(body.agent_id, '8002')
    assert.equal(body.channel, 'web')
    assert.ok(body.consult_ms > 1_000 && body.hold_ms >= body.consult_ms, `consult ${body.consult_ms}, hold ${body.hold_ms}`)
    assert.equal(body.recordings.length, 1, 'one recording for the whole contact')
    await until('the recording is whole', async () => (await supervisor.get(`/contacts/${call}`)).body.recordings[0].state === 'whole')
    const measured = body.legs.filter((leg) => leg.quality && leg.packets_received > 100)
    assert.ok(measured.length >= 3, JSON.stringify(body.legs))
  })

  await t.test('a number that may not be called is refused in words', async () => {
    await id(first, 'dial-number').fill('110')
    await id(first, 'dial-call').click()
    await id(first, 'dial-error').waitFor()
    await shot(first, 'desk-dial-refused')
    const agent = await hotline.signIn('8001')
    assert.equal((await agent.post('/calls', { number: '0044123456' })).body.error.code, 'number_not_allowed')
    assert.equal((await agent.post('/calls', { number: '5550144', service_line: '999' })).status, 400)
  })

  await t.test('an agent calls somebody: the line\'s number is shown, both hear each other, it is a contact', async () => {
    await id(first, 'dial-number').fill('020 8555-0144')
    await id(first, 'dial-line').selectOption('112')
    const rung = new Promise((resolve) => outside.once('call', resolve))
    await id(first, 'dial-call').click()
    const ringing = await rung
    assert.equal(ringing.user, '02085550144')
    assert.equal(ringing.caller, '1120')
    await ringing.reach('answered')
    await callIs(first, 'talking')
    await heard(first, 'the called party', 'received')
    await shot(first, 'desk-outbound')
    const made = await id(first, 'call-panel').getAttribute('data-call-id')
    await id(first, 'hang-up').click()
    await id(first, 'wrap-up').waitFor()
    await saveWrapUp(first, 'ready')
    const { body } = await supervisor.get(`/contacts/${made}`)
    assert.equal(body.direction, 'outbound')
    outbound = made
    assert.equal(body.to, '02085550144')
    assert.equal(body.outcome, 'answered')
    assert.equal(body.recordings.length, 1)
  })

  await t.test('its SIP messages are a ladder in the contact\'s page, and a capture', async () => {
    let items = []
    await until('the messages are there', async () => {
      items = (await supervisor.get(`/contacts/${outbound}/sip-trace`)).body.items
      return items.length >= 5
    }, 15_000)
    assert.match(items[0].message, /^INVITE sip:02085550144@/)
    assert.equal(items[0].sent, true)
    assert.ok(items.some((item) => /^BYE /.test(item.message)), 'the BYE is in it')
    assert.ok(items.some((item) => /^SIP\/2\.0 200[^]*CSeq: \d+ BYE/.test(item.message)), 'and its answer')
    assert.equal((await (await hotline.signIn('8001')).get(`/contacts/${outbound}/sip-trace`)).status, 403)
    const pcap = await fetch(`${hotline.url}/api/v1/contacts/${outbound}/sip-trace.pcap`, { headers: { cookie: supervisor.cookie } })
    assert.equal(pcap.headers.get('content-type'), 'application/vnd.tcpdump.pcap')
    const file = path.join(folder, 'trace.pcap')
    fs.writeFileSync(file, Buffer.from(await pcap.arrayBuffer()))
    const tshark = spawnSync('tshark', ['-r', file, '-d', `udp.port==${outside.port},sip`, '-T', 'fields', '-e', 'sip.Method', '-e', 'sip.Status-Code'], { encoding: 'utf8' })
    assert.equal(tshark.status, 0, tshark.error?.message ?? tshark.stderr)
    assert.equal(tshark.stdout.trimEnd().split('\n').length, items.length)
    assert.match(tshark.stdout, /^INVITE/)
    const engineer = await openPage(browser, `${hotline.url}/contacts/${outbound}/sip-trace`, { problems })
    await signInDesk(engineer, '8901', hotline.accounts.supervisors)
    await id(engineer, 'sip-step-0').waitFor()
    await id(engineer, 'sip-step-1').click()
    await shot(engineer, 'sip-ladder')
    await engineer.close()
  })

  await t.test('a busy number says so, and the agent writes that down', async () => {
    busy = true
    await id(first, 'dial-number').fill('02085550145')
    await id(first, 'dial-call').click()
    await id(first, 'not-reached').waitFor({ timeout: 20_000 })
    await shot(first, 'desk-not-reached')
    await saveWrapUp(first, 'ready')
    const [newest] = (await supervisor.get('/contacts?limit=1')).body.items
    assert.equal(newest.outcome, 'not_reached')
    assert.equal(newest.end_cause, 'busy')
    busy = false
  })

  await t.test('an outside number is asked and the customer handed over to it', async () => {
    await customer.reload()
    await callAgain(customer)
    const held = await takeCall(first)
    await id(first, 'transfer').click()
    await id(first, 'transfer-kind-number').click()
    await id(first, 'transfer-number').fill('02085550146')
    const rung = new Promise((resolve) => outside.once('call', resolve))
    await id(first, 'consult-send').click()
    const expert = await rung
    assert.equal(expert.caller, '10001', 'not the customer\'s number: the hotline\'s')
    await expert.reach('answered')
    await first.locator('[data-testid="consult"][data-consult-state="connected"]').waitFor()
    await heard(first, 'the expert', 'received')
    await id(first, 'consult-complete').click()
    await id(first, 'wrap-up').waitFor()
    await heard(customer, 'the customer hears the expert', 'received')
    await saveWrapUp(first, 'paused')
    await expert.hangUp()
    await pageIs(customer, 'ended')
    assert.equal((await supervisor.get(`/contacts/${held}`)).body.outcome, 'answered')
  })

  assert.deepEqual(problems.filter((text) => !/401|403|ERR_CONNECTION|WebSocket connection/.test(text)), [])
})
