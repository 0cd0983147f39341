/** Common code of all pictures drawn by echarts. */
// The bundle is one file: loading the 300 modules that it is made of takes half a second of CPU time.
import { init } from 'echarts/dist/echarts.esm.min'
import type { EChartsCoreOption } from 'echarts/core'

/** Pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

const FONT_SIZE = 12

/** Draws a chart as SVG. @param prefix of the ids in it */
export function drawn(option: EChartsCoreOption, { width, height }: Size, prefix: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: 'inherit', fontSize: FONT_SIZE },
      ...option,
    })
    return settled(chart.renderToSVGString(), `${prefix}-${width}`)
  } finally {
    chart.dispose()
  }
}

/** Removes mouse styles, and makes ids independent of how many pictures were drawn before. */
function settled(svg: string, prefix: string): string {
  return svg
    .replace(/<style[^]*?<\/style>/g, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/ pointer-events="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${prefix}-`)
    .replace(/\n+/g, '\n')
}
