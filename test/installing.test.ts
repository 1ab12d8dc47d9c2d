/** What somebody meets who installs Gatehouse: its name, the Node.js that it needs, and the files that come with it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { explanations } from '../src/doctor/explanations.ts'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-installing-'))
after(() => rmSync(folder, { recursive: true }))

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  engines: { node: string }
  bin: Record<string, string>
  scripts: Record<string, string>
}

interface Ended {
  status: number
  stdout: string
  stderr: string
}

/** Runs a program of Node.js; `version`: which one it takes itself for. */
function node(args: readonly string[], { version = '' } = {}): Promise<Ended> {
  const preload = join(folder, 'version.cjs')
  writeFileSync(preload, `Object.defineProperty(process, 'version', { value: ${JSON.stringify(version)} })\n`)
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise((done) =>
    execFile(
      process.execPath,
      [...(version === '' ? [] : ['--require', preload]), ...args],
      { env, timeout: 30_000 },
      (error, stdout, stderr) =>
        done({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    ),
  )
}

/** An installed package, as far as its launcher goes: what is in `main` is the program. */
function installed(name: string, main: string): { home: string; bin: string } {
  const home = join(folder, name, 'node_modules/@gatehouse-id/gatehouse')
  mkdirSync(join(home, 'dist'), { recursive: true })
  cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'dist/main.js'), main)
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  return { home, bin: join(home, manifest.bin['gatehouse'] ?? '') }
}

/** The npm package `node` beside a package: its program is this one. */
function nodeBeside({ home }: { home: string }, version: string, { withProgram = true } = {}): void {
  const found = resolve(home, '../../node')
  mkdirSync(join(found, 'bin'), { recursive: true })
  writeFileSync(join(found, 'package.json'), JSON.stringify({ version }))
  if (withProgram) symlinkSync(process.execPath, join(found, 'bin/node'))
}

const saysWhat = 'console.log(process.argv.slice(2).join(" ")); process.exitCode = 7'

describe('the command of the installed package', () => {
  it('runs with the Node.js that it needs, and passes arguments and the status on', async () => {
    const { bin } = installed('new', saysWhat)

    assert.deepEqual(await node([bin, 'check', '-f', 'a b']), { status: 7, stdout: 'check -f a b\n', stderr: '' })
    assert.equal((await node([bin], { version: 'v24.0.0' })).status, 7)
    assert.equal((await node([bin], { version: 'v100.1.2' })).status, 7)
  })

  it('says in one line which Node.js it needs and which one this is, and ends with 2', async () => {
    const { bin } = installed('old', 'syntax error')

    for (const version of ['v0.12.18', 'v6.17.1', 'v18.20.8', 'v20.20.2', 'v22.22.0', 'v23.11.1']) {
      const { status, stdout, stderr } = await node([bin, 'serve'], { version })

      assert.equal(status, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /^Gatehouse needs Node\.js 24 or newer, and this is (v[\d.]+) \(.+\): install it .*\n$/)
      assert.ok(stderr.includes(version), stderr)
      assert.equal(stderr.split('\n').length, 2)
    }
  })

  it('takes the Node.js that the npm package `node` has put beside it, if it is new enough and whole', async () => {
    const fine = installed('beside', saysWhat)
    nodeBeside(fine, '24.21.0')
    const older = installed('beside-old', saysWhat)
    nodeBeside(older, '22.22.0')
    const unscripted = installed('beside-unscripted', saysWhat)
    nodeBeside(unscripted, '24.21.0', { withProgram: false })

    assert.deepEqual(await node([fine.bin, 'a'], { version: 'v20.0.0' }), { status: 7, stdout: 'a\n', stderr: '' })
    assert.equal((await node([older.bin], { version: 'v20.0.0' })).status, 2)
    assert.equal((await node([unscripted.bin], { version: 'v20.0.0' })).status, 2)
  })

  it('hands signals to the Node.js that it started, and ends as that one does', async () => {
    const waits = "process.on('SIGTERM', () => process.exit(9)); console.log('waits'); setInterval(() => {}, 1000)"
    const { home, bin } = installed('signals', waits)
    nodeBeside({ home }, '24.21.0')
    const preload = join(folder, 'version.cjs')
    writeFileSync(preload, "Object.defineProperty(process, 'version', { value: 'v20.0.0' })\n")
    const child = execFile(process.execPath, ['--require', preload, bin], { timeout: 30_000 })
    child.stdout?.once('data', () => child.kill('SIGTERM'))

    const status = await new Promise((done) => child.once('exit', (code) => done(code)))

    assert.equal(status, 9)
  })

  it('needs what package.json says that it needs', () => {
    const launcher = readFileSync(join(root, 'bin/with-node.cjs'), 'utf8')

    assert.equal(`>=${/exports\.needed = (\d+)/.exec(launcher)?.[1]}`, manifest.engines.node)
  })

  it('sends whoever runs it in a checkout to the command of a checkout', async () => {
    const { home, bin } = installed('unbuilt', '')
    rmSync(join(home, 'dist'), { recursive: true })

    const { status, stderr } = await node([bin])

    assert.equal(status, 2)
    assert.match(stderr, /^.*main\.js is missing: .*npm run -s gatehouse --.*\n$/)
  })
})

