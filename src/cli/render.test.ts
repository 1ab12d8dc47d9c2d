import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../config/load.ts'
import { readSources } from '../config/read.ts'
import { recordName } from './render/record.ts'
import { createReveal } from './render/reveal.ts'
import { type RenderRequest, render } from './render.ts'
import { wantsColor } from './surroundings.ts'

const configuration = `issuer: https://id.example.com
products:
  trino: { product: trino, version: "476", url: https://trino.example.com, authentication: [{ authenticationClass: gatehouse }] }
  bi: { product: superset, url: https://bi.example.com, roles: { a: [Alpha] }, authentication: [{ authenticationClass: gatehouse }] }
`
const brokenProduct = `  broken: { product: trino, url: http://broken.example.com, authentication: [{ authenticationClass: gatehouse }] }\n`

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function folderWith(text = configuration): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-render-'))
  folders.push(folder)
  writeFileSync(join(folder, 'gatehouse.yaml'), text)
  return folder
}

function run(
  folder: string,
  request: Partial<RenderRequest> = {},
  { color = false, env = {} }: { color?: boolean; env?: Record<string, string> } = {},
) {
  let stdout = ''
  let stderr = ''
  const status = render(
    {
      files: [join(folder, 'gatehouse.yaml')],
      products: [],
      output: join(folder, 'out'),
      format: 'files',
      withSecrets: false,
      diff: false,
      against: undefined,
      check: false,
      ...request,
    },
    {
      load: (files) => loadConfig(readSources(files), env),
      reveal: (loaded) => createReveal({ ...loaded, env }),
      stdout: (text) => {
        stdout += text
      },
      stderr: (text) => {
        stderr += text
      },
      color,
    },
  )
  return { status, stdout, stderr }
}

/** What is in an output folder, but for the list that render keeps of its own files. */
function listed(output: string): string[] {
  return readdirSync(output)
    .filter((name) => name !== recordName)
    .sort()
}

test('every product is written into a folder of its name, results nowhere else', () => {
  const folder = folderWith()

  const { status, stdout, stderr } = run(folder)

  assert.equal(status, 0)
  assert.equal(stdout, '')
  assert.match(stderr, /wrote .*out\/trino\/config\.properties\n/)
  assert.deepEqual(listed(join(folder, 'out')), ['bi', 'trino'])
  assert.deepEqual(readdirSync(join(folder, 'out', 'bi')).sort(), [
    'REGISTER.md',
    'secrets.env.example',
    'superset_config.py',
  ])
})

test('a second run changes nothing and says so', () => {
  const folder = folderWith()
  run(folder)

  assert.match(run(folder).stderr, /^6 files unchanged\n$/)
})

test('--check and --diff name the folder of a product that was taken out, and no folder of anybody else', () => {
  const folder = folderWith()
  run(folder)
  mkdirSync(join(folder, 'out', 'notes'))
  writeFileSync(join(folder, 'out', 'notes', 'REGISTER.md'), '# mine\n')
  assert.equal(run(folder, { check: true }).status, 0)
  writeFileSync(join(folder, 'gatehouse.yaml'), configuration.replace(/ {2}bi:.*\n/, ''))

  const checked = run(folder, { check: true })
  const compared = run(folder, { diff: true })
  const named = run(folder, { check: true, products: ['trino'] })

  assert.deepEqual([checked.status, compared.status, named.status], [1, 1, 0])
  assert.match(checked.stdout, /^.*out\/bi\n$/)
  assert.match(checked.stderr, /the folder is of a product that is configured no more: remove it/)
  assert.match(compared.stderr, /out\/bi\n/)
  assert.deepEqual(listed(join(folder, 'out')), ['bi', 'notes', 'trino'])
})

const withoutBi = configuration.replace(/ {2}bi:.*\n/, '')

test('render names the files of a product that was taken out, and --prune removes them and their folder', () => {
  const folder = folderWith()
  run(folder)
  writeFileSync(join(folder, 'gatehouse.yaml'), withoutBi)

  const plain = run(folder)
  const pruned = run(folder, { prune: true })

  assert.equal(plain.status, 0)
  assert.match(plain.stderr, /out\/bi: no product is called bi any more, of an earlier rendering:\n/)
  for (const name of ['REGISTER.md', 'secrets.env.example', 'superset_config.py']) {
    assert.match(plain.stderr, new RegExp(`^ {2}.*out/bi/${name.replaceAll('.', '\\.')}$`, 'm'))
    assert.match(pruned.stderr, new RegExp(`^removed .*out/bi/${name.replaceAll('.', '\\.')}$`, 'm'))
  }
  assert.deepEqual(listed(join(folder, 'out')), ['trino'])
  assert.equal(run(folder, { check: true }).status, 0)
})

