/** `npm run schema`: writes the schema again after the model has changed. */
import { writeFile } from 'node:fs/promises'
import { reportJsonSchema } from './json.ts'

await writeFile(
  new URL('../../fixtures/report.schema.json', import.meta.url),
  `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n`,
)
