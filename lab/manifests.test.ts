import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyCommands, writeManifests } from './manifests.ts'

const page = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

/** The kubectl commands of a page or section that create something, in its order. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n')
    .filter((line) => /^kubectl (apply|create) /.test(line))
}

const section = (text: string, heading: string): string =>
  text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''

/** The steps to run the checkup as a Job with kubectl only. */
const RUN_IT = ['1. Permissions', '2. Configuration', '3b. Run it as a Job'].flatMap((heading) =>
  commandsOf(section(page('docs/cluster.md'), heading)),
)
const OPTIONAL = commandsOf(section(page('docs/permissions.md'), 'Optional: what the checkup may read'))

describe('the steps that a lab prints which is kept up', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-manifests-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('are those of docs/cluster.md, with the optional role of docs/permissions.md marked as that', async () => {
    const filledIn = { image: 'registry/checkup:1', configMap: 'config', data: { 'spec.timeout': '10m' } }
    const lines = applyCommands(await writeManifests(folder, filledIn), 'target')
    const asPage = lines
      .filter((line) => !line.startsWith('#'))
      .map((line) =>
        line
          .replace('apply -f', 'apply -n <target-namespace> -f')
          .replace(folder, 'fixtures/manifests')
          .replace('=target:', '=<target-namespace>:'),
      )
    const [account, ...others] = RUN_IT
    expect(others).to.have.lengthOf(2)
    expect(OPTIONAL).to.have.lengthOf(2)
    expect(asPage).to.deep.equal([account, ...OPTIONAL, ...others])
    const optional = lines.findIndex((line) => line.startsWith('# Optional'))
    expect(lines[optional + 1]).to.include('preflight-permissions.yaml')
    expect(lines[optional + 2]).to.include('create clusterrolebinding')
    expect(lines[optional + 3]).to.match(/^#/)
  })
})
