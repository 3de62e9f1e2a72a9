// SPDX-License-Identifier: Apache-2.0
// Goal: a forecast is read as people write it, wrong ones are named with their line; the planner asks for what the form
// says, shows what came, and says why it refuses.
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'
import type { Plan, PlanResult } from '@/api/types'
import { csvOf, exampleForecast, ForecastProblem, joinIntervals, parseForecast } from '@/features/planner/forecast'
import { daysFor, levelAgainst, obstacle, requestOf, usualForm } from '@/features/planner/plan'
import PlannerPage from '@/features/planner/PlannerPage.vue'
import { i18n, setLanguage } from '@/i18n'
import { useSession } from '@/stores/session'
import { json, stubSockets } from '../fakes'

const id = (name: string) => `[data-testid="${name}"]`

test('days of a file are averaged, and the interval is told by its times', () => {
  const read = parseForecast('datetime,calls\n2003-03-03T07:00:00,100\n2003-03-03T07:05:00,50\r\n2003-03-04T07:00:00,200\n2003-03-04T07:05:00,70\n')
  expect(read).toEqual({ interval_ms: 300_000, rows: [{ time: '07:00', calls: 150, agents: 0 }, { time: '07:05', calls: 60, agents: 0 }] })
})

test('agents, no heading, cells of a spreadsheet, any order, empty lines', () => {
  expect(parseForecast('9:30\t140\t16\n\n9:00\t120\t14\n').rows).toEqual([{ time: '09:00', calls: 120, agents: 14 }, { time: '09:30', calls: 140, agents: 16 }])
  expect(parseForecast('\uFEFF09:00;12.5;').rows).toEqual([{ time: '09:00', calls: 12.5, agents: 0 }])
})

test.each([
  ['time,calls\n', 'no_rows', 0], ['', 'no_rows', 0], ['time,calls\n09:00,-3\n', 'no_number', 2], ['time,calls\n09:00,many', 'no_number', 2],
  ['time,calls\n09:00,1,2,3', 'no_number', 2], ['time,calls\n25:00,3', 'no_time', 2], ['time,calls\n09:00,1\nnine,2', 'no_time', 3], ['t\n09:00,', 'no_number', 2],
  [`t\n${Array.from({ length: 289 }, (_, i) => `${Math.floor(i / 60)}:${String(i % 60).padStart(2, '0')},1`).join('\n')}`, 'too_many', 0],
])('%j is refused', (text, why, line) => {
  try {
    parseForecast(text)
    expect.unreachable()
  } catch (cause) {
    expect(cause).toBeInstanceOf(ForecastProblem)
    expect(cause).toMatchObject({ why, line })
  }
})

test('intervals are joined: calls add up, the most agents count', () => {
  const joined = joinIntervals({ interval_ms: 300_000, rows: [{ time: '07:25', calls: 1, agents: 2 }, { time: '07:30', calls: 10, agents: 3 }, { time: '07:35', calls: 20.5, agents: 5 }] }, 1_800_000)
  expect(joined).toEqual({ interval_ms: 1_800_000, rows: [{ time: '07:00', calls: 1, agents: 2 }, { time: '07:30', calls: 30.5, agents: 5 }] })
  expect(joinIntervals(joined, 300_000)).toBe(joined)
})

test('as many days as the limit on calls allows', () => {
  const forecast = { interval_ms: 1_800_000, rows: [{ time: '', calls: 90_000, agents: 0 }] }
  expect(daysFor(forecast, 20)).toBe(11)
  expect(daysFor(exampleForecast(), 20)).toBe(20)
  expect(daysFor({ ...forecast, rows: [] }, 500)).toBe(200)
})

test('what keeps a plan from being asked for', () => {
  const forecast = exampleForecast()
  expect(obstacle(usualForm(), forecast)).toBeNull()
  expect(obstacle(usualForm(), { ...forecast, rows: [] })).toBe('no_calls')
  const nobody = { ...forecast, rows: forecast.rows.map((row) => ({ ...row, agents: 0 })) }
  expect(obstacle(usualForm(), nobody)).toBeNull()
  expect(obstacle({ ...usualForm(), by_goal: false }, nobody)).toBe('no_agents')
})

