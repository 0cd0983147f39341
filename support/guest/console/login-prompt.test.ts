import { expect } from 'chai'
import { showsLogin } from './login-prompt.ts'

describe('a console that does not answer as a shell', () => {
  for (const [what, output] of [
    ['the prompt', '\r\nDebian GNU/Linux 12 guest ttyS0\r\n\r\nguest login: '],
    ['a command line taken for a user name', 'guest login:  grep -H . /proc/net/pktgen\r\nPassword: '],
    ['keys taken for a password', '\r\nLogin incorrect\r\ncheckup-guest login: Password: '],
  ] as const)
    it(`shows a login: ${what}`, () => {
      expect(showsLogin(output)).to.equal(true)
    })

  for (const output of ['', '[root@guest ~]# ', 'testpmd> ', 'Last login: Sat Nov 21 22:00:00 on ttyS0\r\n'])
    it(`shows none: ${JSON.stringify(output)}`, () => {
      expect(showsLogin(output)).to.equal(false)
    })
})
