import { expect } from 'chai'
import { describeCycle, folderCycles, type Import } from './folder-cycles.ts'

const imports = (...lines: readonly string[]): Import[] =>
  lines.map((line) => {
    const [from = '', to = ''] = line.split(' → ')
    return { from, to }
  })

describe('cycles between folders', () => {
  it('are found where no files are in a circle, and told with the imports that make them', () => {
    const cycles = folderCycles(
      imports(
        'support/report/html/page.ts → support/report/pictures/path.ts',
        'support/report/pictures/palette.ts → support/report/html/escape.ts',
      ),
    )
    expect(cycles.map(describeCycle)).to.deep.equal([
      'support/report/html → support/report/pictures → support/report/html\n' +
        '  support/report/html/page.ts → support/report/pictures/path.ts\n' +
        '  support/report/pictures/palette.ts → support/report/html/escape.ts',
    ])
  })

  it('are found between rooms, over a third, however deep the files are, once for all that are in them', () => {
    const cycles = folderCycles(
      imports(
        'support/run/run.ts → support/cluster/vmi.ts',
        'support/cluster/schemas/pod.ts → support/guest/facts/cpus.ts',
        'support/guest/console/login.ts → support/run/claim.ts',
        'support/guest/console/login.ts → support/common/wait.ts',
      ),
    )
    expect(cycles.map((cycle) => cycle.map(({ fromFolder }) => fromFolder))).to.deep.equal([
      ['support/run', 'support/cluster', 'support/guest'],
    ])
  })

  it('are found beside another circle, and where the first folder only leads into one', () => {
    const cycles = folderCycles(
      imports('a/x.ts → b/x.ts', 'b/x.ts → c/x.ts', 'c/y.ts → b/y.ts', 'd/x.ts → e/x.ts', 'e/y.ts → d/y.ts'),
    )
    expect(cycles.map((cycle) => cycle.map(({ fromFolder }) => fromFolder))).to.deep.equal([
      ['b', 'c'],
      ['d', 'e'],
    ])
  })

  it('are none where imports go one way, or between a folder’s own files and its sub-folders', () => {
    const cycles = folderCycles(
      imports(
        'support/diagnosis/catalogue.ts → support/diagnosis/causes/vmi.ts',
        'support/diagnosis/causes/vmi.ts → support/diagnosis/cause.ts',
        'support/cluster/vmi.ts → support/common/wait.ts',
        'support/cluster/pod.ts → support/cluster/vmi.ts',
      ),
    )
    expect(cycles).to.deep.equal([])
  })
})
