// SPDX-License-Identifier: Apache-2.0
// Names for the generated API schema (src/api/schema.d.ts, made from openapi.yaml) and the two WebSocket protocols,
// which OpenAPI cannot describe and whose text stands in the contract's info.description.
import type { components } from './schema'

type Schemas = components['schemas']

export type AgentFigures = Schemas['AgentFigures']
export type AskedCallBack = Schemas['AskedCallBack']
export type CallBack = Schemas['CallBack']
export type DoneCallBack = Schemas['DoneCallBack']
export type AgentSkills = Schemas['AgentSkills']
export type LineOperation = Schemas['LineOperation']
export type LineOperationState = Schemas['LineOperationState']
export type QueueRouting = Schemas['QueueRouting']
export type QueueSettings = Schemas['QueueSettings']
export type RingStep = Schemas['RingStep']
export type Routing = Schemas['Routing']
export type RoutingRules = Schemas['RoutingRules']
export type Skill = Schemas['Skill']
export type AgentNotes = Schemas['AgentNotes']
export type AgentState = Schemas['AgentState']
export type Appointment = Schemas['Appointment']
export type AppointmentAction = Schemas['AppointmentAction']
export type AppointmentDetail = Schemas['AppointmentDetail']
export type AppointmentState = Schemas['AppointmentState']
export type Crew = Schemas['Crew']
export type NewAppointment = Schemas['NewAppointment']
export type Slot = Schemas['Slot']
export type SlotOffer = Schemas['SlotOffer']
export type AgentStatus = Schemas['AgentStatus']
export type CallView = Schemas['CallView']
export type CallState = CallView['state']
export type AuditEntry = Schemas['AuditEntry']
export type Consult = Schemas['Consult']
export type Contact = Schemas['Contact']
export type ContactDetail = Schemas['ContactDetail']
export type ContactPart = Schemas['ContactPart']
export type ContactEvent = ContactDetail['events'][number]
export type Customer = Schemas['Customer']
export type FloorCall = Schemas['FloorCall']
export type Difference = Schemas['Difference']
export type LedgerDay = Schemas['LedgerDay']
export type LedgerDayGaps = Schemas['LedgerDayGaps']
export type Leg = Schemas['Leg']
export type Names = Schemas['Names']
export type NewOrder = Schemas['NewOrder']
export type Order = Schemas['Order']
export type BulkAction = Schemas['BulkAction']
export type BulkResult = Schemas['BulkResult']
export type OrderAttachment = Schemas['OrderAttachment']
export type OrderStanding = Schemas['OrderStanding']
export type OrderView = Schemas['OrderView']
export type CrewSettings = Schemas['CrewSettings']
export type SavedCrew = Schemas['SavedCrew']
export type OrderAction = Schemas['OrderAction']
export type OrderDetail = Schemas['OrderDetail']
export type OrderEvent = Schemas['OrderEvent']
export type OrderDelivery = Schemas['OrderDelivery']
export type OrderNotice = Schemas['OrderNotice']
export type NoticeSettings = Schemas['NoticeSettings']
export type Partner = Schemas['Partner']
export type PartnerDetail = Schemas['PartnerDetail']
export type PartnerDelivery = Schemas['PartnerDelivery']
export type PartnerSession = Schemas['PartnerSession']
export type SetPartnerAccount = Schemas['SetPartnerAccount']
export type MadePartnerKey = Schemas['MadePartnerKey']
export type Matter = Schemas['Matter']
export type MatterDetail = Schemas['MatterDetail']
export type MatterFeedback = Schemas['MatterFeedback']
export type NewMatter = Schemas['NewMatter']
export type OrderType = Schemas['OrderType']
export type Organisation = Schemas['Organisation']
export type Plan = Schemas['Plan']
export type PlanResult = Schemas['PlanResult']
export type Notes = Schemas['Notes']
export type PublicService = Schemas['PublicService']
export type Quality = Schemas['Quality']
export type Reason = Schemas['Reason']
export type Recording = Schemas['Recording']
export type Reference = Schemas['Reference']
export type Role = Schemas['Role']
export type Session = Schemas['Session']
export type SetAgentState = Schemas['SetAgentState']
export type SipMessage = Schemas['SipMessage']
export type SignIn = Schemas['SignIn']
export type SuperviseMode = Schemas['SuperviseMode']
export type Supervision = Schemas['Supervision']
export type Transfer = Schemas['Consultation']
export type Wallboard = Schemas['Wallboard']
export type WallboardQueue = Wallboard['queues'][number]
export type WallboardAlarm = NonNullable<Wallboard['alarms']>[number]
export type WallboardSettings = Schemas['WallboardSettings']
export type WrapUp = Schemas['WrapUp']
export type ErrorBody = Schemas['Error']['error']

export interface LegQuality { leg_id: string; role: 'customer' | 'agent' | 'external'; quality: Quality }

/** What the server pushes over /api/v1/live; `seq` numbers what must not be missed. */
export type LiveMessage = { seq?: number } & (
  | { type: 'snapshot'; me: AgentStatus; call: CallView | null; wallboard?: Wallboard | null }
  | { type: 'me'; me: AgentStatus }
  | { type: 'call'; call: CallView }
  | { type: 'sdp'; call_id: string; sdp: string }
  | { type: 'quality'; call_id: string; legs: LegQuality[] }
  | { type: 'wallboard'; wallboard: Wallboard }
  | { type: 'notice'; notice: OrderNotice }
  | { type: 'reply'; reply_to: number | string; ok: boolean; error?: ErrorBody | null }
  | { type: 'pong' }
)

/** What the desk may send over /api/v1/live besides `hello`, which the connection sends by itself. */
export type LiveCommand =
  | { type: 'answer'; call_id: string; sdp: string }
  | { type: 'reject'; call_id: string }
  | { type: 'subscribe' | 'unsubscribe'; topics: 'wallboard'[] }
  | { type: 'ping' }

/** What the server sends over /api/v1/call. */
export type CallPageMessage =
  | { type: 'calling'; token: string; call_id: string; sdp: string }
  | { type: 'state'; state: 'ringing' | 'answered' | 'ended'; cause?: string | null }
  | { type: 'error'; code: string; message: string }

/** What the call page may send. */
export type CallPageCommand =
  | { type: 'call'; number: string; language: string; sdp: string }
  | { type: 'digit'; digit: string }
  | { type: 'hangup' }
  | { type: 'resume'; token: string }
