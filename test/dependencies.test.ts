import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

interface Locked {
  version?: string
  integrity?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> }

/** What is wrong with a package of the lock file. */
function faultsOf(path: string, locked: Locked): string[] {
  const name = path.replace(/^.*node_modules\//, '')
  const asked = Object.entries({ ...locked.dependencies, ...locked.optionalDependencies })
  return [
    ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(locked.integrity ?? '') ? [] : ['has no sha512']),
    ...(locked.link ? ['is a link'] : []),
    ...(locked.resolved !== undefined && !/^https:\/\/.*\.tgz$/.test(locked.resolved) ? ['is from no registry'] : []),
    ...(locked.hasInstallScript && allowScripts[name] !== true ? ['runs a script that is not listed'] : []),
    ...asked
      .filter(([, range]) => /[:/]/.test(range.replace(/^npm:/, '')))
      .map(([other]) => `takes ${other} from elsewhere`),
  ].map((fault) => `${path} ${fault}`)
}

describe('the packages that we build with', () => {
  it('are pinned by sha512, from a registry, and run no script that is not listed [npm-install-script]', () => {
    const faults = Object.entries(packages).flatMap(([path, locked]) => (path === '' ? [] : faultsOf(path, locked)))

    assert.deepEqual(faults, [])
  })

  it('are looked at: each way to slip one in is a fault', () => {
    const honest: Locked = { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` }

    assert.deepEqual(faultsOf('node_modules/x', honest), [])
    for (const change of [
      { integrity: 'sha1-AAAA' },
      { integrity: '' },
      { link: true },
      { resolved: 'git+ssh://git@example.com/x.git#abc' },
      { resolved: 'https://example.com/x.zip' },
      { hasInstallScript: true },
      { dependencies: { y: 'git+https://example.com/y.git' } },
      { optionalDependencies: { y: 'github:someone/y' } },
      { optionalDependencies: { y: 'someone/y' } },
      { dependencies: { y: 'https://example.com/y.tgz' } },
    ])
      assert.equal(faultsOf('node_modules/x', { ...honest, ...change }).length, 1, JSON.stringify(change))
  })

  it('are not older than the holes that are known [known-vulnerable-dep]', () => {
    const floors = { undici: '7.24.0', jose: '5.0.0', 'oidc-provider': '9.0.0', 'openid-client': '6.0.0', pg: '8.0.0' }

    for (const [name, floor] of Object.entries(floors)) {
      const version = packages[`node_modules/${name}`]?.version ?? '0.0.0'
      assert.ok(version.localeCompare(floor, 'en', { numeric: true }) >= 0, `${name} ${version}`)
    }
  })
})
