// SPDX-License-Identifier: Apache-2.0
// Every SIP method and timer we speak, with SIPp at the far end: called by it (a carrier's caller, an agent's phone) and calling it
// (a subscriber behind the carrier). SIPp fails a scenario at anything it does not expect; the records must tell the same story.
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import test from 'node:test'
import { play, Scenario, sdp, tag } from './lib/scenario.mjs'
import { Hotline, until } from './lib/server.mjs'

const carrier = '127.0.0.2' // where the trunk's calls come from and go to
const desk = '127.0.0.3' // the agent's phone
const gateway = `${carrier}:25060`
const phoneAt = `${desk}:25062`
const info = { type: 'application/dtmf-relay' }

/** Loses the first copy of every message, both ways: only what is sent again arrives. */
async function lossy(t, server) {
  const seen = new Set()
  const socket = dgram.createSocket('udp4')
  let lost = 0
  await new Promise((resolve) => socket.bind(0, carrier, resolve))
  t.after(() => socket.close())
  let caller
  socket.on('message', (bytes, from) => {
    const ours = from.address === '127.0.0.1' && from.port === server
    if (!ours) caller = from
    const text = bytes.toString()
    const key = `${ours} ${text.split('\r\n')[0]} ${/^CSeq:.*$/im.exec(text)?.[0]}`
    if (!seen.has(key)) {
      seen.add(key)
      ++lost
      return
    }
    if (ours) socket.send(bytes, caller.port, caller.address)
    else socket.send(bytes, server, '127.0.0.1')
  })
  return { address: `${carrier}:${socket.address().port}`, get lost() { return lost } }
}

