/** What lcores had to spare, in words, for every place that shows it. */
import { formatDuration } from '../common/duration.ts'
import type { Headroom, QueueHeadroom } from './model.ts'
import { grouped } from './text.ts'

/** testpmd tells of whole percent, rounded down. */
export function isSaturated({ emptyPercent }: QueueHeadroom): boolean {
  return emptyPercent === 0
}

/** The queue whose lcore had the least to spare; undefined where nothing was measured. */
export function leastHeadroom({ queues }: Headroom): QueueHeadroom | undefined {
  return queues.toSorted((one, other) => one.emptyPercent - other.emptyPercent)[0]
}

/** `93 %`, or `less than 1 %` */
export function emptyText(queue: QueueHeadroom): string {
  return isSaturated(queue) ? 'less than 1 %' : `${queue.emptyPercent} %`
}

/** `east queue 0 (CPU 4)` */
export function queueText({ port, queue, cpu }: Pick<QueueHeadroom, 'port' | 'queue' | 'cpu'>): string {
  return `${port} queue ${queue} (CPU ${cpu})`
}

/** `93 % of 3,200,000 polls in 8s` */
export function pollsText(queue: QueueHeadroom, { measuredFor = 0 }: Headroom): string {
  return `${emptyText(queue)} of ${grouped(queue.polls)} polls in ${formatDuration(measuredFor)}`
}

/** One line: of the queue that had the least, for that one decides. */
export function headroomText(headroom: Headroom): string {
  const least = leastHeadroom(headroom)
  if (least === undefined) return `not known: ${headroom.unknown ?? 'nothing was measured'}`
  const none = isSaturated(least) ? 'none: ' : ''
  const more = headroom.queues.length > 1 ? `, the least of ${headroom.queues.length} queues` : ''
  return `${none}${emptyText(least)} of the polls of ${queueText(least)} found nothing${more}`
}
