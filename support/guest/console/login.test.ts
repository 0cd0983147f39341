import { expect } from 'chai'
import { SuiteError } from '../../common/errors.ts'
import { silentLogger } from '../../common/logger.ts'
import { ConsoleReader } from './console-reader.ts'
import { logIn } from './login.ts'
import { FakeGuest, type FakeGuestOptions } from '../testing/fake-guest.ts'
import { within } from '../testing/limits.ts'

const PASSWORDS = ['secret', 'redhat']

async function attempt(options: FakeGuestOptions, timeout?: number): Promise<FakeGuest> {
  const guest = new FakeGuest(options)
  const reader = new ConsoleReader(guest, 'VM under test')
  await logIn(reader, {
    guest: 'VM under test',
    passwords: PASSWORDS,
    logger: silentLogger,
    ...within(timeout),
  })
  return guest
}

/** Passwords that were typed anywhere but at a prompt for one. */
function leaked(guest: FakeGuest): unknown[] {
  return guest.typed.filter(
    ({ at, line }) => at !== 'password' && PASSWORDS.some((word) => line.includes(word)),
  )
}

describe('login', () => {
  const states: Readonly<Record<string, FakeGuestOptions>> = {
    'at the prompt for the name': {},
    'at a prompt for the password of who knows whom': { state: 'password' },
    'in a shell already': { state: 'editing shell' },
    'in a shell that a session had set up': { state: 'plain shell' },
    'silent until Enter is pressed': { silent: true },
    'silent in a shell': { silent: true, state: 'editing shell' },
    'behind kernel messages': { tornPrompt: 'lab login: [   31.415926] random: crng init done\r\n' },
    "behind cloud-init's text": { tornPrompt: 'lab login: ci-info: +++++Net device info+++++\r\n' },
    'cut into single bytes': { cuts: [1] },
  }
  for (const [name, options] of Object.entries(states)) {
    it(`finds a shell on a line that is ${name}`, async () => {
      const guest = await attempt(options)
      expect(leaked(guest)).to.deep.equal([])
    })
  }

  it("tries the run's own password first, and the image's only where that was refused", async () => {
    const first = await attempt({})
    expect(first.typed.filter(({ at }) => at === 'password')).to.deep.equal([
      { at: 'password', line: 'secret' },
    ])
    const second = await attempt({ password: 'redhat', refusalDelay: 1500 })
    const typed = second.typed.filter(({ at }) => at === 'password').map(({ line }) => line)
    expect(typed).to.deep.equal(PASSWORDS)
    expect(leaked(second)).to.deep.equal([])
  })

  it('gives up where every password is refused, and names none of them', async () => {
    const outcome = await attempt({ password: 'other' }).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(SuiteError)
    if (!(outcome instanceof SuiteError)) return
    expect(outcome.code).to.equal('login-refused')
    expect(outcome.message).to.match(
      /^the VM under test refused the login on its console: .* \(tried 2 passwords\)/,
    )
    for (const password of PASSWORDS) expect(outcome.message).not.to.contain(password)
  })

  it('says what it saw where nobody answers', async () => {
    const guest = new FakeGuest({ state: 'dead', silent: true })
    guest.send('Booting from Hard Disk...\r\n')
    const reader = new ConsoleReader(guest, 'VM under test')
    const options = { guest: 'VM under test', passwords: PASSWORDS, logger: silentLogger, ...within(1500) }
    const outcome = await logIn(reader, options).catch((error: unknown) => error)
    expect(String(outcome)).to.contain('last saw "Booting from Hard Disk..."')
  })
})