test('the request has milliseconds and shares, and agents only where they are given', () => {
  const forecast = { interval_ms: 900_000, rows: [{ time: '09:00', calls: 50, agents: 7 }] }
  expect(requestOf({ ...usualForm(), talk_s: 200.5 }, forecast)).toMatchObject({ handling_ms: 200_500, goal: 0.8, blocking: 0.01, interval_ms: 900_000, rows: [{ agents: 0 }] })
  expect(requestOf({ ...usualForm(), by_goal: false }, forecast)).toMatchObject({ goal: null, rows: [{ time: '09:00', calls: 50, agents: 7 }] })
})

test.each([[0.8, null, 'good'], [0.79, null, 'good'], [0.72, null, 'warn'], [0.6, null, 'bad'], [0.8, 0.95, 'bad']])('a level of %s against %s is %s', (level, goal, tone) => expect(levelAgainst(level, goal)).toBe(tone))

test('cells with commas and quotes are quoted', () => expect(csvOf(['a', 'b'], [['x,"y"', 1]])).toBe('a,b\n"x,""y""",1\n'))

const figures = { service_level: 0.83, abandoned: 0.021, occupancy: 0.78, mean_wait_s: 9.5 }
const answer: PlanResult = {
  rows: [{ time: '09:00', calls: 120, agents: 14, simulated: figures, erlang_a: figures, erlang_c: { ...figures, mean_wait_s: null }, trunks_busy: 20.2, trunks: 31 }],
  day: figures, trunks: 31, trunks_max: 44,
}

function open(role: 'agent' | 'supervisor') {
  stubSockets()
  setLanguage('en')
  const pinia = createPinia()
  setActivePinia(pinia)
  useSession().role = role
  return mount(PlannerPage, { global: { plugins: [pinia, i18n], stubs: { PlanChart: true } } })
}

test('a pasted forecast is computed and shown', async () => {
  const page = open('supervisor')
  vi.mocked(fetch).mockResolvedValue(json(answer))
  await page.find(id('forecast-paste')).trigger('click')
  await page.find(id('forecast-text')).setValue('time,calls\n09:00,oops')
  await page.find(id('forecast-take')).trigger('click')
  expect(page.find(id('forecast-problem')).text()).toContain('Line 2')
  await page.find(id('forecast-text')).setValue('time,calls\n09:00,120')
  await page.find(id('forecast-take')).trigger('click')
  expect(page.find(id('forecast-problem')).exists()).toBe(false)
  await page.find(id('forecast-calls-0')).setValue('121')
  await page.find(id('plan-goal')).setValue(90)
  await page.find('form.side').trigger('submit')
  await flushPromises()
  const sent = JSON.parse(String(vi.mocked(fetch).mock.calls[0]![1]!.body)) as Plan
  expect(sent).toMatchObject({ goal: 0.9, rows: [{ time: '09:00', calls: 121, agents: 0 }] })
  expect(page.find(id('day-level')).text()).toBe('83%')
  expect(page.find(`${id('plan-row-0')} [data-field=trunks]`).text()).toBe('31')
  expect(page.find(id('plan-row-0')).text()).toContain('endless')
  page.unmount()
})

test('a second plan at once is refused in words', async () => {
  const page = open('supervisor')
  vi.mocked(fetch).mockResolvedValue(json({ error: { code: 'plan_running', message: '' } }, 429))
  await page.find('form.side').trigger('submit')
  await flushPromises()
  expect(page.find(id('plan-problem')).text()).toContain('still being computed')
  page.unmount()
})

test('agents are told that it is not for them', () => {
  const page = open('agent')
  expect(page.text()).toContain('You may not do this.')
  expect(page.find(id('plan-compute')).exists()).toBe(false)
  page.unmount()
})
