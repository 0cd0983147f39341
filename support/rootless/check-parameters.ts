/**
 * Says whether words such as TAP_QUEUES=2 are parameters of the rootless pods, for those who start the suite in a lab
 * that takes a while to be there: prints all parameters as JSON, or what is wrong with them, and exits with 2.
 */
import { runCommand } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { readSuiteParameters } from './config-map.ts'
import { DEFINITIONS } from './parameters.ts'

await runCommand((args) => {
  const violations: string[] = []
  const given: Record<string, string> = {}
  for (const word of args) {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || value === undefined) violations.push(`${word} is no NAME=value; see --help`)
    else if (name === 'ROOT' || name === 'PRIVILEGED') violations.push(`${name}: say it by --variant`)
    else if (!Object.hasOwn(DEFINITIONS, name))
      violations.push(`${name} is no parameter of the rootless suite`)
    else given[name] = value
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  console.log(JSON.stringify(readSuiteParameters({ ...process.env, ...given }, undefined).parameters))
  return EXIT_CODE.ok
})