test('a folder of a removed product is found in every form, also where it has no REGISTER.md', () => {
  for (const format of ['files', 'kubernetes', 'env'] as const) {
    const folder = folderWith()
    run(folder, { format })
    writeFileSync(join(folder, 'gatehouse.yaml'), withoutBi)

    const { status, stdout } = run(folder, { format, check: true })

    assert.equal(status, 1, format)
    assert.match(stdout, /^.*out\/bi\n$/, format)
  }
})

test('--prune keeps what somebody has changed or put there, and says so', () => {
  const folder = folderWith()
  run(folder)
  const mine = join(folder, 'out/bi/notes.txt')
  const changed = join(folder, 'out/bi/superset_config.py')
  writeFileSync(mine, 'mine')
  writeFileSync(changed, `${readFileSync(changed, 'utf8')}# mine\n`)
  writeFileSync(join(folder, 'gatehouse.yaml'), withoutBi)

  const { stderr } = run(folder, { prune: true })

  assert.deepEqual(listed(join(folder, 'out/bi')), ['notes.txt', 'superset_config.py'])
  assert.match(stderr, /^kept .*superset_config\.py: somebody has changed it since it was rendered$/m)
  assert.match(stderr, /^removed .*out\/bi\/REGISTER\.md$/m)
})

test('a list of files that somebody has written removes nothing that render did not write', () => {
  const folder = folderWith()
  run(folder)
  const victim = join(folder, 'victim.txt')
  writeFileSync(victim, 'mine')
  mkdirSync(join(folder, 'out/other'))
  symlinkSync(folder, join(folder, 'out/linked'))
  writeFileSync(join(folder, 'out/other/mine.txt'), 'mine')
  const record = join(folder, 'out', recordName)
  const sha256 = '0'.repeat(64)
  const paths = ['../victim.txt', 'other/../../victim.txt', '/etc/hostname', 'other/mine.txt', 'other/./mine.txt']
  writeFileSync(
    record,
    JSON.stringify({ files: Object.fromEntries(paths.map((path) => [path, { form: 'files', sha256 }])) }),
  )

  const { status } = run(folder, { prune: true })
  writeFileSync(record, JSON.stringify({ files: { 'linked/victim.txt': { form: 'files' } } }))
  const linked = run(folder, { prune: true })

  assert.equal(status, 0)
  assert.equal(linked.status, 2)
  assert.equal(readFileSync(victim, 'utf8'), 'mine')
  assert.equal(readFileSync(join(folder, 'out/other/mine.txt'), 'utf8'), 'mine')
})

test('a file that a configured product does not need any more is stale too', () => {
  const folder = folderWith(withAccounts)
  run(folder)
  assert.ok(listed(join(folder, 'out/lake')).includes('password-authenticator.properties'))
  writeFileSync(join(folder, 'gatehouse.yaml'), withAccounts.replace(', { authenticationClass: staff }', ''))
  run(folder)

  const checked = run(folder, { check: true })
  run(folder, { prune: true })

  assert.equal(checked.status, 1)
  assert.match(checked.stdout, /^.*lake\/password-authenticator\.properties\n$/)
  assert.ok(!listed(join(folder, 'out/lake')).includes('password-authenticator.properties'))
  assert.equal(run(folder, { check: true }).status, 0)
})

const withAccounts = `issuer: https://id.example.com
products:
  lake: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: gatehouse }, { authenticationClass: staff }] }
authenticationClasses: { staff: { static: { userCredentialsSecret: { name: staff } } } }
secrets: { staff: { users: { alice: "\${env:ALICE}" } } }
`

