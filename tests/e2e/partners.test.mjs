// SPDX-License-Identifier: Apache-2.0
// Outside bodies: a 110 order within its minutes, from its intake on the police's page to the feedback on it, as the people concerned would do it
// in their browsers; the same by a program of theirs; and that each sees its own matters alone.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { certificate, PartnerProgram } from './lib/outside_peers.mjs'
import { temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, until, writeConfig } from './lib/server.mjs'

const secret = 'shared with the police alone'
const partner = (code, type, more = '') => `
[[partner]]
code = "${code}"
name_en = "Partner ${code}"
name_zh_hans = "单位 ${code}"
name_zh_hant = "單位 ${code}"
types = ["${type}"]
${more}`

async function start(t) {
  const folder = temporaryFolder(t)
  const certified = certificate(folder)
  const program = await PartnerProgram.start(t, certified, secret)
  fs.writeFileSync(path.join(folder, 'police.secret'), `${secret}\n`, { mode: 0o600 })
  const config = writeConfig(folder, { extra: `
[delivery]
every = 0.2
retry_first = 0.3
${partner('110', 'joint_response_110', `push_url = "${program.url}/feedback"\npush_secret_file = "police.secret"\npush_ca_file = "${certified.file}"\nintake_per_minute = 8`)}
${partner('12315', 'consumer_line_12315')}
${partner('regulator', 'regulator_appeal')}
${partner('media', 'media_matter')}
` })
  const hotline = new Hotline(folder, config)
  await hotline.launch()
  undoLater(t, () => hotline.stop({ keep: true }))
  return { hotline, program }
}

const shots = process.env.HOTLINE_SHOTS
const shot = async (page, name) => { if (shots) await page.screenshot({ path: path.join(shots, `${name}.png`) }) }
/** Chooses in one of Element Plus's lists. */
async function choose(page, testid, text) {
  await id(page, testid).click()
  await page.locator('.el-select-dropdown__item:visible', { hasText: text }).first().click()
}
const typed = (page, testid) => page.locator(`[data-testid="${testid}"] input, [data-testid="${testid}"] textarea, input[data-testid="${testid}"], textarea[data-testid="${testid}"]`).first()
/** One of the things that can be done to an order, with a text. */
async function doStep(page, action, text, { lead, evidence } = {}) {
  await id(page, `action-${action}`).click()
  if (lead) await choose(page, 'action-lead', lead)
  if (text) await typed(page, 'action-text').fill(text)
  if (evidence) await typed(page, 'action-evidence').fill(evidence)
  await id(page, 'action-send').click()
  await id(page, 'action-form').waitFor({ state: 'detached' })
}

