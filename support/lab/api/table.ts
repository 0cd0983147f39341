/** The Table form of objects (meta.k8s.io/v1), from which `kubectl get` prints its columns. */
import type { KubeObject, ResourceKind } from './contract.ts'

interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

interface TableColumn extends ColumnDefinition {
  readonly cell: (object: KubeObject) => string | number
}

/** A Table of these objects; `headless` leaves the column definitions out, as in a watch's later events. */
export function tableOf(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  metadata: object,
  headless = false,
): object {
  const columns = columnsOf(kind)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headless
      ? null
      : columns.map(({ name, type, format, description, priority }) => ({
          name,
          type,
          format,
          description,
          priority,
        })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  }
}

/** Name first; the age comes last for the kinds every cluster has, and second for custom ones. */
function columnsOf(kind: ResourceKind): TableColumn[] {
  const name = column('Name', 'name', (object) => object.metadata.name)
  const age = column('Age', '', (object) => ageOf(object))
  const own = (kind.columns ?? []).map(({ name: title, value, wide }) => column(title, '', value, wide))
  return kind.custom ? [name, age, ...own] : [name, ...own, age]
}

function column(
  name: string,
  format: string,
  cell: (object: KubeObject) => string,
  wide = false,
): TableColumn {
  return { name, type: 'string', format, description: name, priority: wide ? 1 : 0, cell }
}

/** As kubectl writes ages: `45s`, `3m20s`, `59m`, `5h10m`, `26h`, `3d4h`, `12d`. */
function ageOf(object: KubeObject): string {
  const created = object.metadata.creationTimestamp
  if (created === undefined) return '<unknown>'
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(created)) / 1000))
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  return days < 8 ? pair(days, 'd', hours % 24, 'h') : `${days}d`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}
