/** What the workflows name exists here: nobody sees a step that is wrong before a tag is pushed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parse } from 'yaml'
import { z } from 'zod'
import { cacheFolder } from '../guests/cache-folder.ts'
import { parseImagesArguments } from '../images/image-arguments.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, '.github/workflows')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const workflowSchema = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      needs: z.string().optional(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
})

const WORKFLOWS = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  const { jobs } = workflowSchema.parse(parse(text))
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  return { file, text, jobs, commands: steps.flatMap(({ run = '' }) => run.trim().split('\n')) }
})

function commandsOf(name: string): readonly string[] {
  return WORKFLOWS.find(({ file }) => file === name)?.commands ?? []
}

describe('the workflows', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }

  it('name each action by its commit, with the version beside it', () => {
    const uses = WORKFLOWS.flatMap(({ text }) => text.match(/uses: .*/g) ?? [])
    expect(uses).to.have.lengthOf.above(4)
    for (const use of uses) expect(use).to.match(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('run scripts and files that exist, in jobs that exist', () => {
    const all = WORKFLOWS.flatMap(({ commands }) => commands).join('\n')
    const named = [...all.matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)].map(([, script]) => script ?? '')
    expect(named).to.include.members(['images', 'sbom'])
    for (const script of named) expect(scripts, script).to.have.property(script)
    const files = [...all.matchAll(/^bash (\S+)/gm)].map(([, file]) => file ?? '')
    expect(files).to.have.lengthOf.above(1)
    for (const file of files) expect(existsSync(join(ROOT, file)), file).to.equal(true)
    for (const { file, jobs } of WORKFLOWS)
      for (const { needs } of Object.values(jobs))
        if (needs !== undefined) expect(jobs, file).to.have.property(needs)
  })

  it('test with what .ci/run tests with, before anything is published', () => {
    for (const { file, jobs } of WORKFLOWS)
      expect(jobs['test']?.steps.at(file === 'ci.yml' ? -2 : -1)?.run, file).to.equal('bash .ci/run')
    expect(WORKFLOWS.find(({ file }) => file === 'release.yml')?.jobs['publish']?.needs).to.equal('test')
  })

  it('of a release push the image by arguments that images takes, and read its digest where that is written', () => {
    const commands = commandsOf('release.yml')
    const push = commands.find((line) => line.startsWith('npm run images -- ')) ?? ''
    const words = push.replace('"${PREFIX,,}"', 'ghcr.io/owner').replace('"${GITHUB_REF_NAME#v}"', '1.2.3')
    expect(parseImagesArguments(words.split(' ').slice(4))).to.deep.include({
      images: ['checkup'],
      push: 'ghcr.io/owner',
      tag: '1.2.3',
    })
    const cache = relative(homedir(), cacheFolder({}))
    const contents = `contents=$HOME/${cache}/container-images/kubevirt-dpdk-checkup.json`
    expect(commands).to.include(contents)
    expect(read('lab/images/build.ts'))
      .to.include("'container-images'")
      .and.include("'kubevirt-dpdk-checkup'")
  })

  it('of a release attach the bill of materials that sbom writes, and stamp the image into the package', () => {
    const commands = commandsOf('release.yml')
    const at = (what: string) => {
      const index = commands.findIndex((line) => line.includes(what))
      expect(index, what).to.not.equal(-1)
      return index
    }
    expect(at('DPDK_CHECKUP_IMAGE=')).to.be.below(at('cosign sign'))
    expect(at('npm run sbom')).to.be.below(at('--predicate dist/sbom.cdx.json'))
    expect(at('repository.url=git+')).to.be.below(at('npm run images -- checkup'))
    expect(at('repository.url=git+')).to.be.below(at('npm publish --provenance'))
    expect(scripts).to.have.property('prepack')
    expect(read('lab/package/supply-chain.ts')).to.include("'sbom.cdx.json'")
    expect(read('lab/package/package-cli.ts')).to.include("process.env['DPDK_CHECKUP_IMAGE']")
  })
})
