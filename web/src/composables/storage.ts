// SPDX-License-Identifier: Apache-2.0
// localStorage and sessionStorage that may be switched off by the browser's owner: then nothing is remembered, nothing fails.

function attempt<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}

export const recall = (key: string): string | null => attempt(() => localStorage.getItem(key))
export const remember = (key: string, value: string): void => void attempt(() => localStorage.setItem(key, value))
/** Of this tab alone; survives a reload. */
export const recallInTab = (key: string): string | null => attempt(() => sessionStorage.getItem(key))
export const rememberInTab = (key: string, value: string): void => void attempt(() => sessionStorage.setItem(key, value))
export const forgetInTab = (key: string): void => void attempt(() => sessionStorage.removeItem(key))
