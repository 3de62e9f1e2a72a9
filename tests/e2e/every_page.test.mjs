// SPDX-License-Identifier: Apache-2.0
// Whoever goes through the navigation, as an agent, in a department, as a supervisor and as an administrator, finds every page they are offered
// whole: nothing goes on loading, nothing failed. HOTLINE_SHOTS=folder leaves pictures.
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { id, openBrowser, openPage, signInDesk } from './lib/browser.mjs'
import { Hotline, until } from './lib/server.mjs'

const people = { agent: ['8001', 'agents'], department: ['8216', 'agents'], supervisor: ['8901', 'supervisors'], administrator: ['8999', 'admin'] }
const linksOf = (page) => page.locator('a[data-testid^="nav-"]').evaluateAll((links) => links.map((link) => link.dataset.testid))
/** Within one page: the other views it leads to. */
const inner = { 'nav-routing': ['routing-tab-lines', 'routing-tab-agents', 'routing-tab-rules'] }

test('every page of the navigation, for everybody', { timeout: 180_000 }, async (t) => {
  const hotline = await Hotline.start()
  t.after(() => hotline.stop())
  const browser = await openBrowser()
  t.after(() => browser.close())
  for (const [role, [username, accounts]] of Object.entries(people)) {
    await t.test(role, async () => {
      const problems = []
      const page = await openPage(browser, `${hotline.url}/desk`, { problems })
      await signInDesk(page, username, hotline.accounts[accounts])
      problems.length = 0 // before, nobody was signed in: 401
      const links = await linksOf(page)
      assert.ok(links.length >= 4, links.join())
      for (const link of links) {
        const one = id(page, link)
        if (!(await one.isVisible())) await id(page, 'nav-management').click()
        await one.click()
        await until(`${role}: ${link} is there`, async () => (await page.locator('main, .page').count()) > 0 && (await id(page, 'loading').count()) === 0)
        for (const view of inner[link] ?? []) {
          await id(page, view).click()
          await until(`${role}: ${view} is there`, async () => (await id(page, 'loading').count()) === 0)
        }
        if (process.env.HOTLINE_SHOTS) await page.screenshot({ path: path.join(process.env.HOTLINE_SHOTS, `${role}-${link}.png`) })
        assert.deepEqual(await page.locator('.notice.bad').allTextContents(), [], `${role}: ${link}`)
      }
      assert.deepEqual(problems, [])
      await page.context().close()
    })
  }
})
