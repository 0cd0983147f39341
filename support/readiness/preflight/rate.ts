/** Whether a port can carry what the generator is asked to send. */
import { grouped } from '../../common/text.ts'
import { defineCheck } from './check.ts'

/**
 * What a frame of this test takes of a link, in bytes: IEEE 802.3's shortest frame with its check sequence,
 * and around it preamble and start delimiter (8) and the gap to the next one (12).
 */
export const FRAME_ON_WIRE_BYTES = { frame: 64, around: 20 } as const

export const rate = defineCheck({
  id: 'preflight.rate',
  title: 'its ports can carry the rate that is asked for',
  blames: 'input',
  reads: (survey) => Promise.resolve(survey.parameters),
  judge: ({ trafficGenPacketsPerSecond: asked, portBandwidthGbps }, { saw, wrong }) => {
    const { frame, around } = FRAME_ON_WIRE_BYTES
    const bitsPerFrame = (frame + around) * 8
    const lineRate = Math.floor((portBandwidthGbps * 1e9) / bitsPerFrame)
    const needed = `${grouped(asked)} packets/s × (${frame} + ${around}) bytes × 8 = ${gbps(asked * bitsPerFrame)} Gbit/s`
    saw('bandwidth needed', needed)
    saw(
      'bandwidth of a port',
      `${portBandwidthGbps} Gbit/s, ${grouped(lineRate)} packets/s of ${frame} bytes`,
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
