// SPDX-License-Identifier: Apache-2.0
// Every test begins with empty storage and without a network: a fetch that a test did not expect fails it.
import { afterEach, beforeEach, vi } from 'vitest'

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  vi.stubGlobal('fetch', vi.fn((url: string) => Promise.reject(new TypeError(`unexpected fetch ${url}`))))
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
