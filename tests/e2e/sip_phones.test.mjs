// SPDX-License-Identifier: Apache-2.0
// Agents at real SIP phones (baresip) that register with digest: called as agents and calling themselves; an agent whose phone is
// gone is offered no calls from that moment; over TCP and after kill -9 too; the account given over the API; a core that comes back.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Baresip } from './lib/baresip.mjs'
import { callerTone, Floor } from './lib/floor.mjs'
import { RtpEngine } from './lib/rtp.mjs'
import { Hotline, until } from './lib/server.mjs'
import { SipPhones } from './lib/sip_phone.mjs'

test('SIP phones register, are called, call, and their absence is known at once', { timeout: 200_000 }, async (t) => {
  const floor = new Floor()
  floor.engine = new RtpEngine()
  t.after(() => floor.engine.close())
  floor.ends = new Map([['8150', undefined], ['8149', undefined]])
  floor.phones = await SipPhones.open(floor.engine, () => {})
  t.after(() => floor.phones.close())
  floor.hotline = await Hotline.start({ sip: 'digest_sha256 = false' }) // baresip 1.0 gives up at a challenge it does not know
  t.after(() => floor.hotline.stop())
  const { hotline } = floor
  floor.sipPort = hotline.sipPort
  floor.supervisor = await hotline.signIn('8901')
  const agent = async (number) => (await floor.agents()).find((one) => one.number === number)
  const phone = (options) => Baresip.start(hotline.folder, { user: '8150', password: hotline.accounts.phones, registrar: `127.0.0.1:${hotline.sipPort}`, ...options })
  const registered = (number, value) => until(`${number} is ${value ? '' : 'not '}registered`, async () => (await agent(number)).phone_registered === value)
  const setReady = async (number) => (await floor.supervisor.put(`/agents/${(await agent(number)).id}/state`, { state: 'ready', device: 'sip' }))

  await t.test('without a registered phone nobody is ready at one', async () => {
    assert.equal((await agent('8150')).phone_registered, false)
    const answer = await setReady('8150')
    assert.equal(answer.status, 409, JSON.stringify(answer.body))
  })

  await t.test('a wrong password registers nothing', async (s) => {
    const stranger = await phone({ password: 'wrong' })
    s.after(() => stranger.stop())
    await stranger.said('403 Forbidden')
    assert.equal((await agent('8150')).phone_registered, false)
    assert.ok(!hotline.log().includes(hotline.accounts.phones), 'no password in the log')
  })

  const desk = await phone()
  t.after(() => desk.stop())
  await t.test('a registered phone is called as its agent', async () => {
    await registered('8150', true)
    assert.equal((await setReady('8150')).status, 200)
    const caller = await floor.dial('0206551001')
    await floor.reach('0206551001', 'talking')
    await until('the caller hears the agent', () => caller.rtp.hearing.packets > 100)
    await caller.hangUp()
    const contact = await floor.closed('0206551001')
    assert.equal(contact.outcome, 'answered')
    assert.equal(contact.agent_id, (await agent('8150')).id)
  })

  await t.test('and calls the hotline itself, proving who it is', async () => {
    desk.command('dial', `sip:1000@127.0.0.1:${hotline.sipPort}`)
    await desk.event('CALL_ESTABLISHED')
    const live = await until('the call is there', async () => (await floor.call('8150')))
    assert.equal(live.from, '8150')
    desk.command('hangup')
    await floor.closed('8150')
  })

  await t.test('switched off, its agent is unavailable at once', async () => {
    await until('free again', async () => (await setReady('8150')).status === 200 && (await agent('8150')).state === 'ready')
    await desk.stop()
    const gone = await until('unavailable', async () => { const one = await agent('8150'); return one.state === 'unavailable' && one }, 5_000)
    assert.equal(gone.reason, 'phone_unregistered')
    assert.equal(gone.phone_registered, false)
  })

  await t.test('over TCP, a phone that dies is missed as soon as its connection is gone', async (s) => {
    const tcp = await phone({ user: '8149', transport: 'tcp', registrar: hotline.addresses.sip_tcp })
    s.after(() => tcp.stop('SIGKILL'))
    await registered('8149', true)
    assert.equal((await setReady('8149')).status, 200)
    const caller = await floor.dial('0206551002')
    await floor.reach('0206551002', 'talking')
    await caller.hangUp()
    await floor.closed('0206551002')
    await until('free again', async () => (await setReady('8149')).status === 200 && (await agent('8149')).state === 'ready')
    await tcp.stop('SIGKILL')
    await until('unavailable', async () => (await agent('8149')).state === 'unavailable', 5_000)
  })

  await t.test('an administrator gives an account; its password is shown once', async (s) => {
    const admin = await hotline.signIn('8999')
    const { id } = await agent('8150')
    assert.equal((await floor.supervisor.post(`/agents/${id}/sip-account`)).status, 403)
    const made = await admin.post(`/agents/${id}/sip-account`)
    assert.equal(made.status, 200, JSON.stringify(made.body))
    assert.equal(made.body.username, '8150')
    const old = await phone()
    s.after(() => old.stop())
    await old.said('403 Forbidden')
    const fresh = await phone({ password: made.body.password })
    s.after(() => fresh.stop())
    await registered('8150', true)
    assert.equal((await admin.del(`/agents/${id}/sip-account`)).status, 200)
    await until('no account any more', async () => (await agent('8150')).phone_registered == null)
  })

  await t.test('a new core hears of the phones that are there', async (s) => {
    const kept = await phone({ user: '8149' })
    s.after(() => kept.stop())
    await registered('8149', true)
    await hotline.killCore()
    await hotline.launch()
    floor.supervisor = await hotline.signIn('8901')
    await registered('8149', true)
    assert.equal((await setReady('8149')).status, 200)
    const caller = await floor.dial('0206551003', callerTone)
    await floor.reach('0206551003', 'talking')
    await caller.hangUp()
    await floor.closed('0206551003')
  })
})
