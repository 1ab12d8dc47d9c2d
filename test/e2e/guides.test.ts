/** The commands of the guides, each page in a folder of its own and in its order; `install` has those of installing, the suite `keep` those of operating. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort, mainFile } from '../support/gatehouse.ts'
import { calledIn, shellBlocks } from '../support/shell-blocks.ts'
import { ensureCommand } from './support/apt.ts'
import { importPages } from './support/import-pages.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-guides-'))
before(() => ensureCommand('jq', ['jq']))
after(() => rmSync(folder, { recursive: true }))

/** Commands that other suites run, or nobody can run here, by a part of their line. */
const notRunHere: readonly [part: RegExp, why: string][] = [
  [/\bgatehouse serve\b/, 'runs until it is ended: install and nginx start it'],
  [/\bgatehouse dev-idp\b/, 'runs until it is ended: the test of its page below'],
  [/\bgatehouse users link\b|anna@keycloak/, 'needs somebody of a provider: test/people-commands.test.ts'],
  [/\bsessions alice --end \w/, 'needs the id of a session: test/people-commands.test.ts'],
  [/\bgatehouse init +#/, 'asks at a terminal: install'],
]

/** Programs of others that a reader calls: the suites that call them with what the guides have, or why nobody can here. */
const othersPrograms: Readonly<Record<string, readonly string[] | string>> = {
  airflow: ['airflow'],
  'bin/dex': 'its main branch is in no registry; the suites formats and oauth2-proxy read its files',
  'bin/kafka-topics.sh': 'Kafka has no release in a registry',
  'bin/launcher': ['trino'],
  curl: ['install', 'nginx', 'traefik', 'harbor-apply', 'polaris', 'amundsen'],
  dex: 'its main branch is in no registry',
  docker: 'needs a daemon: install builds the same tree and starts it as another user',
  git: 'of Dex, see there',
  go: 'of Dex, see there',
  helm: 'the charts are in no registry',
  journalctl: ['install'],
  jq: ['guides', 'harbor-apply'],
  juju: 'needs a controller',
  jupyterhub: ['jupyterhub'],
  'kcadm.sh': ['keycloak'],
  kubectl: ['kubernetes'],
  mc: 'a MinIO server is in no registry',
  mlflow: ['mlflow'],
  nginx: ['install', 'nginx'],
  npm: ['install', 'package'],
  'oauth2-proxy': ['oauth2-proxy'],
  pip: ['airflow', 'jupyterhub', 'mlflow'],
  python: ['amundsen'],
  './securityadmin.sh': 'OpenSearch has no release in a registry',
  superset: ['superset'],
  systemctl: ['install'],
  'systemd-analyze': ['install'],
  trino: 'opens a browser of the person: the suite trino walks the same sign-in',
  useradd: ['install'],
}
/** Words of the shell, and what every system has. */
const everyShell =
  /^(?:&&|#.*|\.|[[{]|if|then|else|fi|until|done|cat|cd|cp|echo|export|install|ln|printf|read|sed|set|sh|test|trap)$/

const atGatehouse = '[{ authenticationClass: gatehouse }]'
const common = `issuer: http://localhost:9
login: [{ local: {} }]
teams: { analysts: {} }
products:
  trino: { product: trino, url: https://trino.example.com, authentication: ${atGatehouse} }
  lake: { product: trino, url: https://lake.example.com, authentication: ${atGatehouse} }
`
const manifest = `apiVersion: v1
kind: ConfigMap
metadata: { name: lake }
data: { config.properties: "a=b" }
---
apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: keycloak }
spec: { provider: { oidc: { hostname: sso.example.com, rootPath: /realms/data, principalClaim: preferred_username, scopes: [openid], providerHint: Keycloak, tls: { verification: { server: { caCert: { webPki: {} } } } } } } }
`
/** What the pages take as given. */
const inputs: Readonly<Record<string, string>> = {
  'new-password': 'a-password-of-hers\n',
  'dex.yaml': `issuer: https://dex.example.com
connectors:
  - { type: oidc, id: keycloak, name: Keycloak, config: { issuer: "https://sso.example.com/realms/data", clientID: dex, clientSecret: $DEX_SECRET, redirectURI: "https://dex.example.com/callback" } }
staticClients:
  - { id: lake, name: Lake, secretEnv: LAKE_SECRET, redirectURIs: ["https://lake.example.com/callback"] }
`,
  'oauth2-proxy.cfg':
    'provider = "oidc"\noidc_issuer_url = "https://sso.example.com/realms/data"\nclient_id = "proxy"\nredirect_url = "https://app.example.com/oauth2/callback"\nemail_domains = ["*"]\n',
  'alpha.yaml': 'upstreamConfig: { upstreams: [{ id: app, path: /, uri: "http://127.0.0.1:5002" }] }\n',
  'frontend.env':
    'FLASK_OIDC_PROVIDER_NAME=keycloak\nFLASK_OIDC_CONFIG_URL=https://sso.example.com/realms/data/.well-known/openid-configuration\nFLASK_OIDC_CLIENT_ID=amundsen\n',
  'metadata.env': 'FLASK_OIDC_CLIENT_ID=amundsen\n',
  'search.env': 'FLASK_OIDC_CLIENT_ID=amundsen\n',
  'values.yaml':
    'global: { baseDomain: astro.example.com }\nastronomer: { houston: { config: { auth: { openidConnect: { okta: { enabled: true, clientId: astro, discoveryUrl: "https://example.okta.com/" } } } } } }\n',
  'manifest.yaml': manifest,
}

/** A folder as the page takes it for given: with its own configuration, with the common one, or with what is to be imported. */
function folderOf(page: string, text: string): string {
  const inside = join(folder, page.replaceAll('/', '-'))
  mkdirSync(join(inside, 'bin'), { recursive: true })
  mkdirSync(join(inside, 'old'))
  mkdirSync(join(inside, 'clusters'))
  writeFileSync(join(inside, 'clusters/class.yaml'), manifest)
  writeFileSync(join(inside, 'bin/gatehouse'), `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`, {
    mode: 0o755,
  })
  writeFileSync(join(inside, 'bin/kubectl'), '#!/bin/sh\ncat "$3.yaml" 2>/dev/null || cat manifest.yaml\n', {
    mode: 0o755,
  })
  for (const [name, content] of Object.entries(inputs)) writeFileSync(join(inside, name), content)
  const own = [...text.matchAll(/```yaml\n(.*?)```\n/gs)]
    .map(([, block = '']) => block)
    .find((block) => /^(?:products|login):/m.test(block) && /^(?:authenticationClasses|issuer):/m.test(block))
  const imported = importPages[/^docs\/guides\/import\/(.*)\.md$/.exec(page)?.[1] ?? '']
  for (const [name, content] of Object.entries(imported?.files ?? {})) writeFileSync(join(inside, name), content)
  for (const [name, object] of Object.entries(imported?.objects ?? {})) {
    writeFileSync(join(inside, `${name}.yaml`), object)
    writeFileSync(join(inside, 'manifest.yaml'), object)
  }
  if (!page.startsWith('docs/guides/import')) writeFileSync(join(inside, 'gatehouse.yaml'), own ?? common)
  return inside
}

interface Ran {
  status: number
  output: string
}

function inShell(line: string, cwd: string): Promise<Ran> {
  const env = { ...process.env, PATH: `${join(cwd, 'bin')}:${process.env['PATH']}`, NO_COLOR: '1' }
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr })
    })
  })
}

