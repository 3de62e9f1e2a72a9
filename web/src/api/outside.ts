// SPDX-License-Identifier: Apache-2.0
// Notices to staff, outside bodies as staff see them, and what an outside body sees of its own.
import { request, type Items } from './client'
import type {
  MadePartnerKey, Matter, MatterDetail, NewMatter, NoticeSettings, OrderNotice, OrderType, Partner, PartnerDelivery, PartnerDetail, PartnerSession, SetPartnerAccount,
} from './types'

const id = encodeURIComponent
const items = <T>(page: Items<T>) => page.items

export const outsideApi = {
  notices: (limit = 50) => request<Items<OrderNotice>>('GET', '/orders/notices', { query: { limit } }).then(items),
  noticeSettings: () => request<NoticeSettings>('GET', '/notices/settings'),
  setNoticeMail: (mail: string) => request<NoticeSettings>('PUT', '/notices/settings', { body: { mail } }),
  subscribe: (body: { endpoint: string; p256dh: string; auth: string }) => request<NoticeSettings>('PUT', '/notices/browser', { body }),
  unsubscribe: (endpoint: string) => request<NoticeSettings>('POST', '/notices/browser/end', { body: { endpoint } }),

  partners: () => request<Items<Partner>>('GET', '/partners').then(items),
  partner: (code: string) => request<PartnerDetail>('GET', `/partners/${id(code)}`),
  setAccount: (code: string, username: string, body: SetPartnerAccount) => request<PartnerDetail>('PUT', `/partners/${id(code)}/accounts/${id(username)}`, { body }),
  addKey: (code: string, name: string) => request<MadePartnerKey>('POST', `/partners/${id(code)}/keys`, { body: { name } }),
  dropKey: (code: string, key_id: string) => request<void>('DELETE', `/partners/${id(code)}/keys/${id(key_id)}`),
  deliveries: (code: string) => request<Items<PartnerDelivery>>('GET', `/partners/${id(code)}/deliveries`, { query: { limit: 100 } }).then(items),
}

/** Of an outside body's own people. Their session is another than staff's: 401 is theirs to handle. */
export const partnerApi = {
  session: () => request<PartnerSession>('GET', '/partner/session', { quiet_401: true }),
  signIn: (username: string, password: string) => request<PartnerSession>('POST', '/partner/session', { body: { username, password }, quiet_401: true }),
  signOut: () => request<void>('DELETE', '/partner/session', { quiet_401: true }),
  types: () => request<Items<OrderType>>('GET', '/partner/types', { quiet_401: true }).then(items),
  matters: (closed: boolean) => request<Items<Matter>>('GET', '/partner/matters', { query: { limit: 100, closed: String(closed) }, quiet_401: true }).then(items),
  matter: (matter_id: string) => request<MatterDetail>('GET', `/partner/matters/${id(matter_id)}`, { quiet_401: true }),
  take: (body: NewMatter) => request<MatterDetail>('POST', '/partner/matters', { body, quiet_401: true }),
  act: (matter_id: string, action: 'note' | 'chase', text: string) =>
    request<MatterDetail>('POST', `/partner/matters/${id(matter_id)}/actions`, { body: { command_id: crypto.randomUUID(), action, text }, quiet_401: true }),
}
