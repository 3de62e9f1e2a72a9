// SPDX-License-Identifier: Apache-2.0
// What a supervisor looks at: live calls and who listens to them, the agents, the last acts. Asked for every second while the
// page is shown, and at once after an act of one's own.
import { onUnmounted, ref, shallowRef } from 'vue'
import { api } from '@/api/client'
import type { AgentStatus, AuditEntry, FloorCall } from '@/api/types'
import { useErrorText } from '@/ui/errors'

const EVERY_MS = 1000
const AGENTS_MAX = 200
const ACTS = /^supervise(\.|$)|^call\.pull$|^agent\.(force_state|skills)$/

export function useFloor() {
  const calls = shallowRef<FloorCall[]>([])
  const agents = shallowRef<AgentStatus[]>([])
  const acts = shallowRef<AuditEntry[]>([])
  const problem = ref('')
  const known = ref(false)
  const errors = useErrorText()
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false
  let asked = 0

  async function look(): Promise<void> {
    clearTimeout(timer)
    const mine = ++asked
    try {
      const [floor, staff, audit] = await Promise.all([api.floor(), api.agents({ limit: AGENTS_MAX }), api.audit()])
      if (mine !== asked || gone) return // a newer question is under way
      calls.value = floor
      agents.value = staff
      acts.value = audit.filter((entry) => ACTS.test(entry.action)).slice(0, 12)
      problem.value = ''
      known.value = true
    } catch (cause) {
      if (mine === asked) problem.value = errors.of(cause)
    }
    if (mine === asked && !gone) timer = setTimeout(look, EVERY_MS)
  }

  void look()
  onUnmounted(() => {
    gone = true
    clearTimeout(timer)
  })
  return { calls, agents, acts, problem, known, look }
}
