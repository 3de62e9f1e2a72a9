// SPDX-License-Identifier: Apache-2.0
// Headless Chromium with a fake microphone, driven by playwright-core from web/node_modules.
import { createRequire } from 'node:module'
import path from 'node:path'
import { root, until } from './server.mjs'

const require = createRequire(path.join(root, 'web/package.json'))
const { chromium } = require('playwright-core')

/** `voice` is a WAV file the microphone speaks; without one Chromium beeps. One browser a voice. */
export async function openBrowser({ voice } = {}) {
  const args = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required',
    '--ignore-certificate-errors',
  ]
  if (voice) args.push(`--use-file-for-fake-audio-capture=${voice}`)
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args })
}

export async function openPage(browser, url, { locale = 'en-US', problems = [], before } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['microphone'], locale, viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  if (before) await page.addInitScript(before)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.setDefaultTimeout(20_000)
  await page.goto(url)
  return page
}

export const id = (page, testId) => page.locator(`[data-testid="${testId}"]`)

export async function signInDesk(page, username, password) {
  await id(page, 'username').locator('input').or(page.locator('input[data-testid="username"]')).first().fill(username)
  await id(page, 'password').locator('input').or(page.locator('input[data-testid="password"]')).first().fill(password)
  await id(page, 'sign-in').click()
  await id(page, 'agent-bar').waitFor()
}

/** {sent, received, sent_peak, received_peak} of the page's leg. */
export const audio = (page) => page.evaluate(() => window.__hotlineAudio ?? {})

export const heard = (page, what, side, level = 0.2) =>
  until(`${what}: ${side} level`, async () => ((await audio(page))[`${side}_peak`] ?? 0) > level, 15_000)
