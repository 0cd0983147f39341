/** Whether a port can carry what the generator is asked to send. */
import { grouped } from '../../common/text.ts'
import { AROUND_FRAME_BYTES, FRAME_WITH_FCS_BYTES } from '../../model/frame.ts'
import { defineCheck } from './check.ts'

export const rate = defineCheck({
  id: 'preflight.rate',
  title: 'the requested rate fits the port speed',
  blames: 'input',
  reads: (survey) => Promise.resolve(survey.parameters),
  judge: ({ trafficGenPacketsPerSecond: asked, portBandwidthGbps }, { saw, wrong }) => {
    const bitsPerFrame = (FRAME_WITH_FCS_BYTES + AROUND_FRAME_BYTES) * 8
    const lineRate = Math.floor((portBandwidthGbps * 1e9) / bitsPerFrame)
    const needed = `${grouped(asked)} packets/s × (${FRAME_WITH_FCS_BYTES} + ${AROUND_FRAME_BYTES}) bytes × 8 = ${gbps(asked * bitsPerFrame)} Gbit/s`
    saw('bandwidth needed', needed)
    saw(
      'bandwidth of a port',
      `${portBandwidthGbps} Gbit/s, ${grouped(lineRate)} packets/s of ${FRAME_WITH_FCS_BYTES} bytes`,
    )
    if (asked <= lineRate) return
    wrong(
      `the rate does not fit through a port of ${portBandwidthGbps} Gbit/s: ${needed}; at most ${grouped(lineRate)} packets/s ` +
        'do (trafficGenPacketsPerSecond, portBandwidthGbps)',
    )
  },
})

function gbps(bitsPerSecond: number): string {
  return String(Number((bitsPerSecond / 1e9).toPrecision(4)))
}
