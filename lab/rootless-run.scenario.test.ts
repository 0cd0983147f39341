import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('lab-cli.ts', import.meta.url))

describe('npm start -- --suite rootless given bad input', () => {
  const start = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, 'start', '--suite', 'rootless', ...args],
      { encoding: 'utf8' },
    )
    return { status, stdout, stderr }
  }

  it('boots nothing for invalid parameters, and names them all', () => {
    const { status, stdout, stderr } = start('TAP_ADDRESS=192.168.18.110', 'EAST_MAC=20:04')
    expect([status, stdout]).to.deep.equal([2, ''])
    expect(stderr)
      .to.include('EAST_MAC must be the MAC address of one port')
      .and.include('TAP_ADDRESS must be an IPv4 address with the length of its prefix')
      .and.not.include('booting')
  })

  it('knows no other names, and has the variant from its option', () => {
    const { status, stderr } = start('QUEUES=2', 'ROOT=true', 'rxonly')
    expect(status).to.equal(2)
    expect(stderr.trim().split('\n')).to.deep.equal([
      'QUEUES is not a parameter of the rootless suite',
      'ROOT: use --variant instead',
      'rxonly is not NAME=value; see --help',
    ])
  })
})
