// SPDX-License-Identifier: Apache-2.0
// What a wrong configuration, a port in use and a data folder in use get: a refusal to start, with the file, the line and
// the remedy, exit status 1, and nothing left running or made.
import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { lineOf, runToEnd, serveToEnd, temporaryFolder, undoLater } from './lib/program.mjs'
import { Hotline, writeConfig } from './lib/server.mjs'

/** What is written after [sip] or at the end, the text its line is found by, and what must be said about it. */
const wrong = [
  { name: 'an unknown key', line: 'udp_prot = 5060', after: '[sip]', says: /udp_prot.*\(.+\)/ },
  { name: 'an unknown section', line: '[sipp]', says: /sipp.*\(.+\)/ },
  { name: 'a text where a number belongs', line: 'sessions_max = "many"', after: '[sip]', says: /\[sip\]: sessions_max is a string \(give an integer from 2 to 40000\)/ },
  { name: 'a number out of range', line: 'retry_after = 0', after: '[sip]', says: /retry_after is 0 \(give an integer from 1 to 3600\)/ },
  { name: 'a number where a text belongs', line: 'advertised = 5', after: '[sip]', says: /advertised is an integer \(give a string\)/ },
  { name: 'a choice that is none', line: 'format = "xml"', after: '[log]', says: /format is "xml" \(use one of "text", "json"\)/ },
  { name: 'one half of a certificate', line: '[web]', insert: 'key = "key.pem"', says: /only one of certificate and key is given \(give both/ },
  { name: 'a store that is none', line: 'url = "mysql:x"', replace: 'url = "sqlite:hotline.db"', says: /neither SQLite nor PostgreSQL \(use "sqlite:FILE"/ },
  { name: 'a trunk without peers', line: '[[trunk]]', insert: 'name = "second"', append: true, says: /"second" has neither peers nor a \[\[gateway\]\] \(list who may call in/ },
  { name: 'broken TOML', line: 'threads == 2', after: '[media]', says: /\(correct the TOML at this line\)/ },
]

test('every kind of wrong configuration is refused with file, line and remedy', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t)
  for (const { name, line, after, insert, replace, append, says } of wrong) {
    await t.test(name, async () => {
      const file = writeConfig(folder)
      let text = fs.readFileSync(file, 'utf8')
      if (replace) text = text.replace(replace, line)
      else if (append) text += `${line}\n${insert}\n`
      else if (insert) text = text.replace(`${line}\n`, `${line}\n${insert}\n`)
      else if (after) text = text.replace(`${after}\n`, `${after}\n${line}\n`)
      else text += `${line}\n`
      fs.writeFileSync(file, text)
      const at = append ? text.split('\n').lastIndexOf(line) + 1 : lineOf(file, line)
      const data = path.join(folder, 'data')
      for (const command of ['serve', 'voice', 'doctor', 'migrate']) {
        const { code, stdout, stderr } = await runToEnd([command, '--config', file, '--data', data])
        assert.equal(code, 1, `${command}: ${stderr}`)
        assert.equal(stdout, '', command)
        const [first] = stderr.split('\n')
        assert.ok(first.startsWith(`hotline: ${file}:${at}: `), `${command}: ${first}, expected line ${at}`)
        assert.match(first, says)
      }
      assert.equal(fs.existsSync(data), false, 'nothing is made')
    })
  }
  await t.test('all mistakes are told at once', async () => {
    const file = writeConfig(folder, { extra: '[live]\ncalls_max = 0\nshort_abandon = "x"\n[shutdown]\nlimit = 1\n' })
    const { code, stderr } = await runToEnd(['serve', '--config', file, '--data', path.join(folder, 'data')])
    assert.equal(code, 1)
    assert.equal(stderr.trim().split('\n').length, 3, stderr)
  })
  await t.test('no file', async () => {
    const { code, stderr } = await runToEnd(['serve', '--config', path.join(folder, 'none.toml'), '--data', path.join(folder, 'data')])
    assert.equal(code, 1)
    assert.match(stderr, /none\.toml: the configuration file cannot be read \(give an existing file with --config\)/)
  })
  await t.test('no arguments', async () => {
    assert.equal((await runToEnd(['serve'])).code, 2)
    assert.equal((await runToEnd([])).code, 2)
    assert.equal((await runToEnd(['dance'])).code, 2)
  })
})

const listenTcp = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => resolve({ port: server.address().port, close: () => server.close() }))
})
const listenUdp = () => new Promise((resolve) => {
  const socket = dgram.createSocket('udp4')
  let open = true
  const close = () => {
    if (open) socket.close()
    open = false
  }
  socket.bind(0, '127.0.0.1', () => resolve({ port: socket.address().port, close }))
})

for (const { what, listen, key, section } of [
  { what: 'HTTPS', listen: listenTcp, key: 'https_port', section: 'web' },
  { what: 'SIP over UDP', listen: listenUdp, key: 'udp_port', section: 'sip' },
  { what: 'SIP over TCP', listen: listenTcp, key: 'tcp_port', section: 'sip' },
  { what: 'WebRTC', listen: listenUdp, key: 'port', section: 'webrtc' },
]) {
  test(`the ${what} port is in use`, { timeout: 60_000 }, async (t) => {
    const taken = await listen()
    undoLater(t, () => taken.close())
    const folder = temporaryFolder(t)
    const file = writeConfig(folder)
    const text = fs.readFileSync(file, 'utf8')
    const there = new RegExp(`^${key} = 0$`, 'm')
    fs.writeFileSync(file, there.test(text) ? text.replace(there, `${key} = ${taken.port}`) : text.replace(`[${section}]\n`, `[${section}]\n${key} = ${taken.port}\n`))
    const data = path.join(folder, 'data')
    const { code, stdout, stderr } = await serveToEnd(file, data)
    assert.equal(code, 1, stderr)
    assert.equal(stdout, '')
    const complaint = stderr.slice(stderr.lastIndexOf('\nhotline: ') + 1)
    assert.match(complaint, new RegExp(`^hotline: .*\\b${taken.port}\\b.*in use.*\n  remedy: .*port`, 'i'), complaint)
    // Nothing is left running: the same folder starts as soon as the port is free.
    taken.close()
    const hotline = await Hotline.start({ folder, config: file })
    await hotline.stop()
  })
}

test('a second core on the same data folder is refused; the first goes on', { timeout: 60_000 }, async (t) => {
  const hotline = await Hotline.start()
  undoLater(t, () => hotline.stop())
  const { code, stdout, stderr } = await serveToEnd(hotline.config, hotline.data)
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, new RegExp(`serve\\.pid is held by process ${hotline.corePid}`))
  assert.match(stderr, /remedy: stop that process, or use another data folder/)
  assert.equal((await fetch(`${hotline.url}/readyz`)).status, 200)
})
