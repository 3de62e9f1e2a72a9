// SPDX-License-Identifier: Apache-2.0
// Reads openapi.yaml and checks answers against it, stricter than the standard asks: a member that is not described is an
// error, so that the description cannot fall behind.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root } from './server.mjs'

const require = createRequire(path.join(root, 'web/package.json'))
const YAML = require('yaml')
const Ajv = require('ajv').default
const addFormats = require('ajv-formats').default

export const descriptionFile = path.join(root, 'src/adapters/api/openapi.yaml')

/** OpenAPI 3.0's dialect as JSON Schema: references put in place, allOf merged, nullable spelt out, nothing extra allowed. */
function toJsonSchema(schema, document) {
  if (schema.$ref) return toJsonSchema(resolve(schema.$ref, document), document)
  if (schema.allOf) {
    const { allOf, ...rest } = schema
    const merged = { properties: {}, required: [] }
    for (const part of [...allOf.map((one) => (one.$ref ? resolve(one.$ref, document) : one)), rest]) {
      Object.assign(merged, part, { properties: { ...merged.properties, ...part.properties }, required: [...merged.required, ...(part.required ?? [])] })
    }
    if (merged.type !== 'object') {
      delete merged.properties
      delete merged.required
    }
    return toJsonSchema(merged, document)
  }
  const out = { ...schema }
  for (const note of ['nullable', 'description', 'example', 'default']) delete out[note]
  if (schema.properties) {
    out.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, value]) => [name, toJsonSchema(value, document)]))
    out.additionalProperties ??= false
  }
  if (schema.items) out.items = toJsonSchema(schema.items, document)
  if (typeof schema.additionalProperties === 'object') out.additionalProperties = toJsonSchema(schema.additionalProperties, document)
  return schema.nullable ? { anyOf: [out, { type: 'null' }] } : out
}

function resolve(reference, document) {
  return reference.slice(2).split('/').reduce((value, key) => value[key], document)
}

export class Description {
  constructor(file = descriptionFile) {
    this.text = fs.readFileSync(file, 'utf8')
    this.document = YAML.parse(this.text, { merge: true })
    this.ajv = new Ajv({ allErrors: true, strict: true })
    addFormats(this.ajv)
    this.ajv.addFormat('int64', { type: 'number', validate: Number.isInteger })
    this.ajv.addFormat('binary', true)
    this.operations = new Map()
    for (const [at, item] of Object.entries(this.document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const responses = new Map()
        for (const [status, response] of Object.entries(operation.responses)) {
          const whole = response.$ref ? resolve(response.$ref, this.document) : response
          const [type, body] = Object.entries(whole.content ?? {})[0] ?? []
          responses.set(Number(status), { type, validate: body && type.includes('json') ? this.ajv.compile(toJsonSchema(body.schema, this.document)) : undefined })
        }
        this.operations.set(operation.operationId, { method: method.toUpperCase(), at, open: operation.security?.length === 0, changes: method !== 'get', responses })
      }
    }
  }

  /** What is wrong with this answer to `operationId`; empty when nothing is. */
  problems(operationId, status, contentType, body) {
    const described = this.operations.get(operationId).responses.get(status)
    if (!described) return [`status ${status} is not described: ${JSON.stringify(body)}`]
    if (!described.type) return body ? [`a body where none is described: ${JSON.stringify(body)}`] : []
    if (!contentType.startsWith(described.type)) return [`content type ${contentType}, described is ${described.type}`]
    if (!described.validate || described.validate(body)) return []
    return described.validate.errors.map((error) => `${status} ${error.instancePath || 'body'} ${error.message} ${JSON.stringify(error.params)}`)
  }
}
