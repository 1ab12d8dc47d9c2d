import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { productKinds } from '../src/config/schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const leaves = [
  'accent.ts',
  'authentication-context.ts',
  'bounded-answer.ts',
  'budget.ts',
  'claim-path.ts',
  'clock.ts',
  'compatible-characters.ts',
  'cookies.ts',
  'dispatching-fetch.ts',
  'duration.ts',
  'errors.ts',
  'escape-html.ts',
  'formats',
  'form-body.ts',
  'formats.ts',
  'http.ts',
  'ip-address.ts',
  'issuer-text.ts',
  'kept.ts',
  'log-text.ts',
  'log-writer.ts',
  'log.ts',
  'loopback.ts',
  'make-folder.ts',
  'maps.ts',
  'odd-path.ts',
  'outgoing.ts',
  'printable.ts',
  'request-body.ts',
  'request-record.ts',
  'retrying-fetch.ts',
  'store-address.ts',
  'teams-named.ts',
  'trusted-headers.ts',
  'turns.ts',
  'username.ts',
]

/** What each part may import besides itself and the leaves. Types do not count: they do not run. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: [
    'config',
    'dev-idp',
    'directory',
    'doctor',
    'importers',
    'products',
    'provider',
    'server',
    'sessions',
    'store',
    'vendors',
  ],
  config: ['vendors'],
  connectors: ['config', 'vendors'],
  'dev-idp': ['vendors'],
  directory: ['sessions', 'store'],
  doctor: ['config', 'connectors', 'directory', 'products', 'vendors'],
  gate: [],
  importers: ['config', 'products', 'vendors'],
  login: ['config', 'directory', 'sessions', 'store', 'web'],
  mail: ['config'],
  products: ['config', 'vendors'],
  provider: ['config', 'products', 'sessions', 'store'],
  server: ['config', 'connectors', 'directory', 'gate', 'login', 'mail', 'provider', 'sessions', 'store', 'web'],
  sessions: ['store'],
  store: [],
  vendors: [],
  web: [],
}

/** Who may import a package, if not everybody may. */
const packageOwners: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['provider', 'dev-idp'],
  'openid-client': ['connectors'],
  ldapts: ['connectors'],
  kysely: ['store'],
  pg: ['store'],
  commander: ['cli'],
  hono: ['login', 'web'],
  zod: ['config', 'dev-idp', 'doctor'],
  'smol-toml': ['importers'],
  yaml: ['cli', 'config', 'formats', 'importers'],
  '@node-rs/argon2': ['directory'],
  '@zxcvbn-ts/language-common': ['directory'],
  otplib: ['directory'],
  '@simplewebauthn/server': ['directory'],
  nodemailer: ['mail'],
  uqr: ['login'],
  diff: ['cli'],
  re2js: ['connectors', 'products'],
  'ipaddr.js': ['ip-address.ts'],
  'prom-client': ['server'],
  undici: ['doctor', 'gate', 'dispatching-fetch.ts'],
}

const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !isTest(file))

function isTest(file: string): boolean {
  return file.endsWith('.test.ts')
}

function says(file: string, pattern: RegExp): boolean {
  return pattern.test(readFileSync(join(root, file), 'utf8'))
}

function partOf(file: string): string {
  return file.split('/')[1] ?? ''
}

/** Folders of `products/` that are not a kind of product. */
const sharedByKinds = ['checks', 'extra', 'output', 'registration', 'writing']

/** What each room of `products/` may import of the others, types included. A kind is one room, whichever it is. */
const mayImportInProducts: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  writing: ['contract'],
  extra: ['contract', 'writing'],
  'a kind': ['contract', 'extra', 'writing'],
  'client-kinds': ['a kind', 'contract'],
  clients: ['client-kinds', 'contract', 'writing'],
  resolve: ['client-kinds', 'clients', 'contract'],
  checks: ['contract', 'writing'],
  registration: ['contract', 'writing'],
  index: ['a kind', 'contract'],
  'render-product': ['checks', 'contract', 'extra', 'index', 'registration', 'resolve', 'writing'],
  output: ['contract', 'render-product', 'writing'],
}