test('two forms in one folder, and files of secrets, are no stale files of each other', () => {
  const folder = folderWith(withSecrets)
  run(folder, { withSecrets: true }, { env: secretValues })

  for (const format of ['env', 'kubernetes', 'files'] as const) {
    run(folder, { format, prune: true })
    assert.equal(run(folder, { format, check: true }).status, 0, format)
  }

  assert.ok(listed(join(folder, 'out/bi')).includes('secrets.env'))
  assert.doesNotMatch(readFileSync(join(folder, 'out', recordName), 'utf8'), /secrets\.env"[^}]*sha256/)
})

test('a product with an error keeps its files, whatever else is pruned', () => {
  const folder = folderWith()
  run(folder)
  writeFileSync(join(folder, 'gatehouse.yaml'), configuration.replace('https://trino', 'http://trino'))

  assert.equal(run(folder, { prune: true }).status, 1)

  assert.ok(listed(join(folder, 'out/trino')).includes('config.properties'))
})

test('--prune is for the folder that is written', () => {
  for (const request of [{ check: true }, { diff: true }, { output: '-' }]) {
    const { status, stderr } = run(folderWith(), { ...request, prune: true })

    assert.equal(status, 2)
    assert.match(stderr, /--prune removes files/)
  }
})

test('-p renders the named products only', () => {
  const folder = folderWith()

  assert.equal(run(folder, { products: ['trino'] }).status, 0)

  assert.deepEqual(listed(join(folder, 'out')), ['trino'])
})

test('a product that does not exist is a wrong call', () => {
  const { status, stderr } = run(folderWith(), { products: ['trion'] })

  assert.equal(status, 2)
  assert.match(stderr, /no product "trion"; known: trino, bi \(did you mean "trino"\?\)/)
})

test('-o - prints every file under a line with its name', () => {
  const folder = folderWith()

  const { status, stdout } = run(folder, { output: '-', products: ['trino'] })

  assert.equal(status, 0)
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.startsWith('# --- ')),
    ['# --- trino/config.properties', '# --- trino/REGISTER.md', '# --- trino/secrets.env.example'],
  )
  assert.deepEqual(readdirSync(folder), ['gatehouse.yaml'])
})

test('--check names each stale file, writes nothing and answers 1', () => {
  const folder = folderWith()
  run(folder)
  const stale = join(folder, 'out', 'trino', 'config.properties')
  writeFileSync(stale, 'changed by hand\n')

  const { status, stdout } = run(folder, { check: true })

  assert.equal(status, 1)
  assert.equal(stdout, `${stale}\n`)
  assert.equal(readFileSync(stale, 'utf8'), 'changed by hand\n')
})

test('--check of fresh files is silent and answers 0', () => {
  const folder = folderWith()
  run(folder)

  assert.deepEqual(run(folder, { check: true }), { status: 0, stdout: '', stderr: '' })
})

test('--diff shows what would change, writes nothing and answers 1', () => {
  const folder = folderWith()
  run(folder)
  writeFileSync(join(folder, 'gatehouse.yaml'), configuration.replace('trino.example.com', 'lake.example.com'))

  const { status, stdout } = run(folder, { diff: true, products: ['trino'] })

  assert.equal(status, 1)
  assert.match(stdout, /^--- .*out\/trino\/REGISTER\.md\n\+\+\+ .*REGISTER\.md\n@@ /)
  assert.match(stdout, /^\+- Redirect URI: `https:\/\/lake\.example\.com\/oauth2\/callback`$/m)
  assert.match(readFileSync(join(folder, 'out', 'trino', 'REGISTER.md'), 'utf8'), /trino\.example\.com/)
})

test('--diff against an empty folder shows every file as new', () => {
  const { status, stdout } = run(folderWith(), { diff: true, products: ['trino'] })

  assert.equal(status, 1)
  assert.match(stdout, /^--- \/dev\/null\n\+\+\+ .*config\.properties\n@@ -0,0 \+1,\d+ @@\n/)
})

test('a diff is coloured for a terminal only', () => {
  const folder = folderWith()
  const colorCode = String.fromCharCode(27)

  assert.ok(run(folder, { diff: true }, { color: true }).stdout.includes(`${colorCode}[32m+`))
  assert.ok(!run(folder, { diff: true }).stdout.includes(colorCode))
  assert.equal(wantsColor({ isTTY: true }, {}), true)
  assert.equal(wantsColor({ isTTY: true }, { NO_COLOR: '1' }), false)
  assert.equal(wantsColor({}, {}), false)
})

test('a product with an error is named by line and left alone, the others are rendered', () => {
  const folder = folderWith(configuration + brokenProduct)

  const { status, stderr } = run(folder)

  assert.equal(status, 1)
  assert.match(stderr, /gatehouse\.yaml:5:\d+ products\.broken\.url: Trino signs people in over https only/)
  assert.deepEqual(listed(join(folder, 'out')), ['bi', 'trino'])
})

