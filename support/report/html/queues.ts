/** Packets of each RX queue of the VM under test, and the spare time of its lcore. */
import { grouped } from '../../common/text.ts'
import { headroomText, pollsText, queueText } from '../headroom-text.ts'
import type { Traffic } from '../../model/traffic.ts'
import { html, type Html } from '../escape.ts'
import { pairs, text } from './parts.ts'

export function queueFacts({ headroom, queues }: Traffic): Html | undefined {
  const facts: [string, Html][] = []
  if (headroom !== undefined) facts.push(['Headroom of its lcores', text(headroomText(headroom))])
  for (const one of queues?.received ?? []) {
    const polls = headroom?.queues.find(({ port, queue }) => port === one.port && queue === one.queue)
    const spare =
      polls === undefined || headroom === undefined ? '' : `, ${pollsText(polls, headroom)} found no packet`
    facts.push([`VM under test, ${queueText(one)}`, html`${grouped(one.packets)} packets received${spare}`])
  }
  if (headroom?.cyclesPerPacket !== undefined)
    facts.push(['Cycles per packet', html`${grouped(Math.round(headroom.cyclesPerPacket))}`])
  return facts.length === 0 ? undefined : pairs(facts)
}