test('a 110 order within its minutes, from intake to feedback', { timeout: 120_000 }, async (t) => {
  const { hotline, program } = await start(t)
  const browser = await openBrowser()
  undoLater(t, () => browser.close())
  const problems = []
  const supervisor = await openPage(browser, `${hotline.url}/liaison`, { problems })
  await signInDesk(supervisor, '8901', hotline.accounts.supervisors)
  await supervisor.waitForURL('**/liaison/110') // the first of them

  // The police desk raises it.
  const police = await openPage(browser, `${hotline.url}/partner`, { problems })
  await typed(police, 'partner-username').fill('desk-110')
  await typed(police, 'partner-password').fill(hotline.accounts.partners)
  await id(police, 'partner-enter').click()
  await id(police, 'new-matter').click()
  await typed(police, 'matter-reference').fill('JQ-20261123-0077')
  await typed(police, 'matter-title').fill('电杆倒伏，压住人行道')
  await typed(police, 'matter-field-place').fill('望潮路 12 号')
  await choose(police, 'matter-field-danger', 'Cable or pole down')
  await id(police, 'matter-send').click()
  await id(police, 'matter-detail').waitFor()
  await shot(police, 'partner-taken')

  // The hotline hears of it at once, takes it over and judges whose it is.
  await id(supervisor, 'unread').waitFor()
  await id(supervisor, 'liaison-refresh').click()
  await supervisor.locator('tr', { hasText: '电杆倒伏' }).click()
  await doStep(supervisor, 'take_over', '')
  await doStep(supervisor, 'dispatch', '现场有人，立即到场', { lead: 'Outside plant' })
  await shot(supervisor, 'liaison-dispatched')
  await until('the police see whose it is', async () => {
    await id(police, 'partner-refresh').click()
    return (await id(police, 'matter-feedback').locator('[data-kind="dispatch"]').count()) === 1
  })

  // The department takes it and answers with what shows it.
  const crew = await openPage(browser, `${hotline.url}/orders`, { problems })
  await signInDesk(crew, '8216', hotline.accounts.agents)
  await crew.locator('tr', { hasText: '电杆倒伏' }).click()
  await doStep(crew, 'accept', '')
  await doStep(crew, 'reply', '十五分钟内到场，电杆已扶正，线缆恢复。', { evidence: '现场照片 3 张' })
  await shot(crew, 'department-replied')

  // Feedback goes out as it stands, and arrives although their program is busy at first.
  program.refuse = 1
  await supervisor.reload()
  await id(supervisor, 'feedback-form').waitFor()
  assert.match(await typed(supervisor, 'feedback-text').inputValue(), /电杆已扶正/)
  await id(supervisor, 'give-feedback').click()
  const told = await until('the result is at their program', () => program.feedback.find(({ kind }) => kind === 'tell'))
  assert.equal(told.reference, 'JQ-20261123-0077')
  assert.match(told.text, /电杆已扶正/)
  // What was refused once may come after what was said later: its number tells the order.
  const all = await until('everything is there', () => program.feedback.length === 3 && program.feedback)
  assert.deepEqual(all.toSorted((a, b) => Number(a.id) - Number(b.id)).map(({ kind }) => kind), ['dispatch', 'accept', 'tell'])
  await until('the liaison page shows that it arrived', async () => {
    await id(supervisor, 'liaison-refresh').click()
    return (await id(supervisor, 'partner-deliveries').locator('[data-state="delivered"]').count()) === 3
  })
  await shot(supervisor, 'liaison-told')
  await until('the police read it on their page', async () => {
    await id(police, 'partner-refresh').click()
    return (await id(police, 'matter-detail').getAttribute('data-state')) === 'told' && (await id(police, 'matter-result').textContent()).includes('电杆已扶正')
  })
  await shot(police, 'partner-told')

  // Within its minutes: nothing was overdue, and the clocks that bind have ended.
  const client = await hotline.signIn('8901')
  const [row] = (await client.get('/orders?partner=110')).body.items
  const { clocks, story, order } = (await client.get(`/orders/${row.id}`)).body
  assert.ok(clocks.every(({ overdue, escalated }) => !overdue && escalated === 0), JSON.stringify(clocks))
  for (const code of ['judge', 'total']) assert.equal(clocks.find(({ clock }) => clock === code).phase, 'done', code)
  assert.equal(clocks.find(({ clock }) => clock === 'judge').limit_ms, 5 * 60_000)
  assert.deepEqual(story.map(({ action }) => action), ['create', 'take_over', 'dispatch', 'accept', 'reply', 'tell'])
  assert.deepEqual([story[0].partner, order.partner], ['110', '110'])

  // Asked whether satisfied, it ends, with its closing conditions.
  for (const condition of ['cause', 'solution']) assert.equal((await client.post(`/orders/${row.id}/actions`, { command_id: `condition-${condition}`, action: 'record_condition', condition, text: '已查明', evidence: ['document:现场照片'] })).status, 200)
  assert.equal((await client.post(`/orders/${row.id}/actions`, { command_id: 'asked-the-police', action: 'ask', channel: 'partner', answer: 'satisfied' })).body.order.closed, true)
  await until('they are told that it is closed', () => program.feedback.length === 4)
  assert.deepEqual(problems.filter((text) => !/401|403|404|ERR_CONNECTION|WebSocket connection|Failed to load/.test(text)), [])
})

test('an administrator gives people and programs of a partner access, and takes it back', { timeout: 60_000 }, async (t) => {
  const { hotline } = await start(t)
  const browser = await openBrowser()
  undoLater(t, () => browser.close())
  const admin = await openPage(browser, `${hotline.url}/liaison/media`)
  await signInDesk(admin, '8999', hotline.accounts.admin)
  await id(admin, 'partner-access').click()
  await typed(admin, 'account-username').fill('evening-paper')
  await typed(admin, 'account-name').fill('Evening paper')
  await typed(admin, 'account-password').fill('nine char')
  assert.ok(await id(admin, 'account-save').isDisabled(), 'a password has ten characters at least')
  await typed(admin, 'account-password').fill('presses roll at night')
  await id(admin, 'account-save').click()
  const row = admin.locator('li', { hasText: 'evening-paper' })
  await row.waitFor()
  await typed(admin, 'key-name').fill('editorial system')
  await id(admin, 'key-make').click()
  await admin.locator('li', { hasText: 'editorial system' }).waitFor()
  const key = await id(admin, 'key-made').textContent()
  const asProgram = async () => (await fetch(`${hotline.url}/api/v1/partner/matters`, { headers: { authorization: `Bearer ${key}` } })).status
  assert.equal(await asProgram(), 200)
  await shot(admin, 'partner-access')

  const paper = await openPage(browser, `${hotline.url}/partner`)
  const enter = async () => {
    await typed(paper, 'partner-username').fill('evening-paper')
    await typed(paper, 'partner-password').fill('presses roll at night')
    await id(paper, 'partner-enter').click()
  }
  await enter()
  await id(paper, 'new-matter').waitFor()
  await row.locator('button').click()
  await until('their session has ended', async () => {
    await paper.reload()
    return (await id(paper, 'partner-enter').count()) === 1
  })
  await enter()
  await until('refused', async () => (await paper.locator('[role="alert"], [role="status"]').count()) > 0)
  assert.equal(await id(paper, 'new-matter').count(), 0)
  await admin.locator('li', { hasText: 'editorial system' }).locator('button').click()
  await until('its key opens nothing', async () => (await asProgram()) === 401)
})

