// SPDX-License-Identifier: Apache-2.0
// Runs a subcommand of `hotline` that is to end by itself; and the world around it that a test damages.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { binary } from './server.mjs'

/** {code, stdout, stderr} of `hotline` with these arguments; fails when it has not ended after `limit` ms. */
export function runToEnd(args, limit = 30_000) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr']) child[stream].on('data', (chunk) => (said[stream] += chunk))
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      reject(new Error(`hotline ${args[0]} still runs after ${limit} ms:\n${said.stdout}${said.stderr}`))
    }, limit)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal, ...said })
    })
  })
}

export const serveToEnd = (config, data, limit) => runToEnd(['serve', '--demo', '--config', config, '--data', data], limit)

const undoing = new WeakMap()
/** Like t.after(), but the last one registered is done first: what was built on something ends before it. */
export function undoLater(t, undo) {
  if (!undoing.has(t)) {
    undoing.set(t, [])
    t.after(async () => {
      let failure // one that fails leaves none of the others undone
      for (const one of undoing.get(t).reverse()) {
        try {
          await one()
        } catch (error) {
          failure ??= error
        }
      }
      if (failure) throw failure
    })
  }
  undoing.get(t).push(undo)
}

/** A folder of this test's own, gone after it. */
export function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-e2e-'))
  undoLater(t, () => process.env.HOTLINE_KEEP || fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The line, from 1, of the first line of `file` that has `text` in it. */
export function lineOf(file, text) {
  const at = fs.readFileSync(file, 'utf8').split('\n').findIndex((line) => line.includes(text))
  if (at < 0) throw new Error(`${file} has no ${text}`)
  return at + 1
}
