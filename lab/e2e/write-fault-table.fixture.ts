/** `npm run readme:faults`: writes the table of faults into the README. */
import { readFile, writeFile } from 'node:fs/promises'
import { faultTable, README, withFaultTable } from './fault-table.fixture.ts'

await writeFile(README, withFaultTable(await readFile(README, 'utf8'), await faultTable()))