test('a partner\'s program: its own matters alone, each taken once, within its limit', { timeout: 60_000 }, async (t) => {
  const { hotline } = await start(t)
  const [admin, agent] = await Promise.all(['8999', '8001'].map((name) => hotline.signIn(name)))
  const program = async (code) => {
    const { body } = await admin.post(`/partners/${code}/keys`, { name: 'case system' })
    const call = async (method, at, value) => {
      const answer = await fetch(`${hotline.url}/api/v1${at}`, { method, headers: { authorization: `Bearer ${body.key}`, ...(value ? { 'content-type': 'application/json' } : {}) }, body: value && JSON.stringify(value) })
      return { status: answer.status, headers: answer.headers, body: await answer.json() }
    }
    return { get: (at) => call('GET', at), post: (at, value) => call('POST', at, value), key: body.key }
  }
  const [police, consumers] = await Promise.all(['110', '12315'].map(program))
  const matter = { reference: 'JQ-1', type: 'joint_response_110', title: '井盖缺失', fields: { place: '江滨路', danger: 'manhole' } }
  const sent = await Promise.all(Array.from({ length: 5 }, () => police.post('/partner/matters', matter)))
  assert.deepEqual([...new Set(sent.map(({ body }) => body.matter.id))].length, 1, 'five times at once is one matter')
  assert.ok(sent.every(({ status }) => status === 200 || status === 201))
  const { id: matter_id, number } = sent[0].body.matter
  assert.equal((await police.post('/partner/matters', { ...matter, title: '另一件事' })).body.error.code, 'reference_used')

  // What the desk took by telephone is the same matter.
  const taken = await agent.post('/orders', { command_id: 'by-telephone-1', type: 'joint_response_110', title: '线缆被盗', partner: '110', partner_reference: 'JQ-2', fields: { place: '北山', danger: 'theft' } })
  assert.equal(taken.status, 201)
  const same = await police.post('/partner/matters', { ...matter, reference: 'JQ-2', title: '线缆被盗' })
  assert.deepEqual([same.status, same.body.matter.id], [200, taken.body.order.id])
  assert.equal((await agent.post('/orders', { command_id: 'by-telephone-2', type: 'joint_response_110', title: '线缆被盗', partner: '110', partner_reference: 'JQ-2', fields: { place: '北山', danger: 'theft' } })).body.error.code, 'reference_used')

  // Nobody sees what is another's, by whatever door.
  assert.equal((await consumers.get(`/partner/matters/${matter_id}`)).status, 404)
  assert.deepEqual((await consumers.get('/partner/matters')).body.items, [])
  assert.equal((await consumers.post(`/partner/matters/${matter_id}/actions`, { command_id: 'not-theirs-1', action: 'chase', text: '催' })).status, 404)
  assert.equal((await consumers.post('/partner/matters', { ...matter, reference: 'X-1' })).status, 400, 'nor raises what is another\'s to raise')
  for (const at of ['/orders', `/orders/${matter_id}`, '/customers?q=1', '/agents', '/session']) assert.equal((await police.get(at)).status, 401, at)
  assert.equal((await fetch(`${hotline.url}/api/v1/partner/matters`, { headers: { cookie: agent.cookie } })).status, 401, 'nor staff by theirs')

  // Feedback is fetched from where one left off.
  assert.equal((await agent.post(`/orders/${taken.body.order.id}/actions`, { command_id: 'theirs-dispatch', action: 'dispatch', text: '请办', lead: 'line' })).status, 200)
  const [first] = (await police.get('/partner/feedback')).body.items
  assert.deepEqual([first.kind, first.reference, first.matter_id], ['dispatch', 'JQ-2', taken.body.order.id])
  assert.deepEqual((await police.get(`/partner/feedback?after_id=${first.id}`)).body.items, [])
  assert.equal((await police.post(`/partner/matters/${matter_id}/actions`, { command_id: 'chased-by-110', action: 'chase', text: '群众再次来电' })).status, 200)
  assert.equal((await agent.get(`/orders/${matter_id}`)).body.story.at(-1).partner, '110')

  // More than its minute allows.
  const answers = []
  for (let i = 0; i < 10; ++i) answers.push(await police.post('/partner/matters', matter))
  const refused = answers.find(({ status }) => status === 429)
  assert.ok(refused && Number(refused.headers.get('retry-after')) >= 1, answers.map(({ status }) => status).join())
  assert.equal((await consumers.post('/partner/matters', { reference: 'C-1', type: 'consumer_line_12315', title: '资费', fields: { category: 'charges' } })).status, 201, 'others have a minute of their own')

  // A key that was taken back opens nothing.
  const { keys } = (await admin.get('/partners/110')).body
  assert.equal((await admin.del(`/partners/110/keys/${keys[0].id}`)).status, 204)
  assert.equal((await police.get('/partner/matters')).status, 401)
  assert.ok(!hotline.log().includes(police.key) && !hotline.log().includes(secret))
  assert.match(number, /^LD\d{10}$/)
})
