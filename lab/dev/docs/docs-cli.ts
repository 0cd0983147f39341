/** `npm run docs`: writes the generated parts of the documentation, and the current catalogue of criteria. */
import { writeFile } from 'node:fs/promises'
import { CATALOGUE_FILE, catalogueText } from './catalogue-file.ts'
import { GENERATED, regenerated } from './pages.ts'
import { pathOf } from './root.ts'

await writeFile(CATALOGUE_FILE, await catalogueText())
for (const page of Object.keys(GENERATED)) await writeFile(pathOf(page), await regenerated(page))