test('a wrong configuration is answered with 2 and every problem', () => {
  const folder = folderWith('products: { a: { product: trino }, b: { product: oracle } }\n')

  const { status, stdout, stderr } = run(folder)

  assert.equal(status, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /products\.a\.url: is missing/)
  assert.match(stderr, /products\.b\.product: must be one of/)
})

test('a folder stands for its YAML files', () => {
  const folder = folderWith()
  writeFileSync(join(folder, 'notes.txt'), 'not yaml: [')

  assert.equal(run(folder, { files: [folder] }).status, 0)
})

test('calls that contradict themselves are refused', () => {
  assert.equal(run(folderWith(), { diff: true, check: true }).status, 2)
  assert.equal(run(folderWith(), { output: '-', check: true }).status, 2)
  assert.equal(run(folderWith(), { output: '' }).status, 2)
})

test('nothing is written or read through a symbolic link', () => {
  for (const link of ['trino', 'trino/config.properties']) {
    const folder = folderWith()
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(join(folder, 'out', ...link.split('/').slice(0, -1)), { recursive: true })
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'config.properties'), 'secret\n')
    symlinkSync(link === 'trino' ? elsewhere : join(elsewhere, 'config.properties'), join(folder, 'out', link))

    const { status, stderr } = run(folder, { products: ['trino'] })
    const shown = run(folder, { products: ['trino'], diff: true })

    assert.equal(status, 2)
    assert.match(stderr, /render-target-unwritable: .*\n.*symbolic link/)
    assert.deepEqual(readdirSync(elsewhere), ['config.properties'])
    assert.equal(readFileSync(join(elsewhere, 'config.properties'), 'utf8'), 'secret\n')
    assert.doesNotMatch(shown.stdout, /secret/)
  }
})

test('a folder that cannot be written is named, and no half file stays', () => {
  const folder = folderWith()
  mkdirSync(join(folder, 'out'))
  writeFileSync(join(folder, 'out', 'trino'), 'a file where a folder should be')

  const { status, stderr } = run(folder, { products: ['trino'] })

  assert.equal(status, 2)
  assert.match(stderr, /render-target-unwritable: .*\n {2}file: .*trino.*\n {2}Choose another folder/)
  assert.deepEqual(listed(join(folder, 'out')), ['trino'])
})

const withSecrets = `authenticationClasses:
  keycloak: { oidc: { hostname: sso.example.com, principalClaim: preferred_username, providerHint: Keycloak, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
products:
  bi:
    product: superset
    url: https://bi.example.com
    roles: { a: [Alpha] }
    authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: bi-client, extraScopes: [groups] } }]
secrets: { bi-client: { clientId: bi, clientSecret: "\${env:BI_SECRET}" } }
`
const secretValues = { BI_SECRET: "hunter'2", SUPERSET_SECRET_KEY: 'key-of-superset' }

test('for Kubernetes there is a ConfigMap of the files, and variables that name Secrets', () => {
  const folder = folderWith(withSecrets)

  const { status } = run(folder, { format: 'kubernetes' })

  assert.equal(status, 0)
  assert.deepEqual(readdirSync(join(folder, 'out/bi')).sort(), written(folder, 'bi'))
  const map = parse(readFileSync(join(folder, 'out/bi/configmap.yaml'), 'utf8'))
  assert.equal(map.kind, 'ConfigMap')
  assert.match(map.data['superset_config.py'], /OAUTH_PROVIDERS/)
  const { apiVersion, kind, metadata, spec } = parse(readFileSync(join(folder, 'out/bi/bi-env.yaml'), 'utf8'))
  const [container] = spec.template.spec.containers
  assert.deepEqual([apiVersion, kind, metadata.name, container.name], ['apps/v1', 'Deployment', 'bi', 'bi'])
  assert.deepEqual(container.env, [
    {
      name: 'SUPERSET_SECRET_KEY',
      valueFrom: { secretKeyRef: { name: 'bi-environment', key: 'SUPERSET_SECRET_KEY' } },
    },
    { name: 'BI_SECRET', valueFrom: { secretKeyRef: { name: 'bi-client', key: 'clientSecret' } } },
  ])
})

/** All files of a product but those for its provider. */
function written(folder: string, product: string): string[] {
  const found = readdirSync(join(folder, 'out', product)).sort()
  assert.ok(found.includes('configmap.yaml') && found.includes(`${product}-env.yaml`) && found.includes('REGISTER.md'))
  assert.ok(!found.includes('secret.yaml') && !found.includes('secrets.env'))
  return found
}

