/** Tables (meta.k8s.io/v1), from which `kubectl get` prints its columns. */
import type { Column, KubeObject, ResourceKind } from './contract.ts'
import { humanDuration } from './workload-columns.ts'

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

/** A Table of these objects; `headless`: without column definitions, for all events of a watch but the first. */
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

/** The order of columns: name first; age last for built-in kinds and second for custom resources. */
function columnsOf(kind: ResourceKind): TableColumn[] {
  const name = column('Name', 'name', (object) => object.metadata.name)
  const age = column('Age', '', (object) => ageOf(object))
  const cells = (columns: readonly Column[] = []) =>
    columns.map(({ name: title, value, wide }) => column(title, '', value, wide))
  const [own, trailing] = [cells(kind.columns), cells(kind.trailingColumns)]
  return kind.custom ? [name, age, ...own] : [name, ...own, age, ...trailing]
}

function column(
  name: string,
  format: string,
  cell: (object: KubeObject) => string,
  wide = false,
): TableColumn {
  return { name, type: 'string', format, description: name, priority: wide ? 1 : 0, cell }
}

function ageOf(object: KubeObject): string {
  const created = object.metadata.creationTimestamp
  return created === undefined ? '<unknown>' : humanDuration((Date.now() - Date.parse(created)) / 1000)
}
