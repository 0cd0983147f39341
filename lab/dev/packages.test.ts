/** Which workspace owns which package: the product must not depend on packages of the lab. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'

interface LockedPackage {
  readonly dev?: boolean
  readonly link?: boolean
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
}

describe('the packages', () => {
  const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> }
  const product = read('package.json') as Manifest
  const lab = read('lab/package.json') as Manifest
  const OWN = ['', 'lab', `node_modules/${lab.name}`]
  const ofProduction = Object.entries(packages)
    .filter(([path, { dev = false }]) => !dev && !OWN.includes(path))
    .map(([path]) => path)

  it('of production include no browser, shell interpreter or protobuf', () => {
    expect(ofProduction).to.include.members(['node_modules/mocha', 'node_modules/zod'])
    expect(ofProduction.filter((path) => /playwright|axe-core|bash|protobuf|hono/.test(path))).to.deep.equal(
      [],
    )
    for (const name of Object.keys(lab.devDependencies))
      expect(ofProduction, name).not.to.include(`node_modules/${name}`)
  })

  it("of the lab are development's, and lie where the product's tests find them too", () => {
    expect(lab).not.to.have.property('dependencies')
    for (const name of Object.keys(lab.devDependencies))
      expect(packages[`node_modules/${name}`], name).to.include({ dev: true })
    expect(Object.keys(packages).filter((path) => path.startsWith('lab/'))).to.deep.equal([])
  })

  it('have one home each', () => {
    const ofProduct = { ...product.dependencies, ...product.devDependencies }
    expect(Object.keys(ofProduct)).not.to.include.any.members(Object.keys(lab.devDependencies))
  })
})
