// SPDX-License-Identifier: Apache-2.0
// Steps that many stories share: an agent who is ready, a customer in the queue, a call that is talking.
import { heard, id, openPage, signInDesk } from './browser.mjs'
import { until } from './server.mjs'

export const agentState = (desk) => id(desk, 'agent-bar').getAttribute('data-state')
export const callState = (desk) => id(desk, 'call-panel').getAttribute('data-call-state')
export const pageState = (page) => id(page, 'call-page').getAttribute('data-state')

export const inState = (desk, state, limit = 15_000) => until(`the agent is ${state}`, async () => (await agentState(desk)) === state, limit)
export const callIs = (desk, state, limit = 15_000) => until(`the call is ${state}`, async () => (await callState(desk)) === state, limit)
export const pageIs = (page, state, limit = 20_000) => until(`the customer's page is ${state}`, async () => (await pageState(page)) === state, limit)

/** The desk of agent `number`, signed in and ready. */
export async function readyDesk(browser, hotline, number, options = {}) {
  const desk = await openPage(browser, `${options.url ?? hotline.url}/desk`, options)
  await signInDesk(desk, number, hotline.accounts.agents)
  await becomeReady(desk)
  return desk
}

export async function becomeReady(desk) {
  await id(desk, 'set-ready').click()
  await inState(desk, 'ready')
}

/** A customer's page that has called 1000 in Mandarin, heard the welcome and pressed 0 for an agent. */
export async function customerInQueue(browser, hotline, options = {}) {
  const customer = await openPage(browser, `${hotline.url}/call`, options)
  await callAgain(customer)
  return customer
}

export async function callAgain(customer) {
  await id(customer, 'spoken-zh-Hans').click() // not every agent speaks English
  await id(customer, 'call').click()
  await pageIs(customer, 'answered')
  await heard(customer, 'the welcome', 'received')
  await id(customer, 'digit-0').click()
}

/** Takes the offered call; returns its id. */
export async function takeCall(desk) {
  await id(desk, 'answer').waitFor({ timeout: 30_000 })
  const call = await id(desk, 'call-panel').getAttribute('data-call-id')
  await id(desk, 'answer').click()
  await callIs(desk, 'talking')
  return call
}

/** Ends the talk at the desk and saves the wrap-up. */
export async function hangUpAndWrapUp(desk, next = 'ready') {
  await id(desk, 'hang-up').click()
  await id(desk, 'wrap-up').waitFor()
  await saveWrapUp(desk, next)
}

export async function saveWrapUp(desk, next = 'ready') {
  await id(desk, 'wrap-reason').selectOption({ index: 1 })
  await desk.locator('[data-testid^="wrap-outcome-"]').first().check()
  await id(desk, `wrap-next-${next}`).check()
  if (next === 'paused') await id(desk, 'wrap-pause-reason').selectOption({ index: 1 })
  await id(desk, 'wrap-save').click()
  await inState(desk, next === 'ready' ? 'ready' : 'paused')
}
