// SPDX-License-Identifier: Apache-2.0
// Goal: the board's computed figures and colours are right.
import { expect, test } from 'vitest'
import { levelTone, newlyRinging, runningWait, toneOf, totals, waitTone } from '@/features/wallboard/figures'
import { addPoint, span, type TrendPoint } from '@/features/wallboard/useTrend'
import { board } from '../fakes'

test.each([[0.8, 'good'], [0.799, 'warn'], [0.7, 'warn'], [0.69, 'bad'], [null, 'plain']])('a level of %s is %s', (level, tone) => expect(levelTone(level)).toBe(tone))
test.each([[0, 'plain'], [20_000, 'plain'], [21_000, 'warn'], [60_000, 'warn'], [61_000, 'bad']])('a wait of %s ms is %s', (wait, tone) => expect(waitTone(wait, 20)).toBe(tone))

test('the longest wait runs on between pushes, but only while somebody waits', () => {
  expect(runningWait({ waiting: 1, longest_wait_ms: 5000 }, 1000, 3500)).toBe(7500)
  expect(runningWait({ waiting: 0, longest_wait_ms: 5000 }, 1000, 3500)).toBe(0)
  expect(runningWait({ waiting: 1, longest_wait_ms: 5000 }, 4000, 3500)).toBe(5000)
})

test('the overall service level weighs queues by their calls', () => {
  const [queue] = board().queues
  const sum = totals(board({ queues: [queue!, { ...queue!, id: '2', code: 'b', answered: 90, abandoned: 0, service_level: 1, waiting: 0 }, { ...queue!, id: '3', code: 'c', answered: 0, abandoned: 0, service_level: null }] }), 100_000)
  expect(sum.level).toBeCloseTo((0.8 * 10 + 90) / 100)
  expect(sum.waiting).toBe(2)
  expect(totals(board({ queues: [] }), 0).level).toBeNull()
})

test('the trend keeps one point every five seconds, half an hour long', () => {
  let points: TrendPoint[] = []
  for (let second = 0; second < 4000; second++) points = addPoint(points, board({ at_ms: second * 1000 }))
  expect(points).toHaveLength(360)
  expect(points[1]!.at_ms - points[0]!.at_ms).toBe(5000)
  expect(points[0]).toMatchObject({ waiting: 1, talking: 2 })
})

test('the axis begins at the first point and is five minutes wide at least', () => {
  const at = (...times: number[]): TrendPoint[] => times.map((at_ms) => ({ at_ms, waiting: 0, talking: 0 }))
  expect(span([], 1_000)).toEqual({ min: 1_000, max: 301_000 })
  expect(span(at(1_000), 2_000)).toEqual({ min: 1_000, max: 301_000 })
  expect(span(at(1_000, 901_000), 902_000)).toEqual({ min: 1_000, max: 901_000 })
})

test('the colours are the limits set at the server, where it has any', () => {
  expect(toneOf({ waiting: 'bad' }, 'waiting', 'plain')).toBe('bad')
  expect(toneOf({}, 'waiting', 'bad')).toBe('plain')
  expect(toneOf(undefined, 'waiting', 'warn')).toBe('warn')
})

test('an alarm rings once when it begins, and again when it comes back', () => {
  const alarm = { kind: 'queue', scope: 'general', figure: 'waiting', tone: 'bad', value: 9, limit: 5, ring: true } as const
  expect(newlyRinging([], [alarm])).toBe(true)
  expect(newlyRinging([alarm], [{ ...alarm, value: 12 }])).toBe(false)
  expect(newlyRinging([alarm], [])).toBe(false)
  expect(newlyRinging([], [{ ...alarm, ring: false }])).toBe(false)
})
