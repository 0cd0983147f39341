/** Whether a port can carry the requested rate. */
import { grouped } from '../../common/text.ts'
import { AROUND_FRAME_BYTES, bitsOnTheLink, framesText, lineRate, meanBytes } from '../../model/frame.ts'
import { defineParameterCheck } from './check.ts'

export const rate = defineParameterCheck({
  id: 'preflight.rate',
  title: 'the requested rate fits the port speed',
  rationale: "A rate above the link's speed loses packets on any cluster.",
  remediation: 'Lower the rate, or correct portBandwidthGbps.',
  guardsHonesty: true,
  judge: (
    { trafficGenPacketsPerSecond: asked, minPacketsPerSecond = 0, portBandwidthGbps, frameSize },
    { fact, wrong },
  ) => {
    const most = lineRate(portBandwidthGbps, frameSize)
    const bytes = Number(meanBytes(frameSize).toFixed(2))
    const bits = asked * bitsOnTheLink(frameSize)
    const needed = `${grouped(asked)} packets/s × (${bytes} + ${AROUND_FRAME_BYTES}) bytes × 8 = ${gbps(bits)} Gbit/s`
    fact('bandwidth needed', needed)
    fact(
      'bandwidth of a port',
      `${portBandwidthGbps} Gbit/s, ${grouped(most)} packets/s of ${framesText(frameSize)}`,
    )
    if (minPacketsPerSecond > most)
      wrong(
        `${grouped(minPacketsPerSecond)} packets/s (minPacketsPerSecond) are above the ${grouped(most)} packets/s that a port of ${portBandwidthGbps} Gbit/s carries of ${framesText(frameSize)}`,
      )
    if (asked <= most) return
    wrong(
      `the rate exceeds the port speed of ${portBandwidthGbps} Gbit/s: ${needed}; at most ${grouped(most)} packets/s ` +
        'do (trafficGenPacketsPerSecond, frameSize, portBandwidthGbps)',
    )
  },
})

function gbps(bitsPerSecond: number): string {
  return String(Number((bitsPerSecond / 1e9).toPrecision(4)))
}
