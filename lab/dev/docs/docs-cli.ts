/** `npm run docs`: writes the generated parts of the documentation. */
import { writeFile } from 'node:fs/promises'
import { GENERATED, regenerated } from './pages.ts'
import { pathOf } from './root.ts'

for (const page of Object.keys(GENERATED)) await writeFile(pathOf(page), await regenerated(page))
