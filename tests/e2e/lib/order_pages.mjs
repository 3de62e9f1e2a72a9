// SPDX-License-Identifier: Apache-2.0
// Steps on the pages of work orders that stories share.
import path from 'node:path'
import { id, openPage, signInDesk } from './browser.mjs'
import { until } from './server.mjs'

export const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) })

/** The workplace of somebody, in a browser of their own. */
export async function deskOf(browser, hotline, username, options = {}) {
  const page = await openPage(browser, `${hotline.url}/orders`, options)
  await signInDesk(page, username, username.startsWith('89') ? hotline.accounts.supervisors : hotline.accounts.agents)
  await id(page, 'orders').waitFor()
  return page
}

/** Reads the order anew. */
export async function openOrder(page, order) {
  await page.goto(`${new URL(page.url()).origin}/orders/${order}`)
  await id(page, 'order-state').waitFor()
}

export const orderIs = (page, state) => until(`the order is ${state}`, async () => (await id(page, 'order-panel').getAttribute('data-order-state')) === state)
export const gone = (page, testId) => id(page, testId).waitFor({ state: 'detached' })

/** Chooses an item of one of Element's lists: the nth, or the one with these words. */
export async function pick(page, testId, item) {
  await id(page, testId).click()
  const items = page.locator('.el-select-dropdown__item').locator('visible=true')
  await (typeof item === 'number' ? items.nth(item) : items.getByText(item, { exact: true })).first().click()
}

/** Does one of the order's actions, and waits until it is done. */
export async function act(page, action, { lead, text, evidence, answer } = {}) {
  const before = await id(page, 'order-story').locator('li').count()
  await id(page, `action-${action}`).click()
  if (lead) await pick(page, 'action-lead', lead)
  if (answer) await pick(page, 'action-answer', answer)
  if (text) await id(page, 'action-text').fill(text)
  if (evidence) await id(page, 'action-evidence').fill(evidence)
  await id(page, 'action-send').click()
  await until(`${action} is done`, async () => (await id(page, 'order-story').locator('li').count()) > before)
}
