// SPDX-License-Identifier: Apache-2.0
// A hotline under test with agents at SIP phones and callers who go through the menu of 1000 to them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { binary, Hotline, until } from './server.mjs'
import { RtpEngine } from './rtp.mjs'
import { SipPhones } from './sip_phone.mjs'
import { readWav } from './wav.mjs'

export const callerTone = 500
export const agentTone = 800

export class Floor {
  /** Agents 8001, 8002, ... ready at phones that answer at once. */
  static async open(t, { agents, trunkPeers, sip, extra }) {
    const floor = new Floor()
    floor.engine = new RtpEngine()
    t.after(() => floor.engine.close())
    floor.ends = new Map() // staff number -> RTP
    floor.answered = [] // callers' numbers in the order in which agents got them
    floor.phones = await SipPhones.open(floor.engine, (call) => {
      call.rtp = floor.ends.get(call.user)
      call.rtp?.reset()
      if (call.rtp) floor.answered.push(call.caller)
    })
    t.after(() => floor.phones.close())
    for (let i = 1; i <= agents; ++i) floor.ends.set(String(8000 + i), await floor.engine.open(agentTone))
    floor.hotline = await Hotline.start({ agentContact: `sip:{number}@127.0.0.1:${floor.phones.port}`, trunkPeers, sip, extra })
    t.after(() => floor.hotline.stop())
    floor.sipPort = floor.hotline.sipPort
    floor.supervisor = await floor.hotline.signIn('8901')
    for (const agent of await floor.agents()) await floor.ready(agent)
    return floor
  }

  /** The agents at our phones, as the API has them. */
  async agents() {
    const answer = await this.supervisor.get('/agents?limit=200')
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body.items.filter((agent) => this.ends.has(agent.number))
  }
  async ready(agent) {
    const answer = await this.supervisor.put(`/agents/${agent.id}/state`, { state: 'ready', device: 'sip' })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }

