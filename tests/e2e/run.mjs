// SPDX-License-Identifier: Apache-2.0
// Runs every tests/e2e/*.test.mjs, one file after the other, because most of them measure sound in real time.
//   node tests/e2e/run.mjs [--filter TEXT] [--junit FILE] [--limit SECONDS]
// --filter: files with TEXT in their name, and of the others the tests with TEXT in theirs. Exits 1 when one failed.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const folder = path.dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: { filter: { type: 'string', default: '' }, junit: { type: 'string' }, limit: { type: 'string', default: '300' } },
})

const escapeXml = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c])

/** The files to run, each with the pattern its tests' names must match, if any. */
function chosen() {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).sort()
  const { filter } = options
  if (!filter) return files.map((name) => ({ name }))
  return files.flatMap((name) => {
    if (name.includes(filter)) return [{ name }]
    if (!fs.readFileSync(path.join(folder, name), 'utf8').includes(filter)) return []
    return [{ name, pattern: filter.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') }]
  })
}

/** A test that was stopped may have left processes: those named in the data folders under its temporary folder end. */
function endLeftovers(temporary) {
  for (const entry of fs.globSync?.('*/data/*.pid', { cwd: temporary }) ?? pidFiles(temporary)) {
    const pid = Number(fs.readFileSync(path.join(temporary, entry), 'utf8').trim())
    try {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')
      if (pid > 1 && command.includes(temporary)) process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended, as it should
    }
  }
}
function pidFiles(temporary) {
  return fs.readdirSync(temporary).flatMap((one) => {
    const data = path.join(temporary, one, 'data')
    return fs.existsSync(data) ? fs.readdirSync(data).filter((name) => name.endsWith('.pid')).map((name) => path.join(one, 'data', name)) : []
  })
}

/** Runs one file; returns its <testcase> elements as text. */
async function run({ name, pattern }) {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'he2e-')) // short: sockets' paths have at most 107 bytes
  const report = path.join(temporary, 'report.xml')
  const begin = Date.now()
  console.log(`── ${name}`)
  const child = spawn(process.execPath, [
    '--test', ...(pattern ? [`--test-name-pattern=/${pattern}/`] : []),
    '--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=junit', `--test-reporter-destination=${report}`,
    path.join(folder, name),
  ], { detached: true, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, TMPDIR: temporary } })
  let late = false
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // the group is gone
    }
  }
  const timer = setTimeout(() => { late = true; end() }, Number(options.limit) * 1000)
  running = { end, temporary }
  const code = await new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)))
  clearTimeout(timer)
  running = undefined
  endLeftovers(temporary)
  const seconds = (Date.now() - begin) / 1000
  let cases = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : ''
  cases = cases.replace(/^<\?xml[^>]*>\s*/, '').replace(/<\/?testsuites>/g, '').replaceAll('classname="test"', `classname="${escapeXml(name)}"`)
  if (late || (code !== 0 && !/<failure|<error/.test(cases))) {
    const why = late ? `not ended within ${options.limit} s` : `ended with ${code} outside its tests`
    console.log(`✖ ${name}: ${why}`)
    cases = late ? '' : cases // half a report
    cases += `<testcase classname="${escapeXml(name)}" name="the whole file" time="${seconds}"><failure message="${escapeXml(why)}"/></testcase>\n`
  }
  if (!process.env.HOTLINE_KEEP) fs.rmSync(temporary, { recursive: true, force: true })
  return { cases, seconds }
}

let running
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    running?.end()
    if (running) endLeftovers(running.temporary)
    process.exit(130)
  })
}

const suites = []
for (const file of chosen()) {
  const { cases, seconds } = await run(file)
  suites.push({ name: file.name, cases, seconds })
  if (options.junit) { // after each file, so that an interruption leaves what is known
    fs.mkdirSync(path.dirname(options.junit), { recursive: true })
    fs.writeFileSync(options.junit, `<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n${suites
      .map((suite) => `<testsuite name="${escapeXml(suite.name)}" time="${suite.seconds}">\n${suite.cases}</testsuite>`).join('\n')}\n</testsuites>\n`)
  }
}
const all = suites.map((suite) => suite.cases).join('')
const failed = (all.match(/<failure|<error/g) ?? []).length
const skipped = (all.match(/<skipped/g) ?? []).length
const total = (all.match(/<testcase/g) ?? []).length
for (const suite of suites) console.log(`${/<failure|<error/.test(suite.cases) ? '✖' : '✔'} ${suite.name} ${suite.seconds.toFixed(1)} s`)
console.log(`${total - failed - skipped} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || total === 0 ? 1 : 0
