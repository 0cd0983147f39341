import { expect } from 'chai'
import { InvalidInputError } from '../../support/common/errors.ts'
import { DEFAULT_BASE, HELP, parseImagesArguments } from './image-arguments.ts'

describe('arguments of npm run images', () => {
  it('are all images, as archives, by default', () => {
    expect(parseImagesArguments([])).to.deep.equal({
      help: false,
      images: ['checkup', 'vm-under-test', 'traffic-gen', 'testpmd'],
      base: DEFAULT_BASE,
      guestImage: 'full',
      output: undefined,
      push: undefined,
      tag: 'main',
    })
  })

  it('name the images, in the order they are built', () => {
    expect(parseImagesArguments(['traffic-gen', 'checkup', 'checkup']).images).to.deep.equal([
      'checkup',
      'traffic-gen',
    ])
  })

  for (const place of ['registry.example', 'localhost:5000', 'quay.io/some/deep_prefix', 'r:1/a.b-c']) {
    it(`push to ${place}`, () => {
      expect(parseImagesArguments(['--push', place]).push).to.equal(place)
    })
  }

  for (const [words, complaint] of [
    [['guests'], 'there is no image guests, only checkup, vm-under-test, traffic-gen, testpmd'],
    [['--push', 'https://quay.io/a'], '--push takes <registry>/<prefix>'],
    [['--push', 'quay.io/a/'], '--push takes <registry>/<prefix>'],
    [['--push', 'quay.io/UPPER'], '--push takes <registry>/<prefix>'],
    [['--push', 'a', '--output', 'b'], '--output and --push exclude each other'],
    [['--tag', 'a b'], '--tag a b is not a valid image tag'],
    [['--base', ''], '--base is empty'],
    [['--guest-image', 'fat'], '--guest-image takes full or minimal, not fat'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    it(`refuse ${words.join(' ')}`, () => {
      expect(() => parseImagesArguments(words)).to.throw(InvalidInputError, complaint)
    })
  }

  it('are all in the help', () => {
    for (const option of ['--output', '--push', '--tag', '--base', '--guest-image', '--help', 'TREX_ARCHIVE'])
      expect(HELP).to.include(option)
  })
})
