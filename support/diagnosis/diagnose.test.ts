import { expect } from 'chai'
import { planShape } from '../model/vmi-shape.ts'
import { vmiNeeds } from '../model/vmi-needs.ts'
import { type CauseEntry, type Certainty, sized } from './cause.ts'
import { diagnose } from './diagnose.ts'
import { asked, criterion, findings } from './findings.fixture.ts'

function entry(
  id: string,
  certainty: Certainty | undefined,
  explains: string[] = ['traffic.no-loss'],
): CauseEntry {
  return {
    id,
    title: id,
    looksAt: '',
    provedBy: '',
    remedy: `mend ${id}`,
    explains,
    find: () => (certainty === undefined ? undefined : { certainty, sentence: `${id} is so`, evidence: [] }),
  }
}
const lossy = findings({ criteria: [criterion('traffic.no-loss'), criterion('guest.hugepages', 'passed')] })
const ids = (catalogue: CauseEntry[]) => diagnose(lossy, catalogue).map(({ id }) => id)

describe('a diagnosis', () => {
  it('names what is proved before what is likely, and that before what is possible', () => {
    expect(
      ids([entry('c', 'possible'), entry('b', 'likely'), entry('a', 'proved'), entry('b2', 'likely')]),
    ).to.deep.equal(['a', 'b', 'b2', 'c'])
  })

  it('names a last resort only for what nothing better explains', () => {
    const last = (certainty: 'proved' | 'possible'): CauseEntry => ({
      ...entry('last', certainty),
      isLastResort: true,
    })
    expect(ids([entry('a', 'likely'), last('possible')])).to.deep.equal(['a'])
    expect(ids([entry('a', 'proved'), last('proved')])).to.deep.equal(['a'])
    expect(ids([entry('a', 'possible'), last('possible')])).to.deep.equal(['a', 'last'])
    expect(ids([last('proved')])).to.deep.equal(['last'])
    expect(ids([entry('elsewhere', 'proved', ['guest.hugepages']), last('proved')])).to.deep.equal(['last'])
  })

  it('names a last resort that is proved before what is likely only', () => {
    const last: CauseEntry = { ...entry('last', 'proved'), isLastResort: true }
    expect(ids([entry('a', 'likely'), last])).to.deep.equal(['last', 'a'])
  })

  it('says the remedy that helps where it was found, if that is another than usual', () => {
    const find = () => ({ certainty: 'proved', sentence: '', evidence: [], remedy: 'another' }) as const
    expect(diagnose(lossy, [{ ...entry('a', 'proved'), find }])[0]?.remedy).to.equal('another')
  })

  it('says the remedy with the figures of the VMIs that were asked for', () => {
    const catalogue = [{ ...entry('a', 'proved'), ...sized(({ cpus }) => `give it ${cpus} CPUs`) }]
    expect(diagnose(lossy, catalogue)[0]?.remedy).to.equal('give it 9 CPUs')
    const needs = vmiNeeds(planShape({ vcpus: 12 }))
    expect(diagnose({ ...lossy, asked: asked({ needs }) }, catalogue)[0]?.remedy).to.equal('give it 13 CPUs')
  })

  it('names what decides the verdict before what does not', () => {
    const mixed = findings({
      criteria: [criterion('traffic.rate-reached', 'inconclusive'), criterion('traffic.no-loss')],
    })
    const catalogue = [
      entry('slow', 'proved', ['traffic.rate-reached']),
      entry('lost', 'possible'),
      entry('both', 'likely', ['traffic.*']),
    ]
    expect(diagnose(mixed, catalogue).map(({ id }) => id)).to.deep.equal(['both', 'lost', 'slow'])
  })

  it('names only what explains a criterion that was not met', () => {
    expect(ids([entry('passed', 'proved', ['guest.hugepages']), entry('absent', undefined)])).to.deep.equal(
      [],
    )
    expect(diagnose(lossy, [entry('group', 'proved', ['traffic.*'])])).to.deep.equal([
      {
        id: 'group',
        explains: ['traffic.no-loss'],
        sentence: 'group is so',
        remedy: 'mend group',
        evidence: [],
      },
    ])
  })

  it('is not spoilt by an entry that trips over what it was given', () => {
    const broken: CauseEntry = {
      ...entry('broken', 'proved'),
      find: () => {
        throw new TypeError('no such thing')
      },
    }
    expect(ids([broken, entry('a', 'possible')])).to.deep.equal(['a'])
  })

  it('is empty where nothing is known, and where nothing fits', () => {
    expect(diagnose(findings({}))).to.deep.equal([])
    expect(diagnose(findings({ criteria: [criterion('traffic.no-loss')] }))).to.deep.equal([])
  })
})
