// SPDX-License-Identifier: Apache-2.0
// Who is signed in. The cookie is the browser's; here live the role, the CSRF token and what must happen when it ends.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ApiError, setCsrfToken } from '@/api/client'
import type { AgentStatus, Role, Session } from '@/api/types'

export type SessionPhase = 'unknown' | 'in' | 'out'

export const useSession = defineStore('session', () => {
  const phase = ref<SessionPhase>('unknown')
  const agent = ref<AgentStatus | null>(null)
  const role = ref<Role>('agent')
  /** The server could not be asked (not the same as "signed out"). */
  const unreachable = ref(false)
  const ended = new Set<(why: 'expired' | 'signed_out') => void>()

  function enter(session: Session): void {
    agent.value = session.agent
    role.value = session.role
    setCsrfToken(session.csrf_token)
    unreachable.value = false
    phase.value = 'in'
  }

  function leave(why: 'expired' | 'signed_out'): void {
    if (phase.value === 'out') return
    const was_in = phase.value === 'in'
    phase.value = 'out'
    setCsrfToken('')
    if (was_in) ended.forEach((handler) => handler(why))
  }

  async function restore(): Promise<void> {
    try {
      enter(await api.session())
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 401) leave('expired')
      else unreachable.value = true
    }
  }

  return {
    phase,
    agent,
    role,
    unreachable,
    supervises: computed(() => role.value !== 'agent'),
    restore,
    async signIn(username: string, password: string) {
      enter(await api.signIn({ username, password }))
    },
    async signOut() {
      try {
        await api.signOut()
      } catch (cause) {
        // Already gone on the server: that is what was wanted.
        if (!(cause instanceof ApiError && cause.status === 401)) throw cause
      }
      leave('signed_out')
    },
    expire: () => leave('expired'),
    /** Returns the function that takes the handler away again. */
    onEnded: (handler: (why: 'expired' | 'signed_out') => void) => {
      ended.add(handler)
      return () => { ended.delete(handler) }
    },
  }
})
