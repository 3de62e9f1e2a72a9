// SPDX-License-Identifier: Apache-2.0
// One ticking clock for every running duration on the page, in the server's time.
import { onScopeDispose, ref, type Ref } from 'vue'
import { serverClockOffset } from '@/api/client'

const now_ms = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  now_ms.value = Date.now() + serverClockOffset()
}

/** Unix milliseconds by the server's clock, renewed twice a second while somebody looks. */
export function useClock(): Ref<number> {
  if (users++ === 0) timer = setInterval(tick, 500)
  tick()
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  }, true)
  return now_ms
}
