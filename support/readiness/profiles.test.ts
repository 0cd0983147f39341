import { expect } from 'chai'
import { PROFILE_NAMES } from '../model/certification.ts'
import { lineRate } from '../model/frame.ts'
import { InvalidInputError } from '../common/errors.ts'
import { currentCatalogue } from '../report/catalogue.ts'
import { claimWith } from './criteria/criteria.ts'
import { PARAMETERS } from './parameters.ts'
import { readParameters } from './read-parameters.ts'
import { CERTIFICATION_PROFILES, profileValues } from './profiles.ts'

function read(given: Readonly<Record<string, string>>) {
  const all = { networkAttachmentDefinitionName: 'net', ...given }
  const keys = Object.entries(all).map(([name, value]) => [`spec.param.${name}`, value] as const)
  return readParameters({ 'spec.timeout': '3h', ...Object.fromEntries(keys) })
}

function violationsOf(given: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(given)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations
    throw error
  }
  return []
}

describe('profiles', () => {
  it('are those of the model, and set parameters that there are', () => {
    expect(CERTIFICATION_PROFILES.map(({ name }) => name)).to.deep.equal([...PROFILE_NAMES])
    for (const profile of CERTIFICATION_PROFILES)
      expect(PARAMETERS).to.include.all.keys(Object.keys(profileValues(profile)))
  })

  it('set what is not given, and deviate where something else is', () => {
    const telco = read({ profile: 'telco' })
    expect(telco).to.deep.include({
      directions: 2,
      soak: 600_000,
      profile: { name: 'telco', deviations: [] },
    })
    expect(telco.asUsed).to.include({ profile: 'telco', soak: '10m', trafficGenPacketsPerSecond: '8m' })
    const deviating = read({ profile: 'telco', soak: '1m', trafficGenPacketsPerSecond: '8000k' })
    expect(deviating).to.deep.include({
      soak: 60_000,
      profile: { name: 'telco', deviations: [{ parameter: 'soak', profile: '10m', used: '1m' }] },
    })
  })

  it('ask for several sizes of frames, a run each, at a rate that the line carries', () => {
    const imix = read({ profile: 'telco', frameSize: 'imix' })
    expect(imix).to.deep.include({
      trafficGenPacketsPerSecond: 1_800_000,
      profile: { name: 'telco', deviations: [] },
    })
    for (const { sizes } of CERTIFICATION_PROFILES) {
      for (const run of sizes) {
        const { trafficGenPacketsPerSecond: rate, frameSize } = read({ ...run })
        expect(rate / lineRate(10, frameSize), run.frameSize).to.be.within(0.5, 0.56)
      }
    }
    const deviations = [
      { parameter: 'frameSize', profile: '64', used: '512' },
      { parameter: 'trafficGenPacketsPerSecond', profile: '8m', used: '1m' },
    ]
    const other = read({ profile: 'telco', frameSize: '512', trafficGenPacketsPerSecond: '1m' })
    expect(other.profile?.deviations).to.deep.equal(deviations)
  })

  it('are not there without being asked for', () => {
    expect(read({}).profile).to.equal(undefined)
    expect(read({ profile: ' ' }).profile).to.equal(undefined)
    expect(violationsOf({ profile: 'gold' })).to.deep.equal([
      'spec.param.profile must be baseline, telco or performance, not "gold"',
    ])
  })

  it('contradict what makes no sense with them, and say what they set', () => {
    const [first, last] = violationsOf({ profile: 'performance', capacity: 'off' })
    expect(first).to.equal('spec.param.repeat has no effect without spec.param.capacity')
    expect(last).to.match(
      /^profile performance sets, because they are not given: .*, capacity=certification, repeat=3, latency=true$/,
    )
  })

  it('require what the catalogue has as MUST', () => {
    for (const name of PROFILE_NAMES) {
      const must = currentCatalogue().criteria.filter(({ profiles }) => profiles[name] === 'MUST')
      expect(claimWith(read({ profile: name })).essential, name).to.have.members(must.map(({ id }) => id))
    }
  })
})

describe('waivers among the parameters', () => {
  const waivers = JSON.stringify({
    waivers: [
      {
        criterion: 'guest.numa-aligned',
        scope: { cluster: 'c' },
        reason: 'known',
        owner: 'me',
        ticket: 'T-1',
        issued: '2026-11-01',
        expires: '2026-12-31',
      },
    ],
  })
  const read = (text: string, now: string) =>
    readParameters(
      {
        'spec.timeout': '1h',
        'spec.param.networkAttachmentDefinitionName': 'net',
        'spec.param.waivers': text,
      },
      { now: new Date(now) },
    )

  it('are told by their digest', () => {
    const parameters = read(waivers, '2026-12-01')
    expect(parameters.waivers).to.have.length(1)
    expect(parameters.asUsed['waivers']).to.match(/^1 waiver, sha256:[0-9a-f]{64}$/)
  })

  it('are refused once they have expired', () => {
    expect(() => read(waivers, '2027-01-01')).to.throw(
      InvalidInputError,
      'waiver 1 (guest.numa-aligned) has expired on 2026-12-31',
    )
  })

  it('are what acceptWaivers needs', () => {
    expect(violationsOf({ acceptWaivers: 'true' })).to.deep.equal([
      'spec.param.acceptWaivers has no effect without spec.param.waivers',
    ])
  })
})
