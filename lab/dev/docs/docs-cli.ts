/** `npm run docs`: writes what of the documentation is made from records. */
import { writeFile } from 'node:fs/promises'
import { GENERATED, pathOf, regenerated } from './pages.ts'

for (const page of Object.keys(GENERATED)) await writeFile(pathOf(page), await regenerated(page))
