// SPDX-License-Identifier: Apache-2.0
// Goal: nobody ever sees a raw key or another language's words: the three languages have the same keys and placeholders,
// every key used in the source exists, and no key is left that nothing uses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { i18n, LANGUAGES, languageFor } from '@/i18n'

type Tree = { [key: string]: string | Tree }
const source_root = join(__dirname, '../../src')

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') flat.set(prefix + key, value)
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) flat.set(inner, text)
  }
  return flat
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [readFileSync(path, 'utf8')] : []
  })
}

const messages = Object.fromEntries(LANGUAGES.map((language) => [language, flatten(i18n.global.messages.value[language] as Tree)]))
const en = messages.en!
const text = sources(source_root).join('\n')
const literal = new Set([...text.matchAll(/'([a-z_]+\.[a-zA-Z_0-9]+)'/g)].map((match) => match[1]!))
const prefixes = new Set([
  ...[...text.matchAll(/`([a-z_]+)\.\$\{/g)].map((match) => match[1]!),
  ...[...text.matchAll(/code\('([a-z_]+)'/g)].map((match) => match[1]!),
])

test.each(['zh-Hans', 'zh-Hant'])('%s has exactly the keys of English', (language) => {
  expect([...messages[language]!.keys()].sort()).toEqual([...en.keys()].sort())
})

test.each(['zh-Hans', 'zh-Hant'])('%s has the placeholders of English', (language) => {
  const placeholders = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
  for (const [key, message] of en) expect(placeholders(messages[language]!.get(key) ?? ''), key).toEqual(placeholders(message))
})

test('every key the source names exists', () => {
  const used = [...text.matchAll(/\bt\('([\w.]+)'/g)].map((match) => match[1]!)
  expect(used.length).toBeGreaterThan(100)
  expect(used.filter((key) => !en.has(key))).toEqual([])
  for (const prefix of prefixes) expect([...en.keys()].some((key) => key.startsWith(`${prefix}.`)), prefix).toBe(true)
})

test('no key is unused', () => {
  const unused = [...en.keys()].filter((key) => !literal.has(key) && !prefixes.has(key.split('.')[0]!))
  expect(unused).toEqual([])
})

test('every state and outcome of the contract has a word', () => {
  const groups: Record<string, string[]> = {
    state: ['signed_out', 'ready', 'paused', 'offered', 'busy', 'wrap_up', 'unavailable'],
    call_state: ['ivr', 'queued', 'offered', 'connecting', 'dialing', 'talking', 'held', 'consulting', 'conference', 'transferring', 'ended'],
    outcome: ['live', 'self_service', 'answered', 'abandoned', 'short_abandoned', 'called_back', 'refused', 'lost', 'not_reached'],
    consult: ['queued', 'ringing', 'connecting', 'connected', 'music'],
    quality: ['good', 'fair', 'poor', 'bad', 'unknown'],
    role: ['agent', 'supervisor', 'admin'],
    legs: ['customer', 'agent', 'external', 'sip', 'browser'],
    idle: ['ready', 'paused', 'offered', 'busy', 'wrap_up', 'unavailable', 'signed_out'].flatMap((state) => [state, `${state}_hint`]),
    error: ['mic_denied', 'mic_missing', 'mic_busy', 'mic_insecure', 'mic_failed', 'network', 'offline', 'timeout', 'unknown'],
    customer_call: ['microphone', 'calling', 'ringing', 'answered'],
    connection: ['stopped', 'connecting', 'online', 'offline'],
  }
  for (const [group, names] of Object.entries(groups)) for (const name of names) expect(en.has(`${group}.${name}`), `${group}.${name}`).toBe(true)
})

test('no simplified character stands in the traditional texts', () => {
  const simplified = /[户务联录话来队转状态应结为这时间开关处语线听断钟总数据显]/
  const mixed = [...messages['zh-Hant']!].filter(([key, message]) => simplified.test(message) && !key.startsWith('spoken.')).map(([key]) => key)
  expect(mixed).toEqual([])
})

test.each([
  [['zh-CN', 'en'], 'zh-Hans'], [['zh-HK'], 'zh-Hant'], [['zh-TW', 'en'], 'zh-Hant'], [['zh'], 'zh-Hans'], [['fr', 'en-US'], 'en'], [['fr'], 'en'], [[], 'en'],
])('a browser that prefers %j gets %s', (tags, language) => expect(languageFor(tags)).toBe(language))