test('no secret is written unless it is asked for, and then only for its owner, in a file that says so', () => {
  const folder = folderWith(withSecrets)

  for (const format of ['files', 'kubernetes', 'env'] as const) {
    const output = join(folder, format)
    const plain = run(folder, { format, output }, { env: secretValues })
    assert.equal(plain.status, 0)
    assert.doesNotMatch(allText(output), /hunter|key-of-superset/)

    const full = run(folder, { format, output, withSecrets: true }, { env: secretValues })
    assert.equal(full.status, 0)
    assert.match(full.stderr, /secrets in clear text, mode 0600/)
    const holding = filesOf(output).filter((file) => /hunter/.test(readFileSync(file, 'utf8')))
    assert.equal(holding.length, 1)
    assert.equal(statSync(holding[0] ?? '').mode & 0o777, 0o600)
  }
  assert.match(readFileSync(join(folder, 'files/bi/secrets.env'), 'utf8'), /^BI_SECRET='hunter'\\''2'$/m)
  const [first, second] = parseAllDocuments(readFileSync(join(folder, 'kubernetes/bi/secret.yaml'), 'utf8'))
  const secrets = [first, second].map((document) => document?.toJS())
  assert.deepEqual(
    secrets.map(({ metadata, stringData }) => [metadata.name, stringData]),
    [
      ['bi-environment', { SUPERSET_SECRET_KEY: 'key-of-superset' }],
      ['bi-client', { clientSecret: "hunter'2" }],
    ],
  )
})

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function allText(folder: string): string {
  return filesOf(folder)
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
}

test('a secret that is nowhere is named, and secrets are never printed', () => {
  const folder = folderWith(withSecrets)

  const missing = run(folder, { withSecrets: true }, { env: { BI_SECRET: 'x' } })
  const printed = run(folder, { withSecrets: true, output: '-' }, { env: secretValues })
  const compared = run(folder, { withSecrets: true, diff: true }, { env: secretValues })

  assert.equal(missing.status, 2)
  assert.match(missing.stderr, /SUPERSET_SECRET_KEY/)
  for (const { status, stdout, stderr } of [printed, compared]) {
    assert.equal(status, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /give a folder with -o/)
  }
})

test('the secret of a client of our own is the one that the server derives', () => {
  const folder = folderWith(`encryptionKey: "\${env:KEY}"\n${configuration}`)
  const env = { KEY: Buffer.alloc(32, 7).toString('base64'), SUPERSET_SECRET_KEY: 'k' }

  const { status, stderr } = run(folder, { withSecrets: true }, { env })

  assert.equal(status, 0, stderr)
  assert.match(readFileSync(join(folder, 'out/trino/secrets.env'), 'utf8'), /^TRINO_CLIENT_SECRET=[\w-]{43}$/m)
})

test('a running product is compared by the dump of its ConfigMap', () => {
  const folder = folderWith()
  run(folder, { format: 'kubernetes' })
  const dump = join(folder, 'out/trino/configmap.yaml')
  const request = { products: ['trino'], diff: true, against: dump }

  const same = run(folder, request)
  writeFileSync(dump, readFileSync(dump, 'utf8').replace('authentication.type=OAUTH2', 'authentication.type=PASSWORD'))
  const changed = run(folder, request)
  writeFileSync(dump, 'kind: Deployment\n')
  const noDump = run(folder, request)

  assert.deepEqual([same.status, same.stdout], [0, ''])
  assert.equal(changed.status, 1)
  assert.match(changed.stdout, /configmap\.yaml:config\.properties\n/)
  assert.match(changed.stdout, /^-http-server\.authentication\.type=PASSWORD$/m)
  assert.match(changed.stdout, /^\+http-server\.authentication\.type=OAUTH2$/m)
  assert.equal(noDump.status, 2)
  assert.match(noDump.stderr, /holds no ConfigMap/)
})

test('as variables there is one file to source, which names the secrets that are missing', () => {
  const folder = folderWith(withSecrets)

  const { stderr } = run(folder, { format: 'env' })

  assert.deepEqual(readdirSync(join(folder, 'out/bi')), ['bi.env'])
  assert.match(stderr, /bi: superset_config\.py cannot be expressed as variables and is left out/)
  assert.match(readFileSync(join(folder, 'out/bi/bi.env'), 'utf8'), /^# BI_SECRET is expected too/m)
})

test('a secret of several lines gets a file of its own, and nothing of it is in an error', () => {
  const folder = folderWith(withSecrets)
  const env = { ...secretValues, BI_SECRET: 'line one\nline two' }

  for (const format of ['files', 'env', 'kubernetes'] as const) {
    const { status, stdout, stderr } = run(folder, { format, output: join(folder, format), withSecrets: true }, { env })

    assert.equal(status, 0, stderr)
    assert.doesNotMatch(stdout + stderr, /line (one|two)/)
  }
  const file = join(folder, 'files/bi/BI_SECRET.txt')
  assert.equal(readFileSync(file, 'utf8'), 'line one\nline two')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match(readFileSync(join(folder, 'files/bi/secrets.env'), 'utf8'), /^# BI_SECRET has several lines/m)
  assert.equal(
    parseAllDocuments(readFileSync(join(folder, 'kubernetes/bi/secret.yaml'), 'utf8'))[1]?.toJS().stringData
      .clientSecret,
    'line one\nline two',
  )
})

test('every secret that is missing is named, and what has all of its own is written', () => {
  const two = withSecrets.replace(
    'secrets:',
    `  lake: { product: trino, version: "476", url: https://lake.example.com, authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: bi-client } }] }\nsecrets:`,
  )
  const folder = folderWith(two)

  const { status, stderr } = run(folder, { withSecrets: true }, { env: { BI_SECRET: 'x' } })
  const none = run(folder, { withSecrets: true, output: join(folder, 'none') })

  assert.equal(status, 2)
  assert.match(stderr, /^bi: SUPERSET_SECRET_KEY \(Signs the session cookies/m)
  assert.deepEqual(listed(join(folder, 'out')), ['lake'])
  assert.equal(none.stderr.match(/secret-not-found/g)?.length, 3)
})

test('without the key of the server no secret is derived from a new one', () => {
  const folder = folderWith()

  const { status, stderr } = run(folder, { withSecrets: true, products: ['trino'] })

  assert.equal(status, 2)
  assert.match(stderr, /client-secret-elsewhere.*gatehouse serve/)
  assert.deepEqual(readdirSync(folder), ['gatehouse.yaml'])
})

test('a client at another provider is never given a secret that is derived here', () => {
  const folder = folderWith(withSecrets.replace(', clientSecret: "${env:BI_SECRET}"', ''))
  const env = { SUPERSET_SECRET_KEY: 'k', GATEHOUSE_KEY: 'x' }

  const { status, stderr } = run(folder, { withSecrets: true }, { env })

  assert.equal(status, 2)
  assert.match(stderr, /BI_CLIENT_SECRET/)
})

test('two secrets that would come under one name are refused', () => {
  const folder = folderWith(withSecrets.replace('${env:BI_SECRET}', '${env:SUPERSET_SECRET_KEY}'))

  const { status, stderr } = run(folder)

  assert.equal(status, 1)
  assert.match(stderr, /products\.bi: two different values would come as the environment variable SUPERSET_SECRET_KEY/)
})

test('Kubernetes is given the values that are meant, dollars too', () => {
  const folder = folderWith(`products:
  app:
    product: oidc
    url: https://app.example.com
    redirectUris: [https://app.example.com/cb]
    authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: app } }]
authenticationClasses:
  keycloak: { oidc: { hostname: sso.example.com, principalClaim: "a$(HOME)b$$c", tls: { verification: { server: { caCert: { webPki: {} } } } } } }
secrets: { app: { clientId: app, clientSecret: "\${env:APP}" } }
`)

  run(folder, { format: 'kubernetes' })

  const { spec } = parse(readFileSync(join(folder, 'out/app/client-env.yaml'), 'utf8'))
  const claim = spec.template.spec.containers[0].env.find(
    ({ name }: { name: string }) => name === 'OIDC_PRINCIPAL_CLAIM',
  )
  assert.equal(claim.value, 'a$$(HOME)b$$$$c')
})

test('a dump that holds none of the files is no proof that nothing differs', () => {
  const folder = folderWith()
  const dump = join(folder, 'dump.yaml')
  writeFileSync(dump, 'kind: ConfigMap\ndata: { other.properties: "" }\n')

  const other = run(folder, { products: ['trino'], diff: true, against: dump })
  const form = run(folder, { products: ['trino'], diff: true, against: dump, format: 'kubernetes' })

  assert.equal(other.status, 2)
  assert.match(other.stderr, /none of the rendered files/)
  assert.equal(form.status, 2)
})