test('every method and timer of SIP, in both roles', { timeout: 150_000 }, async (t) => {
  const hotline = await Hotline.start({ agentContact: `sip:{number}@${phoneAt}`, trunkPeers: [gateway, carrier], trunk: 'follow_redirects = true\ntrusted_identity = true\nping = 0',
    sip: `agent_hosts = ["${desk}"]\nsession_expires = 8\nsession_expires_min = 4`, extra: `[[trunk]]\nname = "probed"\npeers = ["127.0.0.4:25064"]\nping = 1\n` })
  t.after(() => hotline.stop())
  const remote = hotline.addresses.sip_udp
  const supervisor = await hotline.signIn('8901')
  const running = []
  t.after(() => running.forEach((one) => one.stop()))
  const agent = async (number = '8001') => (await supervisor.get('/agents?limit=200')).body.items.find((one) => one.number === number)
  const ready = async () => {
    const { id } = await agent()
    await until('the agent may call', async () => (await supervisor.put(`/agents/${id}/state`, { state: 'ready', device: 'sip' })).status === 200 && (await agent()).state === 'ready')
  }
  const begin = async (scenario, at) => {
    const one = await play(hotline.folder, scenario, { at, remote })
    running.push(one)
    return one
  }
  const done = async (name, one) => {
    const { code, errors } = await one.ended
    assert.equal(code, 0, `${name}: SIPp says ${errors}\n${one.messages().slice(-6_000)}`)
  }
  let numbers = 0
  const next = (area) => `0206${area}${String(++numbers).padStart(4, '0')}`
  /** The closed contact of a number, with its events' types. */
  const closed = async (number) => until(`the contact of ${number} is closed`, async () => {
    const { body } = await supervisor.get(`/contacts?phone=${number}&limit=1`)
    const contact = body.items?.[0] && (await supervisor.get(`/contacts/${body.items[0].id}`)).body
    return contact && contact.outcome !== 'live' && { ...contact, types: contact.events.map((event) => event.type) }
  })
  /** A carrier's caller of 1000; `story` is what follows the answer. */
  const caller = async (name, story, { first = {}, at = carrier, contact, via = remote } = {}) => {
    const from = next('55')
    const scenario = new Scenario({ from, to: '1000', contact }).invite(first).trying()
    story(scenario)
    const one = await play(hotline.folder, scenario, { at, remote: via })
    running.push(one)
    await done(name, one)
    return { from, one }
  }
  const answered = (scenario) => scenario.receive(200, { has: [['body', 'm=audio'], ['Contact', 'sip:']] }).ack()
  const bye = (scenario, cseq) => scenario.request('BYE', cseq).receive(200)
  /** The agent's phone calls a subscriber of the carrier. */
  const callOut = async (name, ours, theirs) => {
    await ready()
    const to = next('77')
    const far = await begin(theirs(new Scenario({ from: to })), gateway)
    const near = await begin(ours(new Scenario({ from: '8001', to })), desk)
    await done(`${name}, the phone`, near)
    await done(`${name}, the subscriber`, far)
    return { to, contact: await closed(to), far, near }
  }
  const rings = (scenario) => scenario.called().reply(180, { first: true })
  const answers = (scenario, headers) => scenario.reply(200, { first: true, headers, body: sdp(), retrans: 500 }).receive('ACK')
  const phoneTalks = (scenario) => scenario.invite().trying().receive(180).receive(200, { has: [['body', 'm=audio']] }).ack()

  // Half an interval passes before the refresh: beside the tests that call nobody.
  const glare = callOut('glare', (s) => phoneTalks(s).receive('BYE', { timeout: 24_000 }).reply(200),
      (s) => answers(rings(s), ['Allow: INVITE, ACK, BYE, CANCEL', 'Supported: timer', 'Require: timer', 'Session-Expires: 26;refresher=uac'])
        .receive('INVITE', { timeout: 16_000, has: [['Session-Expires', '26;refresher=uac']] }).reply(491).receive('ACK')
        .receive('INVITE', { timeout: 6_000 }).reply(200, { headers: ['Supported: timer', 'Session-Expires: 26;refresher=uac'], body: sdp('sendrecv', 2), retrans: 500 }).receive('ACK')
        .request('BYE', 1).receive(200))
  glare.catch(() => {})

  await t.test('called: hold and back by re-INVITE, OPTIONS and INFO inside the call, BYE', async () => {
    const { from } = await caller('in the call', (s) => bye(answered(s)
      .request('OPTIONS', 2).receive(200, { has: [['Allow', 'UPDATE'], ['Supported', '100rel']] })
      .request('INVITE', 3, { body: sdp('sendonly', 2) }).trying().receive(200, { has: [['body', 'a=(recvonly|inactive)']] }).ack(3)
      .request('INVITE', 4, { body: sdp('sendrecv', 3) }).trying().receive(200, { lacks: [['body', 'a=(recvonly|inactive)']] }).ack(4)
      .request('INFO', 5, { ...info, body: 'Signal=1\nDuration=160\n' }).receive(200).pause(300)
      .request('INFO', 6, { ...info, body: 'Signal=0\nDuration=160\n' }).receive(200).pause(300), 7))
    const contact = await closed(from)
    assert.deepEqual(contact.events.filter((event) => event.type === 'input').map((event) => event.data.input), ['1', '0'])
    assert.ok(contact.types.includes('queued') || contact.types.includes('offered'), contact.types.join(' '))
  })

  await t.test('called: without an offer, first and again', async () => {
    const { from } = await caller('delayed offer', (s) => bye(s.receive(200, { has: [['body', 'm=audio']] }).ack(1, { body: sdp() }).pause(200)
      .request('INVITE', 2).trying().receive(200, { has: [['body', 'm=audio']] }).ack(2, { body: sdp() }).pause(200), 3), { first: { body: null } })
    assert.ok((await closed(from)).types.includes('answered'))
  })

  await t.test('called: a withheld number, which the carrier asserts: kept for supervisors, not for agents', async () => {
    const known = next('55')
    const scenario = bye(answered(new Scenario({ from: 'anonymous', to: '1000' }).invite({ headers: ['Privacy: id', `P-Asserted-Identity: <sip:${known}@carrier.example>`] }).trying()), 2)
    await done('asserted', await begin(scenario, carrier))
    const contact = await until('its contact', async () => {
      for (const { id, from } of (await supervisor.get('/contacts?limit=20')).body.items) if (from === '') return (await supervisor.get(`/contacts/${id}`)).body
    })
    assert.equal(contact.events.find((event) => event.type === 'arrived').data.asserted, known)
    const ordinary = await hotline.signIn('8001')
    const seen = await ordinary.get(`/contacts/${contact.id}`)
    assert.ok(seen.status === 403 || !JSON.stringify(seen.body).includes(known), JSON.stringify(seen.body))
  })

  await t.test('called: UPDATE with an offer', async () => {
    await caller('update', (s) => bye(answered(s).request('UPDATE', 2, { body: sdp('sendonly', 2) }).receive(200, { has: [['body', 'a=(recvonly|inactive)']] })
      .request('UPDATE', 3, { body: sdp('sendrecv', 3) }).receive(200), 4))
  })

  await t.test('called: session timers: too short a one, one that is refreshed, one that nobody refreshes', async () => {
    const timer = (seconds) => ({ headers: ['Supported: timer', `Session-Expires: ${seconds};refresher=uac`, 'Min-SE: 4'] })
    const refused = new Scenario({ from: next('55'), to: '1000' }).invite({ headers: ['Supported: timer', 'Session-Expires: 2'] }).trying().receive(422, { has: [['Min-SE', '4']] }).hopByHop('ACK')
    await done('422', await begin(refused, carrier))
    const [refreshed, forgotten] = await Promise.all([
      caller('refreshed', (s) => bye(s.receive(200, { has: [['Session-Expires', '4;refresher=uac'], ['Require', 'timer']] }).ack().pause(1_500)
        .request('UPDATE', 2, timer(4)).receive(200, { has: [['Session-Expires', '4;refresher=uac']] }).pause(1_800), 3), { first: timer(4) }),
      caller('forgotten', (s) => s.receive(200).ack().receive('BYE', { timeout: 8_000, has: [['Reason', '(408|102)']] }).reply(200), { first: timer(4) }),
    ])
    assert.equal((await closed(refreshed.from)).end_cause, 'normal')
    assert.equal((await closed(forgotten.from)).end_cause, 'error')
  })

  await t.test('called: OPTIONS and an unknown method outside of any call, a dialog that is not there', async () => {
    const lone = new Scenario({ from: 'probe', to: '1000' }).lone('OPTIONS').receive(200, { has: [['Allow', 'INVITE'], ['Accept', 'application/sdp']] })
      .lone('BOGUS', { cseq: 2 }).receive(501, { has: [['Allow', 'INVITE']] })
    await done('lone requests', await begin(lone, carrier))
  })

  await t.test('called: INVITE with Replaces goes on with the same call', async () => {
    const from = next('55')
    const other = { from, to: '1000' }
    const both = new Scenario(other).invite().trying().receive(200, { keep: [['their', 'To', 'tag=([^;> ]+)']] }).ack()
    const second = new Scenario({ ...other, call: 'second///' })
    both.join(second.invite({ headers: [`Replaces: [call_id];to-tag=[$their];from-tag=${tag}`] })).receive('BYE', { has: [['Reason', 'Replaced']] }).reply(200)
    both.join(second.trying().receive(200, { has: [['body', 'm=audio']] }).ack().request('BYE', 2).receive(200))
    await done('Replaces', await begin(both, carrier))
    const contact = await closed(from)
    assert.ok(contact.types.includes('leg_replaced'), contact.types.join(' '))
    assert.equal(contact.types.filter((type) => type === 'arrived').length, 1)
  })

  await t.test('called: every message is lost once', async (s) => {
    const network = await lossy(s, hotline.sipPort)
    const { from } = await caller('loss', (story) => bye(answered(story).pause(1_500).request('INFO', 2, { ...info, body: 'Signal=5\nDuration=160\n' }).receive(200).pause(300), 3), { contact: network.address, via: network.address })
    assert.ok(network.lost >= 7, `${network.lost} messages were lost`)
    const contact = await closed(from)
    assert.deepEqual(contact.events.filter((event) => event.type === 'input').length, 1, 'one key, though it was sent twice')
  })

  await t.test('calling: we refresh by re-INVITE, which meets one of the far end (491) and is tried again', () => glare)

  await t.test('both: 100rel, early media of the far network, UPDATE, re-INVITE by the subscriber, BYE with Reason', async () => {
    const { contact } = await callOut('100rel',
      (s) => s.invite({ headers: ['Require: 100rel'] }).trying()
        .receive(183, { has: [['Require', '100rel'], ['body', 'm=audio']], keep: [['rseq', 'RSeq', '([0-9]+)']] })
        .request('PRACK', 2, { headers: ['RAck: [$rseq] 1 INVITE'] }).receive(200)
        .receive(200, { timeout: 10_000 }).ack().receive('BYE', { timeout: 10_000 }).reply(200),
      (s) => s.called({ has: [['Supported', '100rel'], ['Allow', 'PRACK'], ['From', 'sip:1000@']] })
        .reply(183, { first: true, headers: ['Require: 100rel', 'RSeq: 7'], body: sdp(), retrans: 500 }).receive('PRACK', { has: [['RAck', '7 [0-9]+ INVITE']] }).reply(200).pause(300)
        .answer(200, { retrans: 500 }).receive('ACK')
        .request('UPDATE', 1, { body: sdp('sendonly', 2) }).receive(200, { has: [['body', 'a=(recvonly|inactive)']] })
        .request('INVITE', 2, { body: sdp('sendrecv', 3) }).trying().receive(200).ack(2)
        .request('BYE', 3, { headers: ['Reason: Q.850;cause=16;text="Normal call clearing"'] }).receive(200))
    assert.equal(contact.direction, 'outbound')
    assert.equal(contact.outcome, 'answered')
    for (const type of ['dialled', 'customer_ringing', 'connected', 'customer_left']) assert.ok(contact.types.includes(type), `${type} in ${contact.types}`)
    assert.match(hotline.log(), /ended by the far end: Q\.850 16/)
  })

  await t.test('both: CANCEL', async () => {
    const { contact } = await callOut('CANCEL',
      (s) => s.invite().trying().receive(180).pause(300).hopByHop('CANCEL').receive(200).receive(487).hopByHop('ACK'),
      (s) => rings(s).receive('CANCEL', { timeout: 8_000 }).reply(200).answer(487).receive('ACK'))
    assert.equal(contact.outcome, 'not_reached')
  })

  await t.test('both: what the subscriber\'s network refuses is told to the phone', async () => {
    const { contact } = await callOut('486', (s) => s.invite().trying().receive(180).receive(486).hopByHop('ACK'),
      (s) => rings(s).pause(200).reply(486, { first: true, headers: ['Reason: Q.850;cause=17;text="User busy"'] }).receive('ACK'))
    assert.equal(contact.end_cause, 'busy')
    assert.match(hotline.log(), /ended by the far end: Q\.850 17/)
  })

  await t.test('calling: a redirection is followed', async () => {
    const { contact } = await callOut('302', (s) => bye(phoneTalks(s), 2),
      (s) => s.called().reply(302, { first: true, headers: [`Contact: <sip:0206889999@${gateway}>`], contact: false }).receive('ACK')
        .called({ has: [['msg', 'INVITE sip:0206889999@']] }).reply(180, { first: `${tag}b` }).reply(200, { first: `${tag}b`, body: sdp(), retrans: 500 }).receive('ACK').receive('BYE', { timeout: 8_000 }).reply(200))
    assert.equal(contact.outcome, 'answered')
  })

  await t.test('calling: two phones behind the carrier answer; one is kept, the other is let go', async () => {
    const { contact } = await callOut('fork', (s) => bye(phoneTalks(s).pause(1_000), 2),
      (s) => s.called().reply(180, { first: 'one' }).reply(180, { first: 'two' })
        .reply(200, { first: 'two', body: sdp(), retrans: 500 }).receive('ACK', { has: [['To', 'tag=two']] })
        .answer(200, { ours: 'one', body: sdp() }).receive('ACK', { has: [['To', 'tag=one']] }).receive('BYE', { has: [['To', 'tag=one']] }).reply(200)
        .receive('BYE', { timeout: 8_000, has: [['To', 'tag=two']] }).reply(200))
    assert.equal(contact.outcome, 'answered')
  })

  await t.test('calling: an interval the far end finds too short; we refresh by UPDATE', async () => {
    await callOut('refresh by UPDATE', (s) => phoneTalks(s).receive('BYE', { timeout: 15_000 }).reply(200),
      (s) => answers(s.called({ has: [['Session-Expires', '8']] }).reply(422, { first: true, headers: ['Min-SE: 10'] }).receive('ACK')
        .called({ has: [['Session-Expires', '10']] }).reply(180, { first: true }), ['Allow: INVITE, ACK, BYE, CANCEL, UPDATE', 'Supported: timer', 'Require: timer', 'Session-Expires: 4;refresher=uac'])
        .receive('UPDATE', { timeout: 5_000, has: [['Session-Expires', '4;refresher=uac']] }).reply(200, { headers: ['Supported: timer', 'Session-Expires: 4;refresher=uac'] })
        .request('BYE', 1).receive(200))
  })

  await t.test('calling: the far end promised to refresh and does not', async () => {
    const { contact } = await callOut('expiry', (s) => phoneTalks(s).receive('BYE', { timeout: 15_000 }).reply(200),
      (s) => answers(rings(s), ['Supported: timer', 'Require: timer', 'Session-Expires: 4;refresher=uas']).receive('BYE', { timeout: 8_000, has: [['Reason', '(408|102)']] }).reply(200))
    assert.equal(contact.end_cause, 'error')
  })

  await t.test('calling: gateways are asked by OPTIONS whether they are there', async () => {
    await done('OPTIONS', await begin(new Scenario({ from: 'gateway' }).receive('OPTIONS', { timeout: 10_000, has: [['To', 'sip:']] }).reply(200, { first: true }), '127.0.0.4:25064'))
  })

  await t.test('REFER: blind, and attended with Replaces, by SIPp at the agent\'s phone', async () => {
    for (const attended of [false, true]) {
      await ready()
      const target = next('77')
      const far = await begin(answers(rings(new Scenario({ from: target }))).receive('BYE', { timeout: 20_000 }).reply(200), gateway)
      const first = new Scenario({ from: '8001' }).called().reply(180, { first: true }).reply(200, { first: true, body: sdp(), retrans: 500 }).receive('ACK').pause(300)
      if (attended) {
        const second = new Scenario({ from: '8001', to: target, call: 'second///' })
        first.request('INVITE', 1, { body: sdp('sendonly', 2) }).trying().receive(200).ack(1)
        first.join(second.invite().trying().receive(180).receive(200, { keep: [['their', 'To', 'tag=([^;> ]+)']] }).ack().pause(300))
        first.request('REFER', 2, { headers: [`Refer-To: <sip:${target}@${remote}?Replaces=second%2F%2F%2F[call_id]%3Bto-tag%3D[$their]%3Bfrom-tag%3D${tag}>`] })
          .receive(202).receive('NOTIFY', { has: [['Event', 'refer'], ['body', 'SIP/2.0 100']] }).reply(200)
          .receive('NOTIFY', { has: [['Subscription-State', 'terminated'], ['body', 'SIP/2.0 200']] }).reply(200).receive('BYE').reply(200).receive('BYE').reply(200)
      } else {
        first.request('REFER', 1, { headers: [`Refer-To: <sip:${target}@${remote}>`] }).receive(202).receive('NOTIFY', { has: [['body', 'SIP/2.0 100']] }).reply(200)
          .receive('NOTIFY', { has: [['Subscription-State', 'terminated'], ['body', 'SIP/2.0 200']] }).reply(200).receive('BYE').reply(200)
      }
      const phone = await begin(first, phoneAt)
      const { from } = await caller('the customer', (s) => bye(answered(s).pause(500).request('INFO', 2, { ...info, body: 'Signal=1\nDuration=160\n' }).receive(200).pause(500)
        .request('INFO', 3, { ...info, body: 'Signal=0\nDuration=160\n' }).receive(200).pause(6_000), 4))
      await done('the agent\'s phone', phone)
      await done('the target', far)
      const contact = await closed(from)
      assert.equal(contact.events.find((event) => event.type === 'transfer')?.data.target, target, contact.types.join(' '))
      assert.equal(contact.types.includes('consult_connected'), attended)
    }
  })
})
