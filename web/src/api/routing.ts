// SPDX-License-Identifier: Apache-2.0
// The part of the REST API that configures routing, and call-backs.
import { request, type Items } from './client'
import type { AgentSkills, AskedCallBack, CallBack, DoneCallBack, LineOperation, LineOperationState, QueueSettings, Routing, RoutingRules, Skill } from './types'

const id = encodeURIComponent

export const routingApi = {
  routing: () => request<Routing>('GET', '/routing'),
  setRules: (rules: RoutingRules) => request<void>('PUT', '/routing/rules', { body: rules }),
  addQueue: (settings: QueueSettings) => request<void>('POST', '/queues', { body: settings }),
  setQueue: (queue_id: string, settings: QueueSettings) => request<void>('PUT', `/queues/${id(queue_id)}`, { body: settings }),
  setSkill: (skill: Skill) => request<void>('PUT', '/skills', { body: skill }),
  agentSkills: (agent_id: string) => request<AgentSkills>('GET', `/agents/${id(agent_id)}/skills`),
  setAgentSkills: (agent_id: string, body: AgentSkills) => request<unknown>('PUT', `/agents/${id(agent_id)}/skills`, { body }),
  lineOperation: (line_id: string) => request<LineOperationState>('GET', `/service-lines/${id(line_id)}/operation`),
  setLineOperation: (line_id: string, operation: LineOperation, despite_conditions: boolean) =>
    request<void>('PUT', `/service-lines/${id(line_id)}/operation`, { body: { operation, despite_conditions } }),
  callBacks: () => request<Items<CallBack>>('GET', '/call-backs').then((page) => page.items),
  doneCallBacks: (before_id?: string) => request<Items<DoneCallBack>>('GET', '/call-backs/done', { query: { limit: 50, before_id } }).then((page) => page.items),
  cancelCallBack: (call_id: string) => request<void>('DELETE', `/call-backs/${id(call_id)}`),
  dialCallBack: (call_id: string) => request<void>('POST', `/call-backs/${id(call_id)}/dial-again`),
  askCallBack: (number: string, queue: string) => request<AskedCallBack>('POST', '/public/call-backs', { body: { number, queue }, quiet_401: true }),
}
