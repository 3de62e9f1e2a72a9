// SPDX-License-Identifier: Apache-2.0
// What kinds of work orders there are and who handles them, read once a session; and their words in the reader's language.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '@/api/client'
import type { OrderType, Organisation } from '@/api/types'
import { nameIn } from '@/i18n/format'
import { useSession } from './session'

export const useOrders = defineStore('orders', () => {
  const session = useSession()
  const types = ref<OrderType[]>([])
  const organisation = ref<Organisation>({ departments: [], calendars: [] })

  async function load(): Promise<void> {
    if (types.value.length > 0) return
    const [all, company] = await Promise.all([api.orderTypes(), api.organisation()])
    types.value = all
    organisation.value = company
  }

  /** Departments this member of staff works in. */
  const own = computed(() => organisation.value.departments.filter((one) => one.members.some((member) => member.agent_id === session.agent?.id)))
  const typeOf = (code: string) => types.value.find((type) => type.code === code)
  return { types, organisation, own, load, typeOf }
})

/** Codes → names; an unknown code is shown as it is. */
export function useOrderNames() {
  const orders = useOrders()
  const { locale, t, te } = useI18n()
  const name = (list: { code: string; name: Record<string, string> }[] | undefined, code: string | null | undefined) =>
    (code ? nameIn(list?.find((one) => one.code === code)?.name, locale.value, code) : '')
  return {
    type: (code: string) => name(orders.types, code),
    state: (type: string, code: string) => name(orders.typeOf(type)?.states, code),
    clock: (type: string, code: string) => name(orders.typeOf(type)?.clocks, code),
    department: (code: string | null | undefined) => name(orders.organisation.departments, code),
    /** A step by its own name, else what was done. */
    action: (type: string, action: string, step?: string | null) => {
      const steps = orders.typeOf(type)?.steps
      const code = step ?? action
      if (steps?.some((one) => one.code === code)) return name(steps, code)
      return te(`order_action.${action}`) ? t(`order_action.${action}`) : t('order_action.unknown')
    },
    field: (type: string, code: string) => name(orders.typeOf(type)?.fields, code),
    value: (type: string, code: string, value: string) => name(orders.typeOf(type)?.fields.find((field) => field.code === code)?.choices, value),
  }
}
