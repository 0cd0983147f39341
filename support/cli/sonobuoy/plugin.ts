/** The definition of the Sonobuoy plugin: fixtures/manifests/sonobuoy-plugin.yaml, filled in. */
import { z } from 'zod'
import { readManifest, type Wanted } from '../in-cluster/manifests.ts'
import { parameterWords, PROGRAM } from '../in-cluster/schedule.ts'

const pluginSchema = z.looseObject({
  spec: z.looseObject({ image: z.string(), command: z.array(z.string()), args: z.array(z.string()) }),
})

/** Without a namespace, the plugin runs the checkup in Sonobuoy's own. */
export function sonobuoyPlugin({ namespace, data, image }: Wanted): object {
  const plugin = pluginSchema.parse(readManifest('sonobuoy-plugin')[0])
  const { spec } = plugin
  const args = [...(namespace === undefined ? [] : ['-n', namespace]), ...parameterWords(data)]
  return { ...plugin, spec: { ...spec, image: image ?? spec.image, command: [...PROGRAM, 'sonobuoy'], args } }
}