function excused(line: string): boolean {
  return notRunHere.some(([part]) => part.test(line))
}

/** The lines of each block of a page that call gatehouse, without their remarks. */
function blocksOf(text: string): string[][] {
  return shellBlocks(text)
    .map((block) => block.text.split('\n').filter((line) => calledIn(line).length > 0))
    .map((lines) => lines.filter((line) => !excused(line)).map((line) => line.replace(/\s+#\s.*$/, '')))
    .filter((lines) => lines.length > 0)
}

/** The programs of others that the blocks of a page call; what `render` writes is not called by hand. */
function othersIn(text: string): string[] {
  const byHand = text.replaceAll(/<!-- (?:golden|e2e): .* -->\n```\w*\n[\s\S]*?^```$/gm, '')
  const lines = shellBlocks(byHand).flatMap((block) => block.text.replace(/\\\n\s*/g, ' ').split('\n'))
  return lines
    .filter((line) => calledIn(line).length === 0)
    .map((line) => /^\s*(?:[A-Za-z_]\w*=(?:"[^"]*"|\$\([^)]*\)|\S)*\s*)*(\S*)/.exec(line)?.[1] ?? '')
    .filter((word) => word !== '' && !everyShell.test(word))
}

/** A provider that is not there, files that differ, and warnings are what these commands are for: only a call that is wrong (2) is a fault. */
function mayFind(line: string): boolean {
  return /\bgatehouse doctor\b|--diff\b|--strict\b/.test(line)
}

const aboutPeople = ['docs/guides/people.md', 'docs/guides/logs.md', 'docs/guides/local-accounts.md']
const devIdp = 'docs/guides/dev-idp.md'
/** The suites install and keep run their `gatehouse`. */
const pagesElsewhere = ['docs/guides/install.md', 'docs/guides/operations.md']
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs/guides'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/guides/${file}`)
    .filter((page) => !pagesElsewhere.includes(page))
    .sort(),
]

describe('the commands of', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    const blocks = blocksOf(text)
    if (blocks.length === 0 || page === devIdp) continue

    it(`${page} work in their order`, async () => {
      const inside = folderOf(page, text)
      for (const lines of blocks) {
        // A block of its own is about somebody who is there.
        if (aboutPeople.includes(page) && !lines[0]?.includes('users add'))
          await inShell('gatehouse users add alice', inside)
        for (const line of lines) {
          const { status, output } = await inShell(line, inside)

          assert.ok(status === 0 || (status === 1 && mayFind(line)), `${line}\nstatus ${status}\n${output}`)
        }
      }
    })
  }

  it('the log, for jq, work on every line that the log has', async () => {
    const text = readFileSync(join(root, 'docs/guides/logs.md'), 'utf8')
    const inside = folderOf('jq', text)
    const refused = { event: 'request.refused', code: 'access-denied', user: 'alice', requestId: '7b1f3c2a9d4e8f60' }
    const lines = [
      { msg: 'a line without an event' },
      refused,
      { event: 'grant.error', error: 'invalid_client' },
      { event: 'request', durationMs: 1001 },
    ]
    writeFileSync(join(inside, 'gatehouse.log'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const script = shellBlocks(text).find((block) => block.text.includes('jq '))?.text ?? ''

    const { output } = await inShell(script, inside)

    assert.doesNotMatch(output, /error \(at/)
    assert.equal(output.trim().split('\n').length, 4, output)
  })

  it(`${devIdp} make a provider for a configuration, and one with a fault that doctor finds`, async () => {
    const port = String(await freePort())
    const text = readFileSync(join(root, devIdp), 'utf8').replaceAll('8090', port)
    const inside = folderOf(devIdp, text)
    const [, rest = ''] = /```yaml\n(issuer:.*?)```/s.exec(text) ?? []
    const blocks = shellBlocks(text).map((block) => block.text)
    const [script = '', faulty = ''] = ['--state', '--break'].map((option) =>
      blocks.find((block) => block.includes(option)),
    )
    writeFileSync(join(inside, 'gatehouse.yaml'), rest)
    const ended = 'status=$?; kill $!; wait; exit $status'

    const good = await inShell(`${script}\ngatehouse doctor -c gatehouse.yaml; ${ended}`, inside)
    const [start = '', doctor = ''] = faulty.trim().split('\n')
    const listens = `until curl -s -o faulty.out http://localhost:${port}; do sleep 0.2; done`
    const bad = await inShell(`export IDP_SECRET=x; ${start} > dev-idp.out & ${listens}; ${doctor}; ${ended}`, inside)

    assert.equal(good.status, 0, good.output)
    assert.match(good.output, /✓ client-secret/)
    assert.equal(bad.status, 1, bad.output)
    assert.match(bad.output, /✗ issuer .*\(issuer-mismatch\)/)
  })

  it('others, in all pages, are run by a suite that is there, or not without a reason', () => {
    const called = new Set(
      [...pages, ...pagesElsewhere].flatMap((page) => othersIn(readFileSync(join(root, page), 'utf8'))),
    )
    const suites = Object.values(othersPrograms).flatMap((known) => (typeof known === 'string' ? [] : known))

    assert.deepEqual([...called].sort(), Object.keys(othersPrograms).sort())
    for (const suite of suites) assert.ok(existsSync(join(import.meta.dirname, `${suite}.test.ts`)), suite)
  })

  it('no page are left out without a reason', () => {
    const texts = pages.map((page) => readFileSync(join(root, page), 'utf8'))

    assert.ok(texts.flatMap(blocksOf).flat().length > 100)
    for (const [part, why] of notRunHere) {
      const isWritten = texts.flatMap(shellBlocks).some(({ text }) => text.split('\n').some((line) => part.test(line)))
      assert.ok(isWritten, `no guide has what is excused with "${why}"`)
    }
  })
})
