// SPDX-License-Identifier: Apache-2.0
// Disks that are small and get full.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { undoLater } from './program.mjs'

/** Mounts a small file system at `at`; false where this may not be done. */
export function smallDisk(t, at, kilobytes) {
  fs.mkdirSync(at, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at], { stdio: 'ignore' })
  } catch {
    return false
  }
  undoLater(t, () => execFileSync('umount', ['-l', at]))
  return true
}

/** Takes all the room there is; returns what gives it back. */
export function fill(folder) {
  const file = path.join(folder, 'ballast')
  const handle = fs.openSync(file, 'w')
  const block = Buffer.alloc(4_096, 1)
  try {
    for (;;) fs.writeSync(handle, block)
  } catch (error) {
    assert.equal(error.code, 'ENOSPC')
  }
  fs.closeSync(handle)
  return () => fs.rmSync(file)
}
