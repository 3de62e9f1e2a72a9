// SPDX-License-Identifier: Apache-2.0
// What the server pushes, as the pages read it: the agent's own state, the agent's own call, the wallboard.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { socketUrl } from '@/api/client'
import type { AgentStatus, CallView, LegQuality, LiveCommand, LiveMessage, OrderNotice, Wallboard } from '@/api/types'
import { useLive, type Live } from '@/composables/useLive'
import { useSession } from './session'

/** Failures in a row after which we ask whether the session still holds: a refused upgrade does not say why. */
const ASK_SESSION_AFTER = 2

export const useLiveStore = defineStore('live', () => {
  const session = useSession()
  const me = ref<AgentStatus | null>(null)
  const call = ref<CallView | null>(null)
  /** How well the legs of the own call are heard, as of the last seconds. */
  const quality = shallowRef<{ call_id: string; legs: LegQuality[] } | null>(null)
  const wallboard = shallowRef<Wallboard | null>(null)
  /** True once the server has said how things stand; false again after a loss. */
  const known = ref(false)
  const sdp_handlers = new Set<(call_id: string, sdp: string) => void>()
  const notice_handlers = new Set<(notice: OrderNotice) => void>()
  let wallboard_users = 0

  function onMessage(message: LiveMessage): void {
    if (message.type === 'snapshot') {
      me.value = message.me
      call.value = message.call
      if (message.wallboard) wallboard.value = message.wallboard
      known.value = true
    } else if (message.type === 'me') me.value = message.me
    else if (message.type === 'call') call.value = message.call
    else if (message.type === 'quality') quality.value = { call_id: message.call_id, legs: message.legs }
    else if (message.type === 'sdp') sdp_handlers.forEach((handler) => handler(message.call_id, message.sdp))
    else if (message.type === 'wallboard') wallboard.value = message.wallboard
    else if (message.type === 'notice') notice_handlers.forEach((handler) => handler(message.notice))
  }

  const live: Live = useLive({
    url: socketUrl('/live'),
    onMessage,
    onOnline() {
      if (wallboard_users > 0) live.send({ type: 'subscribe', topics: ['wallboard'] })
    },
    onFailure(failures) {
      if (failures % ASK_SESSION_AFTER === 0) void session.restore()
    },
  })

  return {
    me,
    call,
    quality,
    wallboard,
    known,
    status: live.status,
    retry_at_ms: live.retry_at_ms,
    online: computed(() => live.status.value === 'online'),
    start(first: AgentStatus | null) {
      if (live.status.value !== 'stopped') return
      me.value = first
      live.start()
    },
    /** With `keep`, what was last known stays: the session ended under a call that goes on. */
    stop(keep = false) {
      live.stop()
      known.value = false
      // An offer does not wait for somebody to sign in again.
      if (call.value?.state === 'offered') call.value = null
      if (keep) return
      me.value = null
      call.value = null
      wallboard.value = null
    },
    retryNow: live.retryNow,
    request: (command: LiveCommand) => live.request(command),
    /** A newer view of the own call from a REST answer; pushes about other calls are left alone. */
    applyCall(view: CallView) {
      // What was transferred away is the next agent's; the push says how it ended here, before or after this answer.
      // And an answer may come after a push that tells more.
      if (call.value?.id === view.id && call.value.state !== 'ended' && (view.agent_id === me.value?.id || view.role === 'supervisor') && view.revision >= call.value.revision) call.value = view
    },
    /** A call this agent has just made: the push that shows it may come before or after the answer. */
    takeNew(view: CallView) {
      if (call.value?.id !== view.id) call.value = view
    },
    applyMe(status: AgentStatus) {
      if (me.value?.id === status.id) me.value = status
    },
    /** Called with each notice about orders as it comes; returns how to stop. */
    onNotice(handler: (notice: OrderNotice) => void): () => void {
      notice_handlers.add(handler)
      return () => notice_handlers.delete(handler)
    },
    onSdp: (handler: (call_id: string, sdp: string) => void) => { sdp_handlers.add(handler) },
    watchWallboard() {
      if (wallboard_users++ === 0) live.send({ type: 'subscribe', topics: ['wallboard'] })
    },
    unwatchWallboard() {
      if (--wallboard_users === 0) live.send({ type: 'unsubscribe', topics: ['wallboard'] })
    },
  }
})
