/** docs/parameters.md: one heading per parameter of the ConfigMap. */
import type { Parameter } from '../../../support/readiness/parameter.ts'
import { PARAMETER_PREFIX, PARAMETERS, TIMEOUT, TIMEOUT_KEY } from '../../../support/readiness/parameters.ts'
import { asSentence, inline } from './markdown.ts'

export function parametersBlock(): string {
  const records = Object.entries<Parameter<unknown>>(PARAMETERS)
  return [
    section('timeout', TIMEOUT_KEY, TIMEOUT),
    ...records.map(([name, parameter]) => section(name, PARAMETER_PREFIX + name, parameter)),
  ].join('\n\n')
}

function section(name: string, key: string, parameter: Parameter<unknown>): string {
  const { doc, expected, isMandatory, default: usual } = parameter
  const absent = usual === undefined ? 'none' : `\`${usual}\``
  return [
    `### ${name}`,
    asSentence(doc),
    [
      `- **Key**: \`${key}\``,
      `- **Value**: ${inline(expected)}`,
      isMandatory ? '- **Mandatory**' : `- **Default**: ${absent}`,
    ].join('\n'),
  ].join('\n\n')
}
