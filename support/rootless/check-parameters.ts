/**
 * Validates arguments such as TAP_QUEUES=2 before a lab is started for the rootless suite: prints all parameters as
 * JSON, or the violations with exit code 2.
 */
import { runCommand } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { readSuiteParameters } from './config-map.ts'
import { DEFINITIONS } from './parameters.ts'

await runCommand((args) => {
  const violations: string[] = []
  const given: Record<string, string> = {}
  for (const argument of args) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/s.exec(argument) ?? []
    if (name === undefined || value === undefined)
      violations.push(`${argument} is not NAME=value; see --help`)
    else if (name === 'ROOT' || name === 'PRIVILEGED') violations.push(`${name}: use --variant instead`)
    else if (!Object.hasOwn(DEFINITIONS, name))
      violations.push(`${name} is not a parameter of the rootless suite`)
    else given[name] = value
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  console.log(JSON.stringify(readSuiteParameters({ ...process.env, ...given }, undefined).parameters))
  return EXIT_CODE.ok
})
