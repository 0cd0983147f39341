import { expect } from 'chai'
import { isImageReference } from './image-reference.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`

describe('a reference to an image', () => {
  for (const reference of [
    'vm',
    'quay.io/kiagnose/vm:main',
    'localhost:5000/vm',
    '10.0.0.1:5000/kiagnose/vm:main',
    `quay.io/kiagnose/vm@${DIGEST}`,
    '[fd00::10]:5000/kiagnose/vm:main',
    '[2001:DB8::1]/vm',
    `[fd00::10]:5000/vm@${DIGEST}`,
    '[::ffff:10.0.0.1]:5000/vm:t',
    `vm:main@sha512:${'0'.repeat(128)}`,
    'registry.example/a__b/c--d:v1.0_x',
    'Registry.example:5000/vm',
  ]) {
    it(`may be ${reference.slice(0, 40)}`, () => {
      expect(isImageReference(reference)).to.equal(true)
    })
  }

  for (const text of [
    '',
    'a b',
    'image;reboot',
    '$IFS',
    '`id`',
    "quay.io/x'",
    'vm@sha256:0',
    '[fd00::10]',
    '[fd00::10]:5000',
    '[]/vm',
    '[fd00:::1]/vm',
    '[10.0.0.1]/vm',
    'fd00::10]/vm',
    '[x]/vm',
    'fd00::10/vm',
    '[fe80::1%eth0]:5000/vm',
    // Kubelets refuse these as InvalidImageName.
    'docker://quay.io/vm',
    'https://quay.io/vm',
    'quay.io/vm:',
    'quay.io/Team/vm',
    'x'.repeat(513),
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 30))}`, () => {
      expect(isImageReference(text)).to.equal(false)
    })
  }
})
