// SPDX-License-Identifier: Apache-2.0
// Goal: days in the filters are whole days here, whatever is in the address.
import { expect, test } from 'vitest'
import { dayMs, dayText, nextDayMs, startOfDayMs } from '@/features/contacts/day'
import { shortcutName } from '@/composables/useShortcuts'
import { dropDraft, emptyDraft, loadDraft, saveDraft } from '@/features/desk/drafts'

test('a day goes there and back', () => {
  const day = dayMs('2026-02-28')!
  expect(dayText(day)).toBe('2026-02-28')
  expect(startOfDayMs(day + 5 * 3600_000)).toBe(day)
  expect(dayText(nextDayMs(day))).toBe('2026-03-01')
})

test.each(['2026-02-30', '2026-13-01', 'today', ''])('%s is no day', (text) => expect(dayMs(text)).toBeNull())

test('keys have one name on every system', () => {
  const key = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }
  expect(shortcutName({ ...key, key: 'F2', shiftKey: true })).toBe('Shift+F2')
  expect(shortcutName({ ...key, key: '?', shiftKey: true })).toBe('?')
  expect(shortcutName({ ...key, key: 'Enter', metaKey: true })).toBe('Ctrl+Enter')
})

test('a draft survives until it is dropped, and damage is no harm', () => {
  saveDraft('7', { ...emptyDraft(), note: 'half a sentence' })
  expect(loadDraft('7').note).toBe('half a sentence')
  dropDraft('7')
  expect(loadDraft('7')).toEqual(emptyDraft())
  sessionStorage.setItem('hotline.draft.8', '{')
  expect(loadDraft('8')).toEqual(emptyDraft())
})
