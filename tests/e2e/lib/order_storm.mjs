// SPDX-License-Identifier: Apache-2.0
// Many people at once at few work orders, over plain HTTP: each looks at an order, picks one of the things they may do to it, and sends it
// with a command id of its own, half the time with the version they saw, sometimes twice at the same moment. When there is no answer they
// send the same again until there is one. What was answered is kept, to be compared with the histories at the end.
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const refusals = new Set([400, 403, 404, 409])

export class Storm {
  /** `people`: clients of Hotline.signIn() by name; `orders`: [{id, type}]; `random`: 0 to 1. */
  constructor(hotline, people, orders, random) {
    this.hotline = hotline
    this.people = people
    this.orders = orders
    this.random = random
    this.agent = new Agent({ keepAlive: true, maxSockets: 256 })
    this.acts = [] // {token, order, action, version, status, code}
    this.made = [] // {token, id}
    this.counts = {}
    this.problems = []
    this.escalated = new Set() // orders of which somebody saw an escalation
    this.sent = 0
    this.underWay = 0 // commands sent that have no answer yet
  }

  count(what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
  oneOf(list) {
    return list[Math.floor(this.random() * list.length)]
  }

  /** {status, body}, or undefined when there was no answer. */
  send(who, method, at, value) {
    return new Promise((resolve) => {
      const body = value === undefined ? undefined : JSON.stringify(value)
      const asked = request(`${this.hotline.addresses.http}/api/v1${at}`, {
        agent: this.agent, method,
        headers: { cookie: who.cookie, 'x-csrf-token': who.me.csrf_token, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) },
      }, (answer) => {
        const chunks = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('error', () => resolve(undefined))
        answer.on('end', () => {
          try {
            resolve({ status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) })
          } catch {
            resolve(undefined) // half an answer
          }
        })
      })
      asked.setTimeout(30_000, () => asked.destroy())
      asked.on('error', () => resolve(undefined))
      asked.end(body)
    })
  }

  /** Until there is an answer that says something of the command. */
  async insist(who, method, at, value) {
    for (let tries = 1; ; ++tries) {
      if (method === 'POST') this.underWay++
      const answer = await this.send(who, method, at, value)
      if (method === 'POST') this.underWay--
      if (answer && answer.status !== 503) return { ...answer, tries }
      this.count(answer ? 'answered 503' : 'no answer')
      if (tries > 3_000) throw new Error(`no answer to ${method} ${at}`)
      await wait(10 + this.random() * 60)
    }
  }

  /** What this action needs; undefined: not this one now. */
  arguments_of(action, { order, parts, clocks }, me) {
    const departments = ['market', 'billing', 'switch', 'repair_city', 'line', 'outside_plant']
    const other = () => this.oneOf(departments.filter((one) => one !== order.lead))
    const co = parts.filter(({ lead, state }) => !lead && (state === 'asked' || state === 'accepted')).map(({ department }) => department)
    switch (action) {
      case 'dispatch': {
        const lead = other()
        return { lead, departments: this.random() < 0.4 ? [this.oneOf(departments.filter((one) => one !== lead))] : [] }
      }
      case 'transfer': return { lead: other() }
      case 'arbitrate': case 'inspect': return { passed: this.random() < 0.5 }
      case 'reply': return { evidence: ['document:回单'] }
      case 'tell': return { channel: 'phone' }
      case 'ask': return { channel: 'phone', answer: this.random() < 0.8 ? 'unsatisfied' : 'satisfied' }
      case 'hand_over': return { agent_id: this.oneOf(this.people).me.agent.id }
      case 'ask_extension': {
        const clock = clocks.find(({ clock: code, phase }) => code === 'handle' && phase === 'running')
        return clock && { clock: 'handle', duration_ms: 1_000 }
      }
      case 'record_condition': return { condition: this.oneOf(['cause', 'solution']), evidence: ['document:记录'] }
      case 'co_reply': case 'release': return co.length > 0 ? { departments: [this.oneOf(co)] } : undefined
      case 'add_co_handler': return { departments: [other()] }
      case 'attach': case 'merge': case 'set_fields': return undefined
      case 'wait': return this.random() < 0.2 ? {} : undefined
      default: return me && {}
    }
  }

  async act(who) {
    const { id } = this.oneOf(this.orders)
    const seen = await this.insist(who, 'GET', `/orders/${id}`)
    if (seen.status === 404) return this.count('not theirs')
    assert.equal(seen.status, 200, JSON.stringify(seen.body))
    if (seen.body.clocks.some(({ escalated }) => escalated > 0)) this.escalated.add(id)
    const possible = seen.body.actions.flatMap((action) => {
      const more = this.arguments_of(action, seen.body, who)
      return more ? [{ action, more }] : []
    })
    // What moves the order is done more often than what may be done in any state.
    const steps = possible.filter(({ action }) => !['note', 'chase', 'hand_over', 'wait', 'ask_extension', 'add_co_handler', 'record_condition'].includes(action))
    const pool = steps.length > 0 && this.random() < 0.6 ? steps : possible
    if (pool.length === 0) return this.count('nothing to do')
    const { action, more } = this.oneOf(pool)
    await wait(this.random() * 100) // they look before they act
    const token = `storm-${String(++this.sent).padStart(6, '0')}`
    const version = this.random() < 0.5 ? seen.body.order.version : undefined
    const command = { command_id: token, action, text: `〔${token}〕`, ...(version === undefined ? {} : { version }), ...more }
    const at = `/orders/${id}/actions`
    const twice = this.random() < 0.1
    const answers = await Promise.all([this.insist(who, 'POST', at, command), ...(twice ? [this.insist(who, 'POST', at, command)] : [])])
    for (const { status, body } of answers) assert.ok(status === 200 || refusals.has(status), `${action}: ${status} ${JSON.stringify(body)}`)
    // Of two at the same moment one may be refused for what the other has just done, never both accepted as two.
    const done = answers.find(({ status }) => status === 200)
    const { status, body, tries } = done ?? answers[0]
    const code = status === 200 ? undefined : body.error.code
    this.acts.push({ token, order: id, action, version, status, code, by: who.me.agent.id })
    if (code === 'bad_request') throw new Error(`${action}: ${JSON.stringify(body)} for ${JSON.stringify(command)}`)
    if (tries > 1) this.count('sent again')
    this.count(status === 200 ? (tries > 1 ? 'done after an interruption' : 'done') : code)
  }

  /** Until the server has commands to do; false when none came for so long. */
  async busy(limit_ms) {
    for (const end = performance.now() + limit_ms; this.underWay === 0 && this.problems.length === 0;) {
      if (performance.now() > end) return false
      await wait(1)
    }
    return true
  }

  async make(who) {
    const token = `storm-${String(++this.sent).padStart(6, '0')}`
    const { status, body } = await this.insist(who, 'POST', '/orders', { command_id: token, type: 'enquiry_follow_up', title: `〔${token}〕`, fields: { subject: 'other' } })
    assert.equal(status, 201, JSON.stringify(body))
    this.made.push({ token, id: body.order.id, number: body.order.number })
    this.count('made')
  }

  /** `clients` at once until `enough()`; `making`: the share that makes new orders. */
  async blow(clients, enough, making = 0) {
    const client = async (number) => {
      while (!enough() && this.problems.length === 0) {
        const who = this.people[(number + Math.floor(this.random() * this.people.length)) % this.people.length]
        try {
          await wait(this.random() * 100)
          await (this.random() < making && who.hotline ? this.make(who) : this.act(who))
        } catch (error) {
          this.problems.push(error)
        }
      }
    }
    await Promise.all(Array.from({ length: clients }, (_, i) => client(i)))
    if (this.problems.length > 0) throw this.problems[0]
  }

  /** Every history against every answer. Returns figures. */
  async compare(who) {
    const lines = new Map() // token -> [{order, seq}]
    const figures = { orders: this.orders.length, lines: 0, acknowledged: 0, refused: 0, escalations: 0, warnings: 0 }
    const stories = new Map()
    for (const { id } of this.orders) {
      const { body } = await this.insist(who, 'GET', `/orders/${id}`)
      stories.set(id, body.story)
      assert.deepEqual(body.story.map(({ seq }) => seq), body.story.map((_, i) => i + 1), 'no line is missing or there twice')
      assert.equal(body.story.length, body.order.version)
      figures.lines += body.story.length
      for (const { seq, text } of body.story) {
        const token = text?.match(/〔(storm-\d+)〕/)?.[1]
        if (token) lines.set(token, [...(lines.get(token) ?? []), { order: id, seq }])
      }
      figures.escalations += this.checkEscalations(body)
      figures.warnings += body.story.filter(({ action }) => action === 'warn').length
    }
    for (const { token, order, action, version, status } of this.acts) {
      const found = lines.get(token) ?? []
      lines.delete(token)
      if (status !== 200) {
        figures.refused++
        assert.deepEqual(found, [], `${token} (${action}) was refused with ${status}, and is in a history`)
        continue
      }
      figures.acknowledged++
      assert.equal(found.length, 1, `${token} (${action}) was acknowledged, and stands ${found.length} times in histories`)
      assert.equal(found[0].order, order)
      if (version === undefined) continue
      // Nobody came between what they saw and what they did: only what time itself had to say.
      const between = stories.get(order).filter(({ seq }) => seq > version && seq < found[0].seq)
      assert.deepEqual(between.filter(({ by_id }) => by_id), [], `${token} (${action}) overwrote what it had not seen`)
    }
    assert.deepEqual([...lines.keys()], [], 'histories have what nobody was answered')
    assert.equal(new Set(this.made.map(({ id }) => id)).size, this.made.length)
    assert.equal(new Set(this.made.map(({ number }) => number)).size, this.made.length, 'numbers are given once')
    return figures
  }

  /** Of each clock since it began: the first escalation, the second, ... never one twice. */
  checkEscalations({ order, story }) {
    const last = new Map()
    let count = 0
    let moved = 0
    for (const { seq, action, clock, number, state } of story) {
      if (state || action === 'approve_extension') moved = seq
      if (action !== 'escalate') continue
      ++count
      const before = last.get(clock) ?? { number: 0, seq: 0 }
      const next = number === before.number + 1 || (number === 1 && moved > before.seq)
      assert.ok(next, `order ${order.number}: line ${seq} is escalation ${number} of ${clock} after ${before.number}`)
      last.set(clock, { number, seq })
    }
    return count
  }

  /** Orders that were made are there, each once. */
  async compareMade(who) {
    const found = new Map()
    for (let before; ;) {
      const { body } = await this.insist(who, 'GET', `/orders?type=enquiry_follow_up&limit=200${before ? `&before_id=${before}` : ''}`)
      for (const { id, title } of body.items) found.set(title, [...(found.get(title) ?? []), id])
      if (body.items.length < 200) break
      before = body.items.at(-1).id
    }
    for (const { token, id } of this.made) assert.deepEqual(found.get(`〔${token}〕`), [id], `${token} was made once`)
    assert.equal([...found.keys()].filter((title) => title.startsWith('〔storm')).length, this.made.length, 'nothing was made that nobody was answered')
  }

  close() {
    this.agent.destroy()
  }
}
