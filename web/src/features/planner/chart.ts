// SPDX-License-Identifier: Apache-2.0
// The parts of ECharts that the planner uses, in the chunk of charts.
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

export function startChart(place: HTMLElement): EChartsType {
  return init(place)
}