/** Kinds that build on others, or keep shared code in a folder. */
const builtOn: Readonly<Record<string, readonly string[]>> = {
  airflow: ['flask-app-builder'],
  superset: ['flask-app-builder'],
  'argo-cd': ['argo', 'dex'],
  'argo-workflows': ['argo'],
  kubeflow: ['dex'],
}

/** The room of `products/` that a file is in. */
function roomOf(file: string): string | undefined {
  const [, part, room = ''] = file.split('/')
  if (part !== 'products') return undefined
  return kindOf(file) === undefined ? room.replace(/\.ts$/, '') : 'a kind'
}

/** The kind of product whose folder a file is in. */
function kindOf(file: string): string | undefined {
  const [, part, folder = '', name] = file.split('/')
  return part === 'products' && name !== undefined && !sharedByKinds.includes(folder) ? folder : undefined
}

const running =
  /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm
const withTypes = /^(?:import|export)\s+(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

/** The modules that run with a file; without `import type` by default. */
function importsOf(file: string, statementsOf = running): { specifier: string; target: string }[] {
  const statements = readFileSync(join(root, file), 'utf8').matchAll(statementsOf)
  return [...statements].map(([, fixed, dynamic]) => {
    const specifier = fixed ?? dynamic ?? ''
    return { specifier, target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier }
  })
}

function graphOf(statements: RegExp): Map<string, string[]> {
  return new Map(
    sources.map((file) => [
      file,
      importsOf(file, statements)
        .map(({ target }) => target)
        .filter((target) => target.startsWith('src/')),
    ]),
  )
}

const graph = graphOf(running)
const graphWithTypes = graphOf(withTypes)

const atOnce = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm

/** Files and packages that are loaded with those files; without what `import()` loads later. */
function loadedWith(files: readonly string[], seen = new Set<string>()): Set<string> {
  for (const file of files) {
    if (seen.has(file)) continue
    seen.add(file)
    if (sources.includes(file)) {
      const targets = importsOf(file, atOnce).map(({ target }) => target)
      loadedWith(targets, seen)
    }
  }
  return seen
}

/** Everything that runs with those files. */
function reached(files: readonly string[], seen = new Set<string>()): Set<string> {
  for (const file of files) {
    if (seen.has(file)) continue
    seen.add(file)
    reached(graph.get(file) ?? [], seen)
  }
  return seen
}

describe('the architecture', () => {
  it('has no folder without a row here, and none that says nothing', () => {
    const parts = new Set(sources.map(partOf))

    const unknown = [...parts].filter((part) => !leaves.includes(part) && !(part in mayImport))

    assert.deepEqual(unknown, [])
    assert.deepEqual(
      sources.filter((file) => /\/(utils?|helpers?|common|core|services|types|misc|lib)(\/|\.ts$)/.test(file)),
      [],
    )
  })

  it('lets each part import only the parts that its arrow points to', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target.startsWith('src/'))
        .map(({ target }) => partOf(target))
        .filter((part) => part !== partOf(file) && !leaves.includes(part))
        .filter((part) => leaves.includes(partOf(file)) || !mayImport[partOf(file)]?.includes(part))
        .map((part) => `${file} imports ${part}`),
    )

    assert.deepEqual([...new Set(wrong)], [])
  })

  it('lets only its owner touch a library', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .map(({ specifier }) =>
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => name in packageOwners && !packageOwners[name]?.includes(partOf(file)))
        .map((name) => `${file} imports ${name}`),
    )

    assert.deepEqual(wrong, [])
  })

  it('knows products in the server and in doctor by their clients, without a renderer', () => {
    const server = sources.filter((file) => /^src\/(provider|doctor|server|products\/(clients|resolve)\.ts)/.test(file))

    const renderers = [...reached(server)]
      .filter((file) => file === 'src/products/index.ts' || kindOf(file) !== undefined)
      .filter((file) => !file.endsWith('/client.ts'))

    assert.deepEqual(renderers, [])
  })

  it('starts the server without what only rendering, importing, diagnosing, forwarding or PostgreSQL need', () => {
    const start = ['src/cli/main.ts', 'src/cli/serve.ts', 'src/server/start.ts', 'src/connectors/oidc-class.ts']
    const needless =
      /^src\/(cli\/(?!main|program|package-file|command|serve|signals|surroundings|configured|explain-error)|products\/(index|render-product|checks|registration|output)|importers|doctor|dev-idp|store\/postgres|gate\/upstream\.ts)|^(undici|pg|re2js|diff|smol-toml)$/

    const loaded = loadedWith(start)

    assert.ok(loaded.has('src/gate/gate.ts') && loaded.has('oidc-provider'))
    assert.deepEqual(
      [...loaded].filter((name) => needless.test(name) || (kindOf(name) !== undefined && !name.endsWith('/client.ts'))),
      [],
    )
  })

  it('lists people and clients without the server', () => {
    const lists = ['src/cli/main.ts', 'src/cli/users/list.ts', 'src/cli/clients/list.ts', 'src/store/inspect.ts']
    const server =
      /^src\/(gate|login|provider\/(?!clients)|web|connectors|server\/(?!state))|^(oidc-provider|hono|@hono\/node-server|openid-client|undici|pg)$/

    const loaded = loadedWith(lists)

    assert.ok(loaded.has('src/cli/users/list.ts'))
    assert.deepEqual(
      [...loaded].filter((name) => server.test(name)),
      [],
    )
  })

  it('lets each room of products/ import only the rooms below it', () => {
    const wrong = sources.flatMap((file) => {
      const room = roomOf(file)
      if (room === undefined) return []
      return (graphWithTypes.get(file) ?? [])
        .filter((target) => {
          const other = roomOf(target)
          return other !== undefined && other !== room && !mayImportInProducts[room]?.includes(other)
        })
        .map((target) => `${file} imports ${target}`)
    })

    assert.deepEqual(wrong, [])
  })

  it('lets a kind of product import no other kind than those that it is built on', () => {
    const wrong = sources.flatMap((file) => {
      const kind = kindOf(file)
      if (kind === undefined) return []
      return (graphWithTypes.get(file) ?? [])
        .filter((target) => ![undefined, kind, ...(builtOn[kind] ?? [])].includes(kindOf(target)))
        .map((target) => `${file} imports ${target}`)
    })

    assert.deepEqual(wrong, [])
  })

  it('has no folder in products/ that is no kind, shared by kinds or built on', () => {
    const known = new Set<string>([...productKinds, ...Object.values(builtOn).flat()])

    const strange = sources.map(kindOf).filter((kind) => kind !== undefined && !known.has(kind))

    assert.deepEqual([...new Set(strange)], [])
  })

  it('shows other parts nothing of a kind of product but its words', () => {
    const wrong = sources
      .filter((file) => partOf(file) !== 'products')
      .flatMap((file) => (graphWithTypes.get(file) ?? []).map((target) => ({ file, target })))
      .filter(({ target }) => kindOf(target) !== undefined && !/\/(names|fixed-settings)\.ts$/.test(target))
      .map(({ file, target }) => `${file} imports ${target}`)

    assert.deepEqual(wrong, [])
  })

  it('writes formats without a word about a product', () => {
    // Kubernetes is also where products run.
    const products = productKinds.filter((kind) => kind !== 'kubernetes')
    const words = new RegExp(`\\b(${products.join('|')})\\b`, 'i')

    const knowing = sources.filter((file) => partOf(file).startsWith('formats') && says(file, words))

    assert.deepEqual(knowing, [])
  })

  it('reads the bodies of requests in one place, which counts while it reads [empty-post-crash]', () => {
    const reading =
      /\.req(uest)?\.(text|json|formData|parseBody|arrayBuffer|blob)\(|\b(request|incoming|req)(\.raw)?\.(body|on\('data'|pipe\()|for await \(const \w+ of (request|incoming|req)\b/

    const readers = sources.filter((file) => says(file, reading)).sort()

    // The gate hands uploads on, piece by piece, and keeps nothing of them.
    assert.deepEqual(readers, ['src/gate/upstream.ts', 'src/request-body.ts'])
  })

  it('has no import cycles, types included', () => {
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: string[]) => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const target of graphWithTypes.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of sources) visit(file, [])

    assert.deepEqual(cycles, [])
  })

  it('gives the whole store to those alone who make something of it; others take the tables that they use', () => {
    const makers = [
      'src/cli/with-store.ts',
      'src/directory/index.ts',
      'src/server/foundation.ts',
      'src/server/state.ts',
      'src/sessions/index.ts',
    ]

    const takers = sources.filter(
      (file) =>
        partOf(file) !== 'store' && says(file, /^import (type )?\{[^}]*\bStore\b[^}]*\} from '[^']*store\/index\.ts'/m),
    )

    assert.deepEqual(takers.sort(), makers)
  })

  it('writes what changes people or ends sessions in one place, so that every cache hears of it', () => {
    const builders = ['directory', 'sessions', 'store']

    const others = sources.filter((file) => !builders.includes(partOf(file)) && says(file, /\/store\//))
    const writers = sources.filter(
      (file) => partOf(file) !== 'store' && says(file, /\bengine\.write\(|\bengine\b.*\bwrite\b/),
    )

    assert.deepEqual(
      others.filter((file) => says(file, /\bstatements\b/)),
      [],
    )
    assert.deepEqual(writers, ['src/sessions/revocations.ts'])
  })

  it('loads the configuration without a disk: only what reads it, and secrets by reference, touch files', () => {
    const touching = sources
      .filter((file) => file.startsWith('src/config/'))
      .filter((file) => /node:fs|process\.cwd/.test(readFileSync(join(root, file), 'utf8')))

    assert.deepEqual(touching, ['src/config/read.ts', 'src/config/regular-file.ts'])
  })

  it('reads the answers of other machines through the reader that counts, so that nobody can fill the memory', () => {
    const calling = sources
      // What is written for products runs there.
      .filter((file) => partOf(file) !== 'products')
      .filter((file) =>
        says(file, /(?<![.\w])fetch\(|\bglobalThis\.fetch\b|from '(undici|node:https)'|import\('undici'\)/),
      )

    const unbounded = calling.filter((file) => !says(file, /bounded-answer\.ts'/))

    // The gate hands answers of services on piece by piece; the probe and the development provider open no body; outgoing.ts reads what
    // the dispatching fetch brings.
    assert.deepEqual(unbounded.sort(), [
      'src/dev-idp/listening.ts',
      'src/dispatching-fetch.ts',
      'src/doctor/probe.ts',
      'src/gate/tunnel.ts',
      'src/gate/upstream.ts',
    ])
  })

  it('loads PostgreSQL only when it is configured', () => {
    const wrong = sources
      .filter((file) => !file.startsWith('src/store/postgres/'))
      .filter((file) =>
        /^(?:import|export)\s+(?!type\b)[^'"]*?\sfrom\s+['"](?:pg|[^'"]*\/postgres\/[^'"]+)['"]/m.test(
          readFileSync(join(root, file), 'utf8'),
        ),
      )

    assert.deepEqual(wrong, [])
  })

  it('reads the environment and the console in the command line only', () => {
    const wrong = sources
      .filter((file) => !file.startsWith('src/cli/'))
      .filter((file) => /\bprocess\.env\b|\bconsole\./.test(readFileSync(join(root, file), 'utf8')))

    assert.deepEqual(wrong, [])
  })

  it('draws the inputs of property tests with the one seed', () => {
    const seeded = 'test/support/properties.ts'
    const others = globSync('{src,test}/**/*.ts', { cwd: root }).filter((file) => file !== seeded)

    const unseeded = others.filter((file) =>
      /^import .* from 'fast-check'/m.test(readFileSync(join(root, file), 'utf8')),
    )

    assert.deepEqual(unseeded, [])
  })
})