describe('the scripts of a checkout', () => {
  /** A checkout with a script that says so, and with the packages of `npm ci`, or without what its options leave out. */
  function checkout(name: string, packages: readonly string[]): string {
    const home = join(folder, name)
    for (const part of ['bin', 'scripts']) mkdirSync(join(home, part), { recursive: true })
    cpSync(join(root, 'bin'), join(home, 'bin'), { recursive: true })
    cpSync(join(root, 'scripts/run.cjs'), join(home, 'scripts/run.cjs'))
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(home, 'says.ts'), `const what: string = process.argv.slice(2).join(' ')\nconsole.log(what)\n`)
    for (const one of packages) mkdirSync(join(home, 'node_modules', one), { recursive: true })
    return join(home, 'scripts/run.cjs')
  }

  it('all begin with what finds the right Node.js', () => {
    for (const [name, script] of Object.entries(manifest.scripts)) {
      assert.match(script, /^node scripts\/run\.cjs \S+\.ts$/, name)
      assert.ok(existsSync(join(root, script.split(' ')[2] ?? '')), script)
    }
  })

  it('run, with their arguments', async () => {
    const run = checkout('whole', ['commander'])

    assert.deepEqual(await node([run, 'says.ts', 'a', '--b']), { status: 0, stdout: 'a --b\n', stderr: '' })
  })

  it('say what is missing and which command mends it: no packages, and packages without their install scripts', async () => {
    const none = await node([checkout('none', []), 'says.ts'])
    const unscripted = await node([checkout('unscripted', ['commander', 'node']), 'says.ts'], { version: 'v20.20.2' })

    assert.deepEqual(none, {
      status: 2,
      stdout: '',
      stderr: 'The packages that Gatehouse is made of are not here: run `npm ci` first.\n',
    })
    assert.equal(unscripted.status, 2)
    assert.match(
      unscripted.stderr,
      /^Gatehouse needs Node\.js 24 or newer, and this is v20\.20\.2 .*: run `npm rebuild node --ignore-scripts=false`.*\n$/,
    )
  })
})

/** Commands that fetch the package of that name from the registry: it is somebody else's. */
const strangersPackage =
  /\b(?:npx|bunx|pnpx|(?:pnpm|yarn|bun) dlx|npm (?:exec|x)|deno run)(?: -{1,2}\S+)* (?:npm:)?gatehouse\b(?!-)|\b(?:npm|pnpm|yarn|bun)(?: global)? (?:i|install|add|view|init|create|update)(?: -{1,2}\S+)* gatehouse(?![-\w./@])(?! )/

describe('the name of the package', () => {
  it('is in a scope of ours, because the plain name belongs to somebody else', () => {
    assert.match(manifest.name, /^@gatehouse-id\/gatehouse$/)
    assert.deepEqual(Object.keys(manifest.bin), ['gatehouse'])
  })

  it('is never written without its scope where people are told what to fetch', () => {
    const told = globSync(
      [
        '*.md',
        'docs/**/*.md',
        'deploy/**',
        'examples/**/*.{ts,yaml}',
        'schema/*',
        'src/**/*.ts',
        'bin/*',
        'test/golden/**/*',
      ],
      {
        cwd: root,
        withFileTypes: true,
      },
    ).filter((entry) => entry.isFile() && !/\/(?:rendered|state)(?:\/|$)/.test(entry.parentPath))

    const wrong = told
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => strangersPackage.test(readFileSync(file, 'utf8')))

    assert.ok(told.length > 200)
    assert.deepEqual(
      wrong.map((file) => relative(root, file)),
      [],
    )
  })

  it('is looked for: each way to fetch the package of the stranger is found, and ours is not', () => {
    for (const text of [
      'npx gatehouse check',
      'npx --yes gatehouse',
      'npm i -g gatehouse\n',
      'npm install gatehouse',
      'pnpm dlx gatehouse',
      'yarn add gatehouse',
      'npm exec gatehouse -- serve',
    ])
      assert.match(text, strangersPackage, text)
    for (const text of [
      'npm install -g @gatehouse-id/gatehouse',
      'npm run -s gatehouse -- check',
      'npm install ./gatehouse-id-gatehouse-0.1.0.tgz',
      'gatehouse check',
    ])
      assert.doesNotMatch(text, strangersPackage, text)
  })
})

/** Links of a page to files beside it: of markdown, and of HTML in it. */
function linksOf(page: string): string[] {
  return [...page.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link))
}

/** Whoever links to a source file for contributors; a package has no sources. */
describe('the files of the package', () => {
  const packed = promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root }).then(
    ({ stdout }) => (JSON.parse(stdout) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path),
  )

  it('hold everything that their pages link to', async () => {
    const files = await packed
    const present = new Set(files.flatMap((file) => [file, ...foldersOf(file)]))

    const dead = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        linksOf(readFileSync(join(root, file), 'utf8'))
          .map((link) => relative(root, resolve(root, dirname(file), link.replace(/#.*/, ''))))
          .filter((target) => !present.has(target))
          .map((target) => `${file} -> ${target}`),
      )

    assert.ok(files.includes('README.md') && files.includes('docs/guides/store.md'))
    assert.deepEqual(dead, [])
  })

  it('hold every page that the program names, and no test, no secret and no store', async () => {
    const files = await packed
    const named = [...JSON.stringify(explanations).matchAll(/\bdocs\/[\w./-]+\.md\b/g)].map(([page]) => page)

    assert.ok(named.length > 0)
    for (const page of [
      ...named,
      'docs/reference/errors.md',
      'schema/config.schema.json',
      'bin/gatehouse.cjs',
      'bin/with-node.cjs',
      'bin/import.cjs',
    ])
      assert.ok(files.includes(page), page)
    assert.deepEqual(
      files.filter((file) =>
        /\.test\.|^(?:src|test|scripts|bench)\/|\.(?:db|key|pem|ts)$|\/(?:state|rendered)\//.test(file),
      ),
      [],
    )
  })
})

function foldersOf(file: string): string[] {
  const folder = dirname(file)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}
