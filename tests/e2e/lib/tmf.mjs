// SPDX-License-Identifier: Apache-2.0
// TM Forum's swagger files (2.0) as a check of answers: the schema of the operation's answer, and besides no member that
// neither the file nor docs/tmf.md has.
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from './server.mjs'

const require = createRequire(path.join(root, 'web/package.json'))
const Ajv = require('ajv').default
const addFormats = require('ajv-formats').default

/** The files lie beside the source tree; without them there is nothing to compare with. */
export const folder = path.resolve(root, '../shared/tmf')
export const files = {
  troubleTicket: 'TMF621_Trouble_Ticket_Management_API_v4.0.0_swagger.json',
  workOrder: 'TMF697-WorkOrder-v4.0.0.swagger.json',
  appointment: 'TMF646_Appointment_Management_API_v4.0.0_swagger.json',
  partyInteraction: 'TMF683_Party_Interaction_Management_API_v4.0.0_swagger.json',
  event: 'TMF688-Event-v4.0.0.swagger.json',
}
export const available = Object.values(files).every((file) => fs.existsSync(path.join(folder, file)))

/** Our own members, as docs/tmf.md lists them. */
const extensions = {
  TroubleTicket: ['number', 'satisfaction', 'troubleTicketCharacteristic'],
  WorkOrder: ['number', 'satisfaction'],
  Appointment: ['hotlineState'],
  PartyInteraction: ['outcome', 'result'],
  Hub: ['failedAttempts', 'lastTrouble'],
}

export class Swagger {
  constructor(api) {
    this.document = JSON.parse(fs.readFileSync(path.join(folder, files[api]), 'utf8'))
    this.base = this.document.basePath.replace(/\/$/, '')
    this.ajv = new Ajv({ allErrors: true, strict: false })
    addFormats(this.ajv)
    for (const format of ['float', 'base64']) this.ajv.addFormat(format, true)
    const definitions = {}
    for (const [name, schema] of Object.entries(this.document.definitions)) {
      definitions[name] = structuredClone(schema)
      if (!schema.properties) continue
      for (const extra of extensions[name] ?? []) definitions[name].properties[extra] = {}
      definitions[name].additionalProperties = false
    }
    this.ajv.addSchema({ $id: api, definitions })
    this.api = api
    /** "GET /troubleTicket/{id}" -> its answers by status; the server's part alone */
    this.operations = new Map()
    for (const [at, methods] of Object.entries(this.document.paths)) {
      if (at.startsWith('/listener/')) continue
      for (const [method, operation] of Object.entries(methods)) this.operations.set(`${method.toUpperCase()} ${at}`, operation.responses)
    }
  }

  check(schema, value) {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', `"${this.api}#/definitions/`))
    const validate = this.ajv.compile(absolute)
    return validate(value) ? [] : validate.errors.map((error) => `${error.instancePath || 'body'} ${error.message} ${JSON.stringify(error.params)}`)
  }
  definition(name, value) {
    return this.check({ $ref: `#/definitions/${name}` }, value)
  }

  /** What is wrong with an answer to an operation; empty when nothing is. */
  problems(operation, status, headers, body) {
    const responses = this.operations.get(operation)
    if (!responses) return [`there is no operation ${operation}`]
    // What any server may answer besides has TM Forum's error body too.
    const response = responses[status] ?? ([404, 405, 413, 429, 503, 504].includes(status) ? { schema: { $ref: '#/definitions/Error' } } : undefined)
    if (!response) return [`status ${status} is not described`]
    if (!response.schema) return body === undefined ? [] : ['a body where none is described']
    const problems = []
    if (!/^application\/json;charset=utf-8$/.test(headers.get('content-type') ?? '')) problems.push(`content type ${headers.get('content-type')}`)
    for (const name of Object.keys(response.headers ?? {})) if (!/^\d+$/.test(headers.get(name) ?? '')) problems.push(`${name} is ${headers.get(name)}`)
    problems.push(...this.check(response.schema, body))
    if (status >= 400 && body?.status !== String(status)) problems.push(`the body's status is ${body?.status}`)
    return problems
  }
}

/** Somebody who listens to events. `answer`: what it says to each; 0: it hangs up without a word. */
export class Listener {
  static async open(t, answer = 201) {
    const listener = new Listener()
    Object.assign(listener, { answer, events: [], attempts: 0 })
    listener.server = http.createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => (text += chunk))
      request.on('end', () => {
        listener.attempts++
        if (listener.answer === 0) return request.socket.destroy()
        if (listener.answer < 300) listener.events.push({ at: request.url, type: request.headers['content-type'], event: JSON.parse(text) })
        response.writeHead(listener.answer).end()
      })
    })
    await listener.listen(0)
    t.after(() => listener.close())
    return listener
  }
  listen(port) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port
        resolve()
      })
    })
  }
  close() {
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(resolve))
  }
  get url() {
    return `http://127.0.0.1:${this.port}/outside`
  }
  /** Types of the events about one thing, each event once however often it came. */
  about(id) {
    const seen = new Map()
    for (const { event } of this.events) if (Object.values(event.event).some((one) => one.id === id)) seen.set(event.eventId, event.eventType)
    return [...seen.values()]
  }
}

/** A client of these APIs: the session's token as a bearer token, as a program uses it. */
export class Client {
  constructor(hotline, session) {
    this.hotline = hotline
    this.token = session.cookie.split('=')[1]
    this.agent = session.me.agent
  }
  async ask(method, at, { body, raw, headers = {}, token = this.token } = {}) {
    const answer = await fetch(at.startsWith('http') ? at : `${this.hotline.url}${at}`, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body !== undefined || raw !== undefined ? { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' } : {}), ...headers },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined }
  }
}