  /** Agents who write nothing after a call: until the returned function is called, whoever is in one of these states is made ready again. */
  keepReady(t, states = ['wrap_up']) {
    let going = true
    const desk = (async () => {
      while (going) {
        try {
          for (const agent of await this.agents()) if (states.includes(agent.state)) await this.ready(agent).catch((error) => {
            if (states.length === 1) throw error // of the others one may have been sent elsewhere meanwhile
          })
        } catch (error) {
          if (this.hotline.process.exitCode === null && this.hotline.process.signalCode === null && error.name === 'AssertionError') throw error
          // no core at the moment
        }
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    })()
    t.after(() => { going = false })
    return () => {
      going = false
      return desk
    }
  }

  /** The voice node's counters from /metrics. */
  async figures() {
    const text = await (await fetch(`${this.hotline.url}/metrics`)).text()
    return Object.fromEntries([...text.matchAll(/^hotline_voice_node\{node="voice1",what="(\w+)"\} (\S+)$/gm)].map((m) => [m[1], Number(m[2])]))
  }

  /** Today in the recording ledger, reconciled now: {day, gaps}. */
  async ledger() {
    const answer = await this.supervisor.post('/recording-ledger/today')
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  /** Every contact there is. */
  async contacts() {
    const all = []
    for (;;) {
      const { body } = await this.supervisor.get(`/contacts?limit=200${all.length ? `&before_id=${all.at(-1).id}` : ''}`)
      if (body.items.length === 0) return all
      all.push(...body.items)
    }
  }
  /** A contact by id, once everything that belongs to it is settled. */
  async settled({ id, from }) {
    return until(`the contact of ${from} is settled`, async () => {
      const { body } = await this.supervisor.get(`/contacts/${id}`)
      return body.outcome !== 'live' && body.legs.every((leg) => leg.ended_ms) && body.recordings.every((recording) => recording.state !== 'running') && body
    })
  }

  /** Dials 1000 and asks for an agent in Mandarin: from then on the caller is on their way to the queue. */
  async dial(from, options = {}) {
    const call = await (this.outside ?? this.phones).call(this.sipPort, '1000', { from, hertz: callerTone, ...options })
    await call.reach('answered')
    await until(`${from} hears the menu`, () => call.rtp.hearing.packets > 0)
    for (const key of '10') options.events === false ? call.rtp.pressInSound(key) : call.rtp.press(key)
    return call
  }

  /** The newest contact of a number, with everything that belongs to it. */
  async contact(from) {
    const list = await this.supervisor.get(`/contacts?phone=${from}&limit=1`)
    const id = list.body.items?.[0]?.id
    return id && (await this.supervisor.get(`/contacts/${id}`)).body
  }
  /** The call as the desks see it; undefined when it is over. */
  async call(from) {
    const contact = await this.contact(from)
    const answer = contact && (await this.supervisor.get(`/calls/${contact.id}`))
    return answer?.status === 200 ? answer.body : undefined
  }
  async reach(from, state) {
    return until(`${from} is ${state}`, async () => {
      const call = await this.call(from)
      return call?.state === state && call
    }, 40_000, 200)
  }
  /** The contact once it is closed and its recordings with it. */
  async closed(from, limit = 15_000) {
    return until(`the contact of ${from} is closed`, async () => {
      const contact = await this.contact(from)
      return contact?.outcome !== 'live' && contact.legs.every((leg) => leg.ended_ms) && contact.recordings.every((r) => r.state !== 'running') && contact
    }, limit, 200)
  }

  async recording(contact) {
    assert.equal(contact.recordings.length, 1, `${contact.from} has one recording`)
    const file = await fetch(`${this.hotline.url}/api/v1/recordings/${contact.recordings[0].id}/audio`, { headers: { cookie: this.supervisor.cookie } })
    assert.equal(file.status, 200, await (file.status === 200 ? '' : file.text()))
    return readWav(Buffer.from(await file.arrayBuffer()))
  }

  /** Where the voice node of now listens for SIP: a node that was started again may have another port. */
  nodeSipPort() {
    const log = fs.readFileSync(path.join(this.hotline.folder, 'serve.log'), 'utf8')
    const last = [...log.matchAll(/voice node started.*sip_udp=\S+:(\d+)/g)].at(-1)
    return Number(last?.[1])
  }

  /** What `hotline doctor` says of this installation; its exit status must be 0. */
  async doctor() {
    const { config, data } = this.hotline
    await new Promise((resolve, reject) => {
      execFile(binary, ['doctor', '--config', config, '--data', data], (error, stdout, stderr) => (error ? reject(new Error(`doctor: ${stdout}${stderr}`)) : resolve()))
    })
  }
}

/** The longest time in ms in which a channel is quiet between two moments in seconds; looks at every 10 ms. */
export function longestSilence(wav, channel, from, to) {
  const step = wav.rate / 100
  let quiet = 0
  let longest = 0
  for (let at = Math.ceil(from * 100); at < Math.floor(to * 100); ++at) {
    let sum = 0
    for (let i = at * step; i < (at + 1) * step && i < wav.frames; ++i) sum += wav.sample(channel, i) ** 2
    quiet = Math.sqrt(sum / step) < 0.02 ? quiet + 10 : 0
    longest = Math.max(longest, quiet)
  }
  return longest
}

export const eventOf = (contact, type) => contact.events.find((event) => event.type === type)

/**
 * What every contact promises: its history in order, its one recording as long as the call. `coreless`: the call may have
 * ended while there was no core, so that the voice node let its customer go a moment later.
 */
export function assertComplete(contact, outcome = 'answered', { coreless = false } = {}) {
  assert.equal(contact.outcome, outcome, `${contact.from}: ${JSON.stringify(contact.events)}`)
  const types = contact.events.map((event) => event.type)
  const must = ['arrived', 'answered', ...(outcome === 'self_service' ? [] : ['queued']), ...(outcome === 'answered' ? ['offered', 'connected'] : []), 'ended']
  let at = -1
  for (const type of must) {
    const next = types.indexOf(type, at + 1)
    assert.ok(next > at, `${contact.from} has no '${type}' in its place: ${types}`)
    at = next
  }
  assert.equal(types.filter((type) => type === 'ended').length, 1, `${contact.from} ended once`)
  const times = contact.events.map((event) => event.at_ms)
  assert.deepEqual(times, [...times].sort((a, b) => a - b), `${contact.from}: the history's times never go back`)
  assert.equal(contact.recordings.length, 1, `${contact.from} has one recording`)
  const [recording] = contact.recordings
  assert.equal(recording.state, 'whole', `${contact.from}: ${recording.problem}`)
  const customer = contact.legs.find((leg) => leg.role === 'customer')
  const length = (coreless ? customer.ended_ms : contact.ended_ms) - eventOf(contact, 'answered').at_ms
  const onLine = customer.ended_ms - customer.answered_ms
  const lengths = `${contact.from}: recording ${recording.duration_ms} ms, call ${length} ms, customer on the line ${onLine} ms`
  assert.ok(Math.abs(recording.duration_ms - onLine) <= 200, lengths)
  assert.ok(Math.abs(recording.duration_ms - length) <= 200, lengths)
}
