// SPDX-License-Identifier: Apache-2.0
// The capacity planner in real Chromium: a forecast file is read and computed on the server, for a goal and for a given
// staff; the table, the chart and the API say the same; it is for supervisors. SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'

const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`), fullPage: true })
const text = async (page, testId) => (await id(page, testId).textContent()).trim()
const percent = async (page, testId) => Number((await text(page, testId)).replace(/[^\d.]/g, ''))

/** Two days from eight to twelve in intervals of five minutes; the mean of both is 60 calls in half an hour. */
function forecastFile() {
  const lines = ['datetime,calls']
  for (const [day, calls] of [['2003-03-03', 8], ['2003-03-04', 12]])
    for (let minute = 8 * 60; minute < 12 * 60; minute += 5)
      lines.push(`${day}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00,${calls}`)
  return lines.join('\n')
}

test('the capacity planner', { timeout: 60_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  const problems = []
  const page = await openPage(browser, `${hotline.url}/desk`, { problems })
  await signInDesk(page, '8901', hotline.accounts.supervisors)

  await t.test('agents for a goal, from a file', async () => {
    await id(page, 'nav-management').click()
    await id(page, 'nav-planner').click()
    await id(page, 'forecast-file').setInputFiles({ name: 'calls.csv', mimeType: 'text/csv', buffer: Buffer.from(forecastFile()) })
    await until('the file is read', async () => (await text(page, 'forecast-sum')).includes('48'))
    await id(page, 'forecast-interval').selectOption('30')
    await until('the intervals are joined', async () => (await id(page, 'forecast-table').locator('tbody tr').count()) === 8)
    assert.equal(await id(page, 'forecast-calls-0').inputValue(), '60')
    await id(page, 'plan-compute').click()
    await id(page, 'plan-table').waitFor()
    assert.equal(await id(page, 'plan-table').locator('tbody tr').count(), 8)
    const level = await percent(page, 'day-level')
    assert.ok(level > 70 && level <= 100, `service level ${level} %`)
    await until('the chart is drawn', () => page.evaluate(() => {
      const canvas = document.querySelector('[data-testid=plan-chart] canvas')
      const data = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
      return !!data && new Set(new Uint32Array(data.buffer)).size > 20
    }))
    await shot(page, 'planner-goal')
  })

  await t.test('what the page shows is what the API says', async () => {
    const supervisor = await hotline.signIn('8901')
    const rows = Array.from({ length: 8 }, (_, i) => ({ time: `${String(8 + Math.floor(i / 2)).padStart(2, '0')}:${i % 2 ? '30' : '00'}`, calls: 60, agents: 0 }))
    const answer = await fetch(`${hotline.url}/api/v1/plans`, {
      method: 'POST', headers: { cookie: supervisor.cookie, 'x-csrf-token': supervisor.me.csrf_token, 'content-type': 'application/json' },
      body: JSON.stringify({ rows, goal: 0.8 }),
    })
    assert.equal(answer.status, 200)
    const plan = await answer.json()
    assert.equal(plan.rows[0].time, '08:00')
    for (const [index, row] of plan.rows.entries()) {
      const shown = id(page, `plan-row-${index}`)
      assert.equal(await shown.locator('[data-field=agents]').textContent(), String(row.agents))
      assert.equal(await shown.locator('[data-field=trunks]').textContent(), String(row.trunks))
      assert.equal(await shown.locator('[data-field=level]').textContent(), `${Math.round(row.simulated.service_level * 100)}%`)
    }
    // 60 calls of 210 s in half an hour are 7 erlangs; the textbook's agents for them are a few more.
    assert.ok(plan.rows[0].agents > 7 && plan.rows[0].agents < 13, `${plan.rows[0].agents} agents`)
    assert.ok(Math.abs(plan.day.service_level - plan.rows[4].erlang_a.service_level) < 0.1)
  })

  await t.test('too few agents are shown as such', async () => {
    await id(page, 'plan-by-staff').click()
    assert.equal(await id(page, 'plan-compute').isDisabled(), true, 'a forecast without agents can be computed')
    for (let row = 0; row < 8; ++row) await id(page, `forecast-agents-${row}`).fill('6')
    await id(page, 'plan-compute').click()
    await until('the new plan is shown', async () => (await id(page, 'plan-row-0').locator('[data-field=agents]').textContent()) === '6')
    assert.ok(await percent(page, 'day-level') < 60)
    assert.match(await id(page, 'plan-row-7').locator('[data-field=level]').getAttribute('class'), /bad/)
    await shot(page, 'planner-staff')
  })

  await t.test('a wrong file is refused with its line', async () => {
    await id(page, 'forecast-file').setInputFiles({ name: 'calls.csv', mimeType: 'text/csv', buffer: Buffer.from('time,calls\n08:00,12\n08:30,twelve\n') })
    await id(page, 'forecast-problem').waitFor()
    assert.match(await text(page, 'forecast-problem'), /3/)
    assert.equal(await id(page, 'forecast-table').locator('tbody tr').count(), 8, 'the forecast before it is gone')
  })

  await t.test('three languages', async () => {
    const titles = new Set()
    for (const language of ['zh-Hans', 'zh-Hant', 'en']) {
      await id(page, 'language').selectOption(language)
      await until(`the page is ${language}`, async () => (await page.getAttribute('html', 'lang')) === language)
      titles.add(await page.locator('h1').first().textContent())
      assert.doesNotMatch(await page.locator('body').innerText(), /\b[a-z_]+\.[a-z_]+\.[a-z_]+\b|\{\w+\}|undefined|NaN/, `${language}: a text is missing`)
      await shot(page, `planner-${language}`)
    }
    assert.equal(titles.size, 3, `${[...titles]}`)
  })

  await t.test('agents have no planner', async () => {
    const desk = await openPage(browser, `${hotline.url}/desk`, { problems })
    await signInDesk(desk, '8001', hotline.accounts.agents)
    await id(desk, 'nav-contacts').waitFor()
    assert.equal(await id(desk, 'nav-planner').count(), 0)
  })
  assert.deepEqual(problems.filter((line) => !line.includes('401')), [])
})
