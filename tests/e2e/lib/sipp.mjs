// SPDX-License-Identifier: Apache-2.0
// Runs SIPp for the signalling of many calls; its SDP names RTP ports that lib/rtp.mjs serves, one a line of its CSV file.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { root } from './server.mjs'

export async function freeUdpPort() {
  const socket = dgram.createSocket('udp4')
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise((resolve) => socket.close(resolve))
  return port
}

/** A port that is free for UDP and TCP on 127.0.0.1 and ::1. */
export async function freeSipPort() {
  for (;;) {
    const port = await freeUdpPort()
    const opened = []
    try {
      for (const host of ['127.0.0.1', '::1']) {
        opened.push(net.createServer().listen(port, host), dgram.createSocket(host === '::1' ? 'udp6' : 'udp4').bind(port, host))
      }
      await Promise.all(opened.map((one) => once(one, 'listening')))
      return port
    } catch {
      // another one
    } finally {
      await Promise.all(opened.map((one) => new Promise((resolve) => { try { one.close(resolve) } catch { resolve() } })))
    }
  }
}

export class Sipp {
  /** `scenario`: a file of tests/e2e/sipp; `rows`: lines of fields, taken in turn; `args`: SIPp's own; `words`: what stands in the scenario for its capital letters. */
  constructor(folder, name, scenario, rows, args, words = {}) {
    this.name = name
    this.folder = folder
    let text = fs.readFileSync(path.join(root, 'tests/e2e/sipp', scenario), 'utf8')
    for (const [word, value] of Object.entries(words)) text = text.replaceAll(`"${word}"`, `"${value}"`)
    const scenarioFile = path.join(folder, `${name}.xml`)
    fs.writeFileSync(scenarioFile, text)
    const csv = path.join(folder, `${name}.csv`)
    fs.writeFileSync(csv, ['SEQUENTIAL', ...rows.map((row) => row.join(';')), ''].join('\n'))
    this.stats = path.join(folder, `${name}.stats`)
    const out = fs.openSync(path.join(folder, `${name}.log`), 'w')
    this.process = spawn('sipp', [
      '-sf', scenarioFile, '-inf', csv, '-i', '127.0.0.1', '-nostdin', '-trace_err', '-error_file', path.join(folder, `${name}.errors`),
      '-trace_stat', '-stf', this.stats, '-fd', '1', ...args.map(String),
    ], { cwd: folder, stdio: ['ignore', out, out] })
    fs.closeSync(out)
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject)
      this.process.on('exit', (code, signal) => resolve({ code, signal }))
    })
  }

  /** A column of SIPp's statistics, e.g. 'CurrentCall', 'FailedCall(C)'. */
  stat(column) {
    const lines = fs.existsSync(this.stats) ? fs.readFileSync(this.stats, 'utf8').trim().split('\n') : []
    if (lines.length < 2) return 0
    return Number(lines.at(-1).split(';')[lines[0].split(';').indexOf(column)])
  }
  errors() {
    const file = path.join(this.folder, `${this.name}.errors`)
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(0, 4_000) : ''
  }

  /** No new calls; those there are go on. */
  finish() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGUSR1')
  }
  /** Ends it at once. */
  stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
  }
}
