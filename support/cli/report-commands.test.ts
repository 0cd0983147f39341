/** `dpdk-checkup report` and `dpdk-checkup diff`, with valid and invalid input files. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { compareReports } from '../report/compare.ts'
import { exampleReport } from '../report/example.fixture.ts'
import { lossWithCauses, pass } from '../report/html/examples.fixture.ts'
import { renderJson } from '../report/json.ts'
import type { Report } from '../model/report.ts'
import { parseReport, readReport } from '../report/read-report.ts'

const OF_0_1_0 = fileURLToPath(new URL('../../fixtures/reports/0.1.0.json', import.meta.url))

describe('the commands that read reports', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'report-commands-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  const run = (command: 'report' | 'diff', ...args: string[]) => {
    const file = path.join(import.meta.dirname, 'checkup-cli.ts')
    const all = [file, command, ...args]
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  const save = async (name: string, content: Report | string) => {
    const file = path.join(folder, name)
    await writeFile(file, typeof content === 'string' ? content : renderJson(content))
    return file
  }

  it('write every report again', async () => {
    const file = await save('report.json', lossWithCauses())
    const { status, stdout, stderr } = run('report', file)
    expect(stderr).to.equal('')
    expect(status).to.equal(0)
    expect(stdout).to.contain('FAILED  ')
    const rendered = path.join(folder, 'report.rendered')
    expect(await readdir(rendered)).to.deep.equal([
      'dpdk-checkup-summary.html',
      'junit_dpdk-checkup.xml',
      'metrics.prom',
      'mochawesome.html',
      'report.json',
    ])
    expect(await readFile(path.join(rendered, 'report.json'), 'utf8')).to.equal(await readFile(file, 'utf8'))
  })

  it('say of a simulated run that it is one', async () => {
    const simulated = await save('simulated.json', { ...pass(), simulated: true })
    expect(run('report', simulated).stdout).to.contain('the simulated cluster is ready for DPDK workloads')
    const mochawesome = await readFile(path.join(folder, 'simulated.rendered', 'mochawesome.html'), 'utf8')
    expect(mochawesome).to.contain('DPDK checkup of a simulated cluster: passed')
    const diff = run('diff', await save('real.json', pass()), simulated).stdout
    expect(diff)
      .to.match(/^new: passed on a simulated cluster, /m)
      .and.to.match(/^old: passed, /m)
  })

  it('write to the folder they are told', async () => {
    const file = await save('report.json', pass())
    expect(run('report', file, '--output', path.join(folder, 'a/b')).status).to.equal(0)
    expect(await readdir(path.join(folder, 'a/b'))).to.include('report.json')
  })

  it('take the folder of a run for its report', async () => {
    await save('report.json', lossWithCauses())
    const good = await save('good.json', pass())
    expect(run('diff', good, folder).stdout).to.equal(
      run('diff', good, path.join(folder, 'report.json')).stdout,
    )
  })

  it('name the file that they cannot write', async () => {
    const file = await save('report.json', pass())
    const { status, stderr } = run('report', file, '--output', file)
    expect(status).to.equal(2)
    expect(stderr).to.contain('could not be written to').and.not.to.contain('    at ')
  })

  it('exit with 0 for a run like the other, 1 for a worse one, 2 for no report', async () => {
    const [good, bad] = [await save('good.json', pass()), await save('bad.json', lossWithCauses())]
    const same = run('diff', good, good)
    expect(same.stdout).to.contain('nothing changed')
    expect(same.status).to.equal(0)
    const worse = run('diff', good, bad)
    expect(worse.status).to.equal(1)
    expect(worse.stdout)
      .to.contain('✘ traffic.no-tx-drops: passed → failed (TX drops at the VM under test')
      .and.to.contain('· lost packets: 0 of 100,000 → 1,042 of 100,000')
      .and.to.contain('· lost: TX drops at the VM: 0 → 1,042')
      .and.to.contain('2 regressions')
    const better = run('diff', bad, good)
    expect(better.status).to.equal(0)
    expect(better.stdout).to.contain('✔ traffic.no-tx-drops: failed → passed').and.to.contain('0 regressions')
    const none = run('diff', path.join(folder, 'none.json'), await save('not.json', '{}'))
    expect(none.status).to.equal(2)
    expect(none.stderr)
      .to.contain('none.json cannot be read: ENOENT')
      .and.to.contain('not.json is not a report')
  })

  it('read what version 0.1.0 wrote', async () => {
    const rendered = path.join(folder, 'rendered')
    const { status, stdout, stderr } = run('report', OF_0_1_0, '--output', rendered)
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    expect(stdout).to.contain('FAILED  ')
    expect(JSON.parse(await readFile(path.join(rendered, 'report.json'), 'utf8'))).to.deep.equal(
      JSON.parse(await readFile(OF_0_1_0, 'utf8')),
    )
    const same = run('diff', OF_0_1_0, OF_0_1_0)
    expect(same.status).to.equal(0)
    expect(same.stdout).to.contain('nothing changed')
    const { stdout: diff } = run('diff', OF_0_1_0, await save('now.json', pass()))
    expect(diff).to.contain('✔ traffic.no-loss: failed → passed').and.not.to.contain('different clusters')
  })

  it('say skipped of what was not judged, as all reports do', async () => {
    const { criteria, ...rest } = pass()
    const skipped = criteria.map((one) =>
      one.id === 'traffic.no-loss' ? { ...one, outcome: 'not-judged' as const, message: 'no packet' } : one,
    )
    const files = [await save('all.json', pass()), await save('part.json', { ...rest, criteria: skipped })]
    expect(run('diff', ...files).stdout).to.include('✘ traffic.no-loss: passed → skipped (no packet)')
  })

  it('say where two reports are of different clusters', async () => {
    const of = (cluster: Partial<Report['cluster']>) => ({
      ...pass(),
      cluster: { ...pass().cluster, ...cluster },
    })
    const said = async (one: Partial<Report['cluster']>, other: Partial<Report['cluster']>) => {
      const { status, stdout } = run(
        'diff',
        await save('one.json', of(one)),
        await save('two.json', of(other)),
      )
      expect(status).to.equal(0)
      return /^These reports are of different clusters: (.*)\.$/m.exec(stdout)?.[1]
    }
    const prod = { uid: '8c1d', rootCaDigest: 'sha256:aa', apiHost: '10.96.0.1:443' }
    expect(await said(prod, prod)).to.equal(undefined)
    expect(await said(prod, { ...prod, uid: '77e0' })).to.equal(
      'the uid of their namespace kube-system differs',
    )
    expect(await said({ rootCaDigest: 'sha256:bb' }, prod)).to.equal(
      'the certificate authorities of their API servers differ',
    )
    // Certificates are renewed, and a cluster can have several addresses.
    expect(await said(prod, { ...prod, rootCaDigest: 'sha256:bb' })).to.equal(undefined)
    expect(await said({ apiHost: 'api.prod:6443' }, { apiHost: '10.96.0.1:443' })).to.equal(undefined)
  })

  it('help, and say how they are called', () => {
    for (const command of ['report', 'diff'] as const) {
      const help = run(command, '--help')
      expect(help.status).to.equal(0)
      expect(help.stdout).to.contain(`Usage: dpdk-checkup ${command} `).and.to.contain('Exit code:')
      for (const wrong of [[], ['a', 'b', 'c'], ['--what']]) {
        const { status, stderr } = run(command, ...wrong)
        expect(status).to.equal(2)
        expect(stderr).to.match(/^(missing required argument|too many arguments|unknown option '--what')/)
        expect(stderr).not.to.contain('    at ')
      }
    }
  })

  describe('say what a file is if it is not a report', () => {
    const good = renderJson(exampleReport('passed'))
    const cases: Readonly<Record<string, readonly [content: string, sentence: string]>> = {
      'an empty file': ['', 'x.json is empty'],
      'a text': ['Verdict: passed', 'x.json is not JSON: '],
      'a report that was cut short': [
        good.slice(0, -500),
        'x.json was cut short: it ends in the middle, after ',
      ],
      'a report cut inside of a name': [good.slice(0, 40), 'x.json was cut short'],
      'other JSON': ['[1, 2]', 'its apiVersion is missing, not dpdk-checkup.kubevirt.io/v2'],
      nothing: ['null', 'x.json is not a report of this checkup'],
      'a ConfigMap': ['{"apiVersion": "v1", "kind": "ConfigMap"}', 'its apiVersion is "v1"'],
      'a newer report': [
        good.replace('kubevirt.io/v2"', 'kubevirt.io/v3"'),
        'x.json is of a newer version ("dpdk-checkup.kubevirt.io/v3") than this suite reads (dpdk-checkup.kubevirt.io/v2)',
      ],
      'another kind': [good.replace('CheckupReport', 'CheckupPlan'), 'its kind is "CheckupPlan"'],
      'a report without its criteria': [
        JSON.stringify({ ...exampleReport('passed'), criteria: 'none', guests: undefined }),
        'guests: Invalid input',
      ],
    }
    for (const [what, [content, sentence]] of Object.entries(cases)) {
      it(what, () => {
        expect(() => parseReport(content, 'x.json')).to.throw(sentence)
      })
    }

    it('a newer report, in one sentence and nothing else', async () => {
      const file = await save('v3.json', good.replace('kubevirt.io/v2"', 'kubevirt.io/v3"'))
      for (const { status, stdout, stderr } of [run('report', file), run('diff', OF_0_1_0, file)]) {
        expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
        expect(stderr).to.match(
          /^[^\n]*v3\.json is of a newer version [^\n]*: use a newer kubevirt-dpdk-checkup\n$/,
        )
      }
    })

    it('a bundle that is still packed', async () => {
      const file = path.join(folder, 'bundle.tar.gz')
      await writeFile(file, gzipSync('something'))
      const { status, stderr } = run('report', file)
      expect(status).to.equal(2)
      expect(stderr).to.contain('bundle.tar.gz is packed: unpack it')
    })

    it('a folder without a report, a device, and what is not there', async () => {
      const none = path.join(folder, 'none')
      const sentences = [
        [folder, `${path.join(folder, 'report.json')} cannot be read: ENOENT`],
        [none, `${none} cannot be read: ENOENT`],
        ['/dev/null', '/dev/null is empty'],
        ['/dev/zero', '/dev/zero is larger than 256 MiB, so it is not a report'],
      ] as const
      for (const [file, sentence] of sentences) {
        const error: unknown = await readReport(file).catch((thrown: unknown) => thrown)
        expect(error).to.have.property('message').that.includes(sentence)
      }
    })

    it('but not a report behind a byte order mark', async () => {
      const file = await save('marked.json', `\uFEFF${good}`)
      expect((await readReport(file)).verdict).to.equal('passed')
    })

    it('a hundred violations, without listing them all', () => {
      const criteria = Array.from({ length: 100 }, () => ({ id: '?' }))
      const text = JSON.stringify({ ...exampleReport('passed'), criteria })
      expect(() => parseReport(text, 'x.json')).to.throw(/and \d+ more$/)
    })
  })

  it('a folder that must not be written to is a sentence as well', async () => {
    const file = await save('report.json', pass())
    await chmod(folder, 0o555)
    const command = path.join(import.meta.dirname, 'checkup-cli.ts')
    // Without its capabilities, root is bound by the mode of its own folder; another user might not reach this folder.
    const asOwner = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []
    const [program, ...words] = [...asOwner, process.execPath, command, 'report', file]
    const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
    expect(status).to.equal(2)
    expect(stderr).to.match(/could not be written to .*: EACCES/)
  })
})

describe('the comparison of two runs', () => {
  const kinds = (before: Report, after: Report) =>
    compareReports(before, after).map(({ what, kind }) => [what, kind])

  it('tells versions, topology and parameters, which are not regressions', () => {
    const before = pass()
    const after = pass()
    after.cluster.kubevirtVersion = 'v1.5.0'
    after.parameters['testDuration'] = '20s'
    after.guests[0] = {
      ...(after.guests[0] ?? fail()),
      nodeName: 'worker-9',
      kernel: '6.12',
      vmiName: 'other',
    }
    expect(kinds(before, after)).to.deep.equal([
      ['KubeVirt', 'change'],
      ['testDuration', 'change'],
      ['vm-under-test node', 'change'],
      ['vm-under-test kernel', 'change'],
    ])
  })

  it('takes a criterion that is gone or not judged any more for a regression', () => {
    const before = pass()
    const after = pass()
    const [first, ...rest] = after.criteria
    after.criteria = rest
    after.criteria[0] = { ...(rest[0] ?? fail()), outcome: 'not-judged', message: 'no permission' }
    expect(kinds(before, after)).to.deep.equal([
      [first?.id, 'regression'],
      [rest[0]?.id, 'regression'],
    ])
  })

  it('compares rates only where the same was asked for', () => {
    const slower = (asked: number) => {
      const report = pass()
      if (report.traffic === undefined) return fail()
      report.traffic.achievedPacketsPerSecond = 9000
      report.traffic.requestedPacketsPerSecond = asked
      return report
    }
    expect(kinds(pass(), slower(10_000))).to.deep.equal([['rate sent', 'regression']])
    expect(kinds(slower(10_000), pass())).to.deep.equal([['rate sent', 'improvement']])
    expect(kinds(pass(), slower(9000))).to.deep.equal([
      ['requested rate', 'change'],
      ['rate sent', 'change'],
    ])
  })

  it('takes more loss for a regression, and a little more of much for none', () => {
    const losing = (packets: number) => {
      const report = pass()
      if (report.traffic === undefined) return fail()
      report.traffic.ledger.eastToWest.generatorRx -= packets
      return report
    }
    const kind = (before: number, after: number) =>
      compareReports(losing(before), losing(after)).find(({ what }) => what === 'lost packets')?.kind
    expect(kind(0, 1)).to.equal('regression')
    expect(kind(1000, 1050)).to.equal('change')
    expect(kind(1000, 1200)).to.equal('regression')
    expect(kind(1000, 10)).to.equal('improvement')
    expect(kind(5, 5)).to.equal(undefined)
  })

  it('says that one of them did not measure', () => {
    const without = pass()
    delete without.traffic
    expect(kinds(pass(), without)).to.deep.equal([['traffic', 'change']])
    expect(kinds(without, without)).to.deep.equal([])
  })

  function fail(): never {
    throw new Error('the example has all of it')
  }
})
