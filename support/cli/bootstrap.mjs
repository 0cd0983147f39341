#!/usr/bin/env node
/**
 * The entry point of `npm start`, `npm test` and the other user commands of package.json: on a fresh machine it
 * installs what is missing, then starts the command under the suite's own Node.js.
 * Plain JavaScript without dependencies: it runs before any package is installed, on whatever Node.js the machine has.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { constants as os, homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isOldNode, NODE_TO_RUN, NODE_TO_START, npmNode, oldNodeSentence } from '../common/node-version.mjs'
import { runWithHeartbeat } from '../common/run-with-heartbeat.mjs'
import { whileLocked } from '../common/install-lock.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** An installed package has no lab, has what it needs, and is built to JavaScript. */
const IS_CLONE = existsSync(join(ROOT, 'lab/package.json'))
const [command = '', ...args] = process.argv.slice(2)
/** The same folder as in lab/guests/cache-folder.ts. */
const CACHE = join(
  process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : join(homedir(), '.cache'),
  'kubevirt-dpdk-checkup',
)
/** Last in PATH, so that a kubectl of the machine takes precedence. */
const KUBECTL_FOLDER = join(CACHE, 'kubectl-1.32')

// A closed stdout or stderr is not a failure here; the started program decides how to handle it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const COMMANDS = {
  start: ['lab/lab-cli.ts', 'start'],
  lab: ['lab/lab-cli.ts', 'lab'],
  images: ['lab/images/images-cli.ts'],
  test: ['lab/dev/test-all.ts'],
  bench: ['lab/bench/bench-cli.ts'],
  checkup: [`support/cli/checkup-cli.${IS_CLONE ? 'ts' : 'js'}`],
}
/** Commands that need only the production packages. All others need the lab's and the development packages too. */
const OF_PRODUCTION = ['checkup']

try {
  const target = COMMANDS[command]
  if (target === undefined)
    throw new Error(`usage: bootstrap.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`)
  checkNode()
  if (IS_CLONE && isAnythingMissing()) {
    await whileLocked(
      join(CACHE, 'install.lock'),
      () => console.error('waiting for another start, which installs what is missing …'),
      // Each step checks again: the process that held the lock may have installed it already.
      async () => {
        await installNpmPackages()
        await installDebianPackages()
        await fetchKubectl()
      },
    )
  }
  const [program, ...before] = target
  run(suiteNode(), [...settings(), join(ROOT, program), ...before, ...args])
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
}

/**
 * Whether the command needs no Debian packages: help, simulated guests and a cluster elsewhere use no system program.
 * Of the images, only the guest disks need more than one tool, and building them needs root; without root, the build
 * itself names what each image needs.
 */
function needsNoGuests() {
  if ([...OF_PRODUCTION, 'bench'].includes(command)) return true
  const line = args.join(' ')
  if (command === 'images' && process.getuid?.() !== 0) return true
  return asksForHelp() || /--runtime[ =]scripted/.test(line)
}

function asksForHelp() {
  return /(^| )(-h|--help)( |$)/.test(args.join(' '))
}

function checkNode() {
  if (isOldNode(NODE_TO_START))
    throw new Error(
      `Node.js ${NODE_TO_START} or newer is needed, and this is Node.js ${process.versions.node}.`,
    )
}

function isAnythingMissing() {
  return lacksNpmPackages() || missingDebianPackages().length > 0 || lacksKubectl()
}

/** npm ends every installation by writing node_modules/.package-lock.json, so a newer lock file was never installed. */
function lacksNpmPackages() {
  const changedAt = (path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? -Infinity
  // `npm install` writes both files, in either order; git writes the lock file whenever a branch changes it.
  const isNew =
    changedAt('node_modules/.package-lock.json') > changedAt('package-lock.json') - 5000 || isAsLocked()
  return !(isNew && (OF_PRODUCTION.includes(command) || hasDevPackages()))
}

/** Whether all production packages are installed in the versions of the lock file. */
function isAsLocked() {
  const packagesOf = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages ?? {}
  if (!existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return false
  const installed = packagesOf('node_modules/.package-lock.json')
  return Object.entries(packagesOf('package-lock.json'))
    .filter(([path, { dev, optional }]) => path.startsWith('node_modules/') && !dev && !optional)
    .every(([path, { version }]) => installed[path]?.version === version)
}

async function installNpmPackages() {
  if (!lacksNpmPackages()) return
  console.error('installing npm packages …')
  const which = OF_PRODUCTION.includes(command) && !isOfDevelopment() ? '--omit=dev' : '--include=dev'
  const install = ['ci', which, '--no-fund', '--no-audit', '--loglevel=error']
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2] }
  if (!(await runWithHeartbeat('installing npm packages', ['npm', ...install], options)))
    throw new Error('the npm packages could not be installed; npm says why above.')
}

