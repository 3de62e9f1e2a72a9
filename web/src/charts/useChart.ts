// SPDX-License-Identifier: Apache-2.0
// A chart in a component: its library is loaded only where one is shown; it follows its place's size, the language and
// the theme, and ends with the component.
import type { EChartsType } from 'echarts/core'
import { onBeforeUnmount, onMounted, watch, type Ref, type WatchSource } from 'vue'
import { useI18n } from 'vue-i18n'
import { useTheme } from '@/composables/useTheme'

/** A colour of the design, as it is in the current theme. */
export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Drawn into `place`, anew and from nothing whenever one of `sources` changes. */
export function useChart(place: Ref<HTMLElement | null>, sources: WatchSource[], options: () => Record<string, unknown>): void {
  const { locale } = useI18n()
  const { dark } = useTheme()
  let chart: EChartsType | null = null
  let observer: ResizeObserver | null = null
  let gone = false
  const draw = () => chart?.setOption(options(), true)

  onMounted(async () => {
    const { startChart } = await import('./chart')
    if (gone || !place.value) return
    chart = startChart(place.value)
    draw()
    observer = new ResizeObserver(() => chart?.resize())
    observer.observe(place.value)
  })
  watch([...sources, locale, dark], draw, { flush: 'post' })
  onBeforeUnmount(() => {
    gone = true
    observer?.disconnect()
    chart?.dispose()
  })
}
