// SPDX-License-Identifier: Apache-2.0
// The parts of ECharts that the wallboard uses, in a chunk of their own.
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

export function startChart(place: HTMLElement): EChartsType {
  return init(place)
}
