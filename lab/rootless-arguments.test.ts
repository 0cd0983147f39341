import { expect } from 'chai'
import { InvalidInputError } from '../support/common/errors.ts'
import { asksForRootless, parseRootlessArguments } from './rootless-arguments.ts'

describe('arguments of npm start -- --suite rootless', () => {
  const parse = (...args: string[]) => parseRootlessArguments(['start', '--suite', 'rootless', ...args])

  it('run all variants by default, and leave nothing out', () => {
    expect(parse()).to.deep.equal({
      command: 'start',
      help: false,
      without: [],
      parameters: [],
      variants: ['default', 'root', 'privileged'],
    })
  })

  it('choose a variant, leave things out, and pass parameters on', () => {
    const args = [
      '--variant',
      'root',
      '--without',
      'vhost-net,vf-mac',
      '--without=machineconfig',
      'TAP_QUEUES=2',
    ]
    expect(parse(...args)).to.deep.include({
      variants: ['root'],
      without: ['vhost-net', 'vf-mac', 'machineconfig'],
      parameters: ['TAP_QUEUES=2'],
    })
  })

  it('are told from those of the readiness suite', () => {
    expect(asksForRootless(['start', '--suite', 'rootless'])).to.equal(true)
    expect(asksForRootless(['lab', '--suite=rootless'])).to.equal(true)
    expect(asksForRootless(['start', 'rootless'])).to.equal(false)
    expect(asksForRootless(['start', '--suite', 'readiness'])).to.equal(false)
  })

  const refused: readonly (readonly [readonly string[], string])[] = [
    [['start', '--variant', 'admin'], '--variant takes default, root, privileged or all, not admin'],
    [
      ['start', '--without', 'dpdk'],
      '--without takes vhost-net, machineconfig, inheritable-capabilities, vf-mac, not dpdk',
    ],
    [['start', '--nic', 'virtio'], '--nic works with --suite readiness only'],
    [['lab', '--variant', 'all'], '--variant works with npm start only: the lab alone runs no suite'],
    [['lab', 'TAP_QUEUES=2'], 'lab takes no parameters (TAP_QUEUES=2)'],
    [['stop'], 'the command is start or lab, not stop'],
  ]
  for (const [words, sentence] of refused)
    it(`refuse ${words.join(' ')}`, () => {
      expect(() => parseRootlessArguments(words))
        .to.throw(InvalidInputError)
        .with.property('message')
        .that.includes(sentence)
    })
})
