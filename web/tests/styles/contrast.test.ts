// SPDX-License-Identifier: Apache-2.0
// Goal: every text colour of the tokens reaches WCAG AA (4.5:1) on every surface it stands on, light and dark.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const css = readFileSync(join(__dirname, '../../src/styles/tokens.css'), 'utf8')

function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0]!
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1]!, match[2]!]))
}

/** Relative luminance, WCAG 2.1. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

const pairs: [string, string][] = [
  ...['ink', 'ink-2', 'ink-3'].flatMap((text) => ['canvas', 'surface', 'surface-2', 'surface-3'].map((on): [string, string] => [text, on])),
  ...['good', 'warn', 'bad', 'info', 'wrap', 'accent'].flatMap((text): [string, string][] => [[text, `${text}-soft`], [text, 'surface'], [text, 'surface-2']]),
  ...['good-soft', 'warn-soft', 'bad-soft', 'info-soft'].map((on): [string, string] => ['ink', on]),
  ['on-accent', 'accent'], ['on-accent', 'accent-strong'], ['on-solid', 'good'], ['on-solid', 'bad'], ['on-solid', 'warn'], ['on-solid', 'bad-hover'], ['on-solid', 'good-hover'],
]

test.each([[':root', 'light'], [':root.dark', 'dark']])('text colours of %s (%s)', (selector) => {
  const colours = tokens(selector)
  const weak = pairs.map(([text, on]) => ({ pair: `${text} on ${on}`, ratio: contrast(colours[text]!, colours[on]!) })).filter(({ ratio }) => !(ratio >= 4.5))
  expect(weak).toEqual([])
})
