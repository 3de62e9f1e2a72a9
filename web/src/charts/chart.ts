// SPDX-License-Identifier: Apache-2.0
// The parts of ECharts that the pages use, in a chunk of their own.
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

export function startChart(place: HTMLElement): EChartsType {
  return init(place)
}
