import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyCommands, writeManifests } from './manifests.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The README's kubectl commands that make something, in its order. */
function commandsOfReadme(): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith('Run it on a cluster\n')) ?? ''
  return section
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n')
    .filter((line) => /^kubectl (apply|create) /.test(line))
}

describe('the steps that a lab prints which is kept up', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-manifests-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it("are the README's, with what is optional marked as that", async () => {
    const filledIn = { image: 'registry/checkup:1', configMap: 'config', data: { 'spec.timeout': '10m' } }
    const lines = applyCommands(await writeManifests(folder, filledIn), 'target')
    const asReadme = lines
      .filter((line) => !line.startsWith('#'))
      .map((line) =>
        line
          .replace('apply -f', 'apply -n <target-namespace> -f')
          .replace(folder, 'fixtures/manifests')
          .replace('=target:', '=<target-namespace>:'),
      )
    expect(asReadme).to.deep.equal(commandsOfReadme())
    const optional = lines.findIndex((line) => line.startsWith('# Optional'))
    expect(lines[optional + 1]).to.include('preflight-permissions.yaml')
    expect(lines[optional + 2]).to.include('create clusterrolebinding')
    expect(lines[optional + 3]).to.match(/^#/)
  })
})