/** Whether development packages are installed, even outdated ones: `npm ci --omit=dev` would remove them. */
function isOfDevelopment() {
  const note = join(ROOT, 'node_modules/.package-lock.json')
  return existsSync(note) && readFileSync(note, 'utf8').includes('"dev": true')
}

/** `npm ci --omit=dev` leaves out development packages, `npm ci --workspaces=false` those of the lab. */
function hasDevPackages() {
  const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  const { packages } = read('node_modules/.package-lock.json')
  return ['package.json', 'lab/package.json']
    .flatMap((path) => Object.keys(read(path).devDependencies))
    .every((name) => `node_modules/${name}` in packages)
}

/** Names of the missing packages, without duplicates. */
function missingDebianPackages() {
  if (needsNoGuests()) return []
  const known = JSON.parse(readFileSync(join(ROOT, 'lab/guests/debian-packages.json'), 'utf8'))
  const needed = known.filter((each) => each.for?.includes(command) ?? true)
  const missing = needed
    .filter((each) => !isThere(each.command) && !(each.instead && isThere(each.instead)))
    .map((each) => each.package)
  return [...new Set(missing)]
}

async function installDebianPackages() {
  const missing = missingDebianPackages()
  if (missing.length === 0) return
  const names = missing.join(' ')
  if (!isThere('apt-get')) {
    throw new Error(
      `The lab needs programs from these Debian packages, and there is no apt-get to install them: ${names}`,
    )
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `The lab needs Debian packages that only root can install. Run: sudo apt-get install ${names}`,
    )
  }
  console.error(`installing Debian packages: ${names} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...command) =>
    runWithHeartbeat('installing Debian packages', ['apt-get', '-qq', '-y', ...command], {
      env,
      stdio: ['ignore', 'ignore', 2],
    })
  const install = () =>
    apt(
      '--no-install-recommends',
      '-o',
      'Dpkg::Use-Pty=0',
      '-o',
      'DPkg::Lock::Timeout=120',
      'install',
      ...missing,
    )
  if (!((await apt('update')) && (await install())))
    throw new Error(`apt-get could not install ${names}; it says why above.`)
}

/** The rootless suite renders and applies manifests with kubectl, and the lab's tests use it. */
function lacksKubectl() {
  const isUsed = command === 'test' || (/--suite[ =]rootless/.test(args.join(' ')) && !asksForHelp())
  return isUsed && !isThere('kubectl')
}

/** Downloads kubectl into the cache, once. A failure is reported but not fatal: the step that needs kubectl fails. */
async function fetchKubectl() {
  if (!lacksKubectl() || existsSync(join(KUBECTL_FOLDER, 'kubectl'))) return
  console.error("fetching kubectl from Debian's packages …")
  const script = join(ROOT, 'support/cli/fetch-kubectl.sh')
  const options = { stdio: ['ignore', 2, 2] }
  if (!(await runWithHeartbeat('fetching kubectl', ['bash', script, KUBECTL_FOLDER], options)))
    console.error('kubectl could not be fetched; what needs it is left out, or fails.')
}

/** The Node.js that npm installed; the running one, if it is new enough, where npm ran no install scripts. */
function suiteNode() {
  const { program } = npmNode()
  if (program === undefined && isOldNode(NODE_TO_RUN)) throw new Error(oldNodeSentence())
  return program ?? process.execPath
}

/** Whether a program is in PATH (or in root's PATH, for system programs), or a file exists at an absolute path. */
function isThere(name) {
  const folders = name.startsWith('/')
    ? ['']
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), folder === '' ? constants.R_OK : constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Options for Node.js. `dpdk-checkup` is started often and runs briefly, so it keeps compiled code between starts. */
function settings() {
  const file = join(ROOT, 'support/common/node-settings.mjs')
  return command === 'checkup' ? ['--import', pathToFileURL(file).href] : []
}

/** Starts the program in place of this one: forwards signals to it and exits with its code. */
function run(program, args) {
  const env = {
    ...process.env,
    PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH, KUBECTL_FOLDER].join(delimiter),
  }
  // The user's relative paths refer to the current directory.
  const cwd = command === 'checkup' ? process.cwd() : ROOT
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const watch = watchNpm(() => child.kill('SIGHUP'))
  child.on('error', (error) => {
    console.error(`${program}: ${error.message}`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => {
    clearInterval(watch)
    // Killed by a signal: the exit code that shells use, 130 for Ctrl-C.
    process.exitCode = code ?? 128 + (os.signals[signal] ?? 0)
  })
}

/**
 * Calls back when npm is gone. npm does not forward SIGHUP, and cannot forward SIGKILL: without this check a lab would
 * run on forever. package.json's scripts use `exec`, so that npm is the parent process.
 */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const npm = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(watch)
    onGone()
  }, 1000)
  return watch
}
