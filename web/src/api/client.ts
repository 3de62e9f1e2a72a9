// SPDX-License-Identifier: Apache-2.0
// The REST client: one function an operation, errors as ApiError with the server's code, the CSRF token on every change,
// and the difference between this machine's clock and the server's (from the Date header).
import type {
  AgentFigures, AgentSkills, AgentState, AgentStatus, Appointment, AppointmentAction, AppointmentDetail, AuditEntry, BulkAction, BulkResult, CallView, Contact,
  ContactDetail, Crew, CrewSettings, OrderStanding, OrderView, SavedCrew, Customer, Difference, ErrorBody, FloorCall, LedgerDay, LedgerDayGaps, NewAppointment, NewOrder, Notes, Order, OrderAction,
  OrderDetail, OrderType, Organisation, Plan, PlanResult, PublicService, Reference, Session, SetAgentState, SignIn, SipMessage, SlotOffer,
  SuperviseMode, Transfer, Wallboard, WallboardSettings, WrapUp,
} from './types'

export const API_BASE = '/api/v1'

/** A refusal of the server, or `network` when it could not be reached (then whether the change was made is unknown). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retry_after_s: number | null = null,
    /** Every member of the body that is at fault; `field` is the first. */
    readonly details: { field: string; message: string }[] = [],
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

type Query = Record<string, string | number | undefined | null>

let csrf_token = ''
let on_unauthorized: () => void = () => {}
let clock_offset_ms = 0

export function setCsrfToken(token: string): void {
  csrf_token = token
}

/** Called once per request that the server refuses with 401, except the sign-in itself. */
export function onUnauthorized(handler: () => void): void {
  on_unauthorized = handler
}

/** Milliseconds to add to this machine's clock to get the server's; 0 while they agree within two seconds. */
export function serverClockOffset(): number {
  return clock_offset_ms
}

/** The Date header has whole seconds, so only a difference that cannot be rounding is taken. */
export function learnClock(date_header: string | null, sent_ms: number, received_ms: number): void {
  const server_ms = date_header ? Date.parse(date_header) : NaN
  if (Number.isNaN(server_ms)) return
  const difference = server_ms + 500 - (sent_ms + received_ms) / 2
  clock_offset_ms = Math.abs(difference) > 2000 ? difference : 0
}

function withQuery(path: string, query?: Query): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return API_BASE + path + (text ? `?${text}` : '')
}

async function readError(response: Response): Promise<ApiError> {
  const retry_header = Number(response.headers.get('Retry-After') ?? NaN)
  const retry = Number.isFinite(retry_header) ? retry_header : null
  try {
    const body = (await response.json()) as { error?: ErrorBody }
    if (body.error?.code) {
      return new ApiError(response.status, body.error.code, body.error.message, body.error.field ?? null, body.error.retry_after_s ?? retry, body.error.details ?? [])
    }
  } catch {
    // Not our JSON: a proxy in between, or a server that is just starting. The status alone must do.
  }
  return new ApiError(response.status, response.status >= 500 ? 'unavailable' : 'refused', `HTTP ${response.status}`, null, retry)
}

interface Options { query?: Query; body?: unknown; file?: Blob; signal?: AbortSignal; quiet_401?: boolean }

