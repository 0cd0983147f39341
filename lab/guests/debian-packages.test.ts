import { expect } from 'chai'
import { missingPackages, requirePackages } from './debian-packages.ts'

describe('the Debian packages of the lab', () => {
  it('are found by their commands or files', async () => {
    const wanted = [
      { package: 'coreutils', command: 'true' },
      { package: 'base-files', command: '/etc/os-release' },
      { package: 'absent', command: 'no-such-command' },
      { package: 'absent-data', command: '/no/such/file' },
    ]
    const missing = await missingPackages(wanted)
    expect(missing.map((entry) => entry.package)).to.deep.equal(['absent', 'absent-data'])
  })

  it('are named with the command that installs them where they are missing', async () => {
    const wanted = [{ package: 'absent', command: 'no-such-command' }]
    const error: unknown = await requirePackages(wanted).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'missing-packages')
    expect(error).to.have.property('message').that.includes('apt-get install --no-install-recommends absent')
  })
})
