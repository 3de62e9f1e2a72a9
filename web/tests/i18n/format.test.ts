// SPDX-License-Identifier: Apache-2.0
// Goal: durations, numbers and names read as the reader expects.
import { expect, test } from 'vitest'
import { clockText, nameIn, phoneText } from '@/i18n/format'

test.each([[0, '0:00'], [999, '0:00'], [65_000, '1:05'], [3_665_000, '1:01:05'], [-5, '0:00'], [null, '0:00']])('%s ms runs as %s', (ms, text) => {
  expect(clockText(ms)).toBe(text)
})

test.each([
  ['13806041234', '138 0604 1234'], ['2087654', '208 7654'], ['02087654321', '020 8765 4321'], ['05922087654', '0592 208 7654'], ['1000', '1000'], ['', ''], ['+8613806041234', '+8613806041234'],
])('%s is written %s', (number, text) => expect(phoneText(number)).toBe(text))

test('a name falls back to the nearest script, then English, then anything', () => {
  expect(nameIn({ en: 'Bills', 'zh-Hans': '话费' }, 'zh-Hant')).toBe('话费')
  expect(nameIn({ en: 'Bills' }, 'zh-Hans')).toBe('Bills')
  expect(nameIn({ fr: 'Factures' }, 'en')).toBe('Factures')
  expect(nameIn(null, 'en', 'code')).toBe('code')
})