export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.file) headers['Content-Type'] = 'application/octet-stream'
  if (method !== 'GET' && csrf_token) headers['X-CSRF-Token'] = csrf_token
  const sent_ms = Date.now()
  let response: Response
  try {
    response = await fetch(withQuery(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.file ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal ?? null,
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'network', 'The server cannot be reached')
  }
  learnClock(response.headers.get('Date'), sent_ms, Date.now())
  if (!response.ok) {
    const error = await readError(response)
    if (response.status === 401 && !options.quiet_401) on_unauthorized()
    throw error
  }
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

export interface Items<T> { items: T[] }

export interface ContactQuery {
  agent_id?: string
  customer_id?: string
  phone?: string
  from_ms?: number
  to_ms?: number
  before_id?: string
  limit?: number
}

export interface OrderQuery {
  department?: string
  owner_id?: string
  customer_id?: string
  closed?: string
  to_tell?: string
  number?: string
  due_before_ms?: number
  search?: string
  handler_id?: string
  contact_id?: string
  phone?: string
  lead?: string
  level?: number
  type?: string
  state?: string
  after_id?: string
  after_due_ms?: number
  sort?: 'newest' | 'due'
  before_id?: string
  limit?: number
  partner?: string
}

const id = encodeURIComponent

export const api = {
  signIn: (body: SignIn) => request<Session>('POST', '/session', { body, quiet_401: true }),
  session: () => request<Session>('GET', '/session', { quiet_401: true }),
  signOut: () => request<void>('DELETE', '/session', { quiet_401: true }),
  reference: () => request<Reference>('GET', '/reference'),
  agents: (query: { state?: AgentState; q?: string; limit?: number }, signal?: AbortSignal) =>
    request<Items<AgentStatus>>('GET', '/agents', { query, ...(signal ? { signal } : {}) }).then((page) => page.items),
  setAgentState: (agent_id: string, body: SetAgentState) => request<AgentStatus>('PUT', `/agents/${id(agent_id)}/state`, { body }),
  wallboard: () => request<Wallboard>('GET', '/wallboard'),
  wallboardSettings: () => request<WallboardSettings>('GET', '/wallboard/settings'),
  setWallboardSettings: (body: WallboardSettings) => request<void>('PUT', '/wallboard/settings', { body }),
  agentFigures: () => request<Items<AgentFigures>>('GET', '/wallboard/agents').then((page) => page.items),
  ledgerDays: (limit = 31) => request<Items<LedgerDay>>('GET', '/recording-ledger', { query: { limit } }).then((page) => page.items),
  ledgerDay: (day: string) => request<LedgerDayGaps>('GET', `/recording-ledger/${id(day)}`),
  reconcileLedgerDay: (day: string) => request<LedgerDayGaps>('POST', `/recording-ledger/${id(day)}`),
  differences: (limit = 100) => request<Items<Difference>>('GET', '/differences', { query: { limit } }).then((page) => page.items),
  pauseRecording: (call_id: string, on: boolean) => request<CallView>('POST', `/calls/${id(call_id)}/recording/${on ? 'pause' : 'resume'}`),
  hold: (call_id: string) => request<CallView>('POST', `/calls/${id(call_id)}/hold`),
  resume: (call_id: string) => request<CallView>('POST', `/calls/${id(call_id)}/resume`),
  hangUp: (call_id: string) => request<CallView>('POST', `/calls/${id(call_id)}/hangup`),
  sendDigits: (call_id: string, digits: string) => request<CallView>('POST', `/calls/${id(call_id)}/digits`, { body: { digits } }),
  transfer: (call_id: string, body: Transfer) => request<CallView>('POST', `/calls/${id(call_id)}/transfer`, { body }),
  consult: (call_id: string, body: Transfer) => request<CallView>('POST', `/calls/${id(call_id)}/consult`, { body }),
  consultStep: (call_id: string, step: 'complete' | 'conference' | 'swap' | 'end') => request<CallView>('POST', `/calls/${id(call_id)}/consult/${step}`),
  floor: () => request<Items<FloorCall>>('GET', '/floor').then((page) => page.items),
  supervise: (call_id: string, mode: SuperviseMode) => request<CallView>('POST', `/calls/${id(call_id)}/supervise`, { body: { mode } }),
  endSupervision: (call_id: string, agent_id: string) => request<CallView>('DELETE', `/calls/${id(call_id)}/supervisors/${id(agent_id)}`),
  pullCall: (call_id: string) => request<CallView>('POST', `/calls/${id(call_id)}/pull`),
  audit: (limit = 50) => request<Items<AuditEntry>>('GET', '/audit', { query: { limit } }).then((page) => page.items),
  agentSkills: (agent_id: string) => request<AgentSkills>('GET', `/agents/${id(agent_id)}/skills`),
  setAgentSkills: (agent_id: string, body: AgentSkills) => request<AgentStatus>('PUT', `/agents/${id(agent_id)}/skills`, { body }),
  skills: () => request<{ skills: { code: string; name: Record<string, string> }[] }>('GET', '/routing').then((routing) => routing.skills),
  setNotes: (call_id: string, body: Notes) => request<void>('PUT', `/calls/${id(call_id)}/notes`, { body }),
  dial: (number: string, service_line: string | null) => request<CallView>('POST', '/calls', { body: { number, service_line } }),
  contacts: (query: ContactQuery, signal?: AbortSignal) =>
    request<Items<Contact>>('GET', '/contacts', { query: { ...query }, ...(signal ? { signal } : {}) }).then((page) => page.items),
  contact: (contact_id: string) => request<ContactDetail>('GET', `/contacts/${id(contact_id)}`),
  sipTrace: (contact_id: string) => request<Items<SipMessage>>('GET', `/contacts/${id(contact_id)}/sip-trace`).then((page) => page.items),
  wrapUp: (contact_id: string, body: WrapUp) => request<Contact>('PUT', `/contacts/${id(contact_id)}/wrap-up`, { body }),
  customers: (q: string, limit = 20) => request<Items<Customer>>('GET', '/customers', { query: { q, limit } }).then((page) => page.items),
  customer: (customer_id: string) => request<Customer>('GET', `/customers/${id(customer_id)}`),
  orderTypes: () => request<Items<OrderType>>('GET', '/order-types').then((page) => page.items),
  organisation: () => request<Organisation>('GET', '/organisation'),
  orders: (query: OrderQuery, signal?: AbortSignal) =>
    request<Items<Order>>('GET', '/orders', { query: { ...query }, ...(signal ? { signal } : {}) }).then((page) => page.items),
  order: (order_id: string) => request<OrderDetail>('GET', `/orders/${id(order_id)}`),
  createOrder: (body: NewOrder) => request<OrderDetail>('POST', '/orders', { body }),
  actOnOrder: (order_id: string, body: OrderAction) => request<OrderDetail>('POST', `/orders/${id(order_id)}/actions`, { body }),
  actOnOrders: (body: BulkAction) => request<Items<BulkResult>>('POST', '/orders/actions', { body }).then((page) => page.items),
  orderStanding: (within_ms?: number) => request<Items<OrderStanding>>('GET', '/orders/standing', { query: { within_ms } }).then((page) => page.items),
  orderViews: () => request<Items<OrderView>>('GET', '/orders/views').then((page) => page.items),
  saveOrderView: (view: OrderView) => request<void>('PUT', `/orders/views/${id(view.id)}`, { body: { name: view.name, settings: view.settings } }),
  deleteOrderView: (view_id: string) => request<void>('DELETE', `/orders/views/${id(view_id)}`),
  attach: (order_id: string, query: { name: string; command_id: string; text?: string }, file: Blob) =>
    request<OrderDetail>('POST', `/orders/${id(order_id)}/attachments`, { query, file }),
  addCrew: (body: CrewSettings) => request<SavedCrew>('POST', '/crews', { body }),
  saveCrew: (crew_id: string, body: CrewSettings) => request<SavedCrew>('PUT', `/crews/${id(crew_id)}`, { body }),
  crews: () => request<Items<Crew>>('GET', '/crews').then((page) => page.items),
  slots: (query: { area: string; skills?: string; from_ms?: number; to_ms?: number; limit?: number }) =>
    request<Items<SlotOffer>>('GET', '/appointments/slots', { query }).then((page) => page.items),
  appointments: (query: { from_day?: string; to_day?: string; customer_id?: string; order_id?: string }) =>
    request<Items<Appointment>>('GET', '/appointments', { query }).then((page) => page.items),
  appointment: (appointment_id: string) => request<AppointmentDetail>('GET', `/appointments/${id(appointment_id)}`),
  holdAppointment: (body: NewAppointment) => request<AppointmentDetail>('POST', '/appointments', { body }),
  actOnAppointment: (appointment_id: string, body: AppointmentAction) => request<AppointmentDetail>('POST', `/appointments/${id(appointment_id)}/actions`, { body }),
  plan: (body: Plan) => request<PlanResult>('POST', '/plans', { body }),
  publicService: () => request<PublicService>('GET', '/public/service', { quiet_401: true }),
}

export function attachmentUrl(order_id: string, attachment_id: string): string {
  return `${API_BASE}/orders/${id(order_id)}/attachments/${id(attachment_id)}`
}

export function sipTracePcapUrl(contact_id: string): string {
  return `${API_BASE}/contacts/${id(contact_id)}/sip-trace.pcap`
}

export function recordingUrl(recording_id: string): string {
  return `${API_BASE}/recordings/${id(recording_id)}/audio`
}

/** ws(s)://this host/api/v1 + path. */
export function socketUrl(path: string, location: Pick<Location, 'protocol' | 'host'> = window.location): string {
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${API_BASE}${path}`
}
