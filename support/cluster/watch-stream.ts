/** The stream of one watch: the events of the objects of one collection. */
import { type KubeConfig, Watch } from './client-node.ts'

export interface WatchHandlers {
  /** `type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR; an error's object is a Status. */
  readonly onEvent: (type: string, object: unknown) => void
  /** Called once, however it ends; with the HTTP status if the server refused it. */
  readonly onEnd: (status: number | undefined) => void
}

/**
 * Opens a watch. client-node treats a stream without events as lost after half a minute.
 * @returns what closes it
 * @throws if the credentials are not available
 */
export async function openWatch(
  kubeConfig: KubeConfig,
  path: string,
  query: Readonly<Record<string, string>>,
  { onEvent, onEnd }: WatchHandlers,
): Promise<() => void> {
  const watching = await new Watch(kubeConfig).watch(path, { ...query }, onEvent, (error: unknown) => {
    onEnd(statusOf(error))
  })
  return () => {
    watching.abort()
  }
}

/** client-node puts the HTTP status into the error. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}
