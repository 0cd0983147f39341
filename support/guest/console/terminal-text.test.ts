import { expect } from 'chai'
import { stripTerminalCodes } from '../../common/text.ts'
import { quoteTail } from '../../common/sentence.ts'
import { growsLinearly } from '../../common/testing/growth.ts'
import { KernelLineFilter } from './terminal-text.ts'

describe('terminal text', () => {
  for (const [name, raw, plain] of [
    ['colours', 'a \x1b[94m21\x1b[0m.275', 'a 21.275'],
    ['bracketed paste', '\x1b[?2004hroot@lab:~# \x1b[?2004l\r', 'root@lab:~# '],
    ['titles', '\x1b]0;root@lab\x07# \x1b]2;x\x1b\\$ ', '# $ '],
    ['character sets', '\x1b(B\x1b=x\x1b7y\x1b8', 'xy'],
    ['carriage returns, bells and backspaces', 'a\r\nb\x07\x08\tc\x7f', 'a\nb\tc'],
  ] as const) {
    it(`is rid of ${name}`, () => {
      expect(stripTerminalCodes(raw)).to.equal(plain)
    })
  }

  it('is quoted by its end, on one line', () => {
    expect(quoteTail(`${'x'.repeat(500)}\r\nlast\x1b[0m words\r\n`, 20)).to.equal('"…xxxxxxxxx\\nlast words"')
    expect(quoteTail(' \r\n')).to.equal('nothing')
  })

  it('takes long escape sequences that never end in linear time', () => {
    expect(growsLinearly((size) => stripTerminalCodes('\x1b]0;'.repeat(size)), 250_000)).to.equal(true)
    expect(growsLinearly((size) => stripTerminalCodes(`\x1b[${'1;'.repeat(size)}`), 500_000)).to.equal(true)
  })
})

describe('kernel lines', () => {
  const filtered = (text: string, cut = text.length): string => {
    const filter = new KernelLineFilter()
    const out: Uint8Array[] = []
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += cut) out.push(filter.push(bytes.subarray(at, at + cut)))
    return Buffer.concat([...out, filter.flush()]).toString()
  }
  const emergency = '[  299.123456][    C1] watchdog: BUG: soft lockup - CPU#1 stuck!\r\n'

  for (const cut of [1, 7, 1000]) {
    it(`are taken out wherever they tear the output, cut by ${cut}`, () => {
      expect(filtered(`one\ntw${emergency}o\n${emergency}${emergency}three\n`, cut)).to.equal(
        'one\ntwo\nthree\n',
      )
    })

    it(`that a command prints stay, cut by ${cut}`, () => {
      const dmesg = '[    0.000000] Linux version 6.1\n[    0.100000] Command line: quiet\n'
      expect(filtered(dmesg, cut)).to.equal(dmesg)
      expect(filtered(`[    0.00${emergency}0000] Linux\n[ 1.5] x`, cut)).to.equal(
        '[    0.000000] Linux\n[ 1.5] x',
      )
    })
  }

  it('may stand within a character', () => {
    const [head, tail] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
    const filter = new KernelLineFilter()
    const out = filter.push(Buffer.concat([head, Buffer.from(emergency), tail, Buffer.from('\n')]))
    expect(Buffer.from(out).toString()).to.equal('ü\n')
  })
})
