import { expect } from 'chai'
import { programCommand } from './follow-up.ts'

describe('the commands that follow up a run', () => {
  it('start with npx where npx started this program, because a clone has it on no search path', () => {
    expect(programCommand({ npm_command: 'exec' })).to.deep.equal(['npx', 'dpdk-checkup'])
  })

  it('start with the program itself where it was found without npx', () => {
    expect(programCommand({})).to.deep.equal(['dpdk-checkup'])
    expect(programCommand({ npm_command: 'run-script' })).to.deep.equal(['dpdk-checkup'])
  })
})
