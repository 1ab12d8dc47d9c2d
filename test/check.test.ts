/** `gatehouse check`: what it says about configurations that look fine and are not, and about their neighbours that are. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { check } from '../src/cli/check.ts'
import { render } from '../src/cli/render.ts'
import { serve } from '../src/cli/serve.ts'
import type { Surroundings } from '../src/cli/surroundings.ts'
import { loadConfig } from '../src/config/load.ts'
import type { Problem } from '../src/config/problem.ts'
import { readSources } from '../src/config/read.ts'
import type { Config, Rule } from '../src/config/schema.ts'
import { shadowedRules } from '../src/config/shadowed-rules.ts'
import { compileRule, decidingRule } from '../src/gate/decide.ts'
import { fc, runs } from './support/properties.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'gatehouse.yaml')

type Method = NonNullable<Rule['methods']>[number]

interface Run {
  status: number
  stdout: string
  stderr: string
}

function run(
  text: string,
  options: { json?: boolean; strict?: boolean; env?: boolean } = {},
  env: Record<string, string> = {},
): Run {
  writeFileSync(file, text)
  const said = { stdout: '', stderr: '' }
  const status = check(
    { files: [file], json: false, ...options },
    {
      env,
      stdout: (part) => {
        said.stdout += part
      },
      stderr: (part) => {
        said.stderr += part
      },
    },
  )
  return { status, stdout: said.stdout.replaceAll(`${folder}/`, ''), stderr: said.stderr.replaceAll(`${folder}/`, '') }
}

function problemsOf(text: string, options: { env?: boolean } = {}, env: Record<string, string> = {}): Problem[] {
  return JSON.parse(run(text, { ...options, json: true }, env).stdout) as Problem[]
}

/** `error PATH`, `CODE PATH`; without notes about variables, which no configuration here has. */
function saidOf(text: string, env: Record<string, string> = {}): string[] {
  return problemsOf(text, {}, env)
    .filter(({ severity }) => severity !== 'note')
    .map((each) => `${each.severity === 'error' ? 'error' : each.code} ${each.path}`)
}

/** What another command says on standard error. */
async function saidBy(command: (surroundings: Surroundings) => unknown): Promise<string> {
  let said = ''
  const stderr = (part: string) => {
    said += part
  }
  await command({ env: {}, color: false, stdout: () => {}, stderr })
  return said.replaceAll(`${folder}/`, '')
}

const tls = 'tls: { verification: { server: { caCert: { webPki: {} } } } }'
const server = 'issuer: https://id.example.com\n'
const proxies = 'listen: { trustedProxies: [10.0.0.0/8] }\n'
const secrets = `secrets: { s: { clientId: app, clientSecret: "\${env:S}" }, t: { clientId: other, clientSecret: "\${env:T}" } }\n`

function oidc(hostname: string, more = ''): string {
  return `oidc: { hostname: ${hostname}, principalClaim: email, ${tls}${more === '' ? '' : `, ${more}`} }`
}

const corp = oidc('sso.example.com')

/** A server with a way in at a class. */
function wayIn(someClass: string, more = ''): string {
  return `${server}authenticationClasses: { corp: { ${someClass} } }
login: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: s } }]
${secrets}${more}`
}

/** A product at a class. */
function product(described: string, someClass = corp, oidcOptions = ''): string {
  const options = `{ clientCredentialsSecret: s${oidcOptions} }`
  return `authenticationClasses: { corp: { ${someClass} } }
products: { p: { ${described}, authentication: [{ authenticationClass: corp, oidc: ${options} }] } }
${secrets}`
}

/** An application that signs people in with any provider. */
function portal(name = 'p'): string {
  return `product: oidc, url: "https://${name}.example.com", redirectUris: ["https://${name}.example.com/cb"]`
}

function rules(...written: string[]): string {
  return `${server}services: { a: { url: "https://a.example.com", upstream: "http://127.0.0.1:1", rules: [${written.join(', ')}] } }
teams: { t: {}, u: {} }
`
}

const rule = (path: string, allow: string, methods = '') =>
  `{ path: "${path}"${methods === '' ? '' : `, methods: [${methods}]`}, allow: ${allow} }`
const team = '["team:t"]'

/** A configuration that check called fine, what it says now, and its neighbours, which stay without that word. */
interface Case {
  says: string
  text: string
  expected: string[]
  fine: readonly string[]
}

function prove(cases: readonly Case[]): void {
  for (const { says, text, expected, fine } of cases) {
    test(says, () => {
      assert.deepEqual(saidOf(text), expected)
      for (const neighbour of fine) {
        const said = saidOf(neighbour)
        for (const word of expected) assert.ok(!said.includes(word), `${word} of\n${neighbour}`)
      }
    })
  }
}

const unreachable = ['rule-unreachable services.a.rules.1']

describe('a rule that never holds', () => {
  prove([
    {
      says: 'stands below `everyone` for all paths',
      text: rules(rule('/', 'everyone'), rule('/admin', team)),
      expected: unreachable,
      fine: [
        rules(rule('/admin', team), rule('/', 'everyone')),
        rules(rule('/admin', 'everyone'), rule('/admins', team)),
      ],
    },
    {
      says: 'stands below `authenticated`, or below a stricter rule',
      text: rules(rule('/', 'authenticated'), rule('/admin', team), rule('/x', 'everyone')),
      expected: [...unreachable, 'rule-unreachable services.a.rules.2'],
      fine: [rules(rule('/x', 'everyone'), rule('/admin', team), rule('/', 'authenticated'))],
    },
    {
      says: 'has a path below one with a slash at its end',
      text: rules(rule('/a/', 'everyone'), rule('/a/b/c', team)),
      expected: unreachable,
      fine: [rules(rule('/a/', 'everyone'), rule('/ab', team))],
    },
    {
      says: 'has the same path again',
      text: rules(rule('/a', 'everyone'), rule('/a/', team)),
      expected: unreachable,
      fine: [rules(rule('/a', 'everyone'), rule('/b', team))],
    },
    {
      says: 'has methods that are decided above, HEAD with GET',
      text: rules(rule('/', 'everyone', 'GET, POST'), rule('/a', team, 'HEAD, POST')),
      expected: unreachable,
      fine: [
        rules(rule('/', 'everyone', 'GET'), rule('/a', team)),
        rules(rule('/', 'everyone', 'HEAD'), rule('/a', team, 'GET')),
      ],
    },
    {
      says: 'is left nothing by several rules together, at several depths',
      text: rules(rule('/', 'everyone', 'GET'), rule('/a', 'everyone', 'POST'), rule('/a/b', team, 'GET, POST')),
      expected: ['rule-unreachable services.a.rules.2'],
      fine: [rules(rule('/', 'everyone', 'GET'), rule('/a', 'everyone', 'POST'), rule('/b', team, 'GET, POST'))],
    },
    {
      says: 'is left only methods that no rule can name',
      text: rules(rule('/', 'everyone', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'), rule('/a', team)),
      expected: unreachable,
      fine: [rules(rule('/', 'everyone', 'GET, HEAD, POST, PUT, PATCH, DELETE'), rule('/a', team))],
    },
    {
      says: 'names no method',
      text: rules(rule('/', 'everyone').replace('{ ', '{ methods: [], ')),
      expected: ['rule-unreachable services.a.rules.0'],
      fine: [rules(rule('/', 'everyone'))],
    },
    {
      says: 'lets in more people than one above whose path differs by letter case only',
      text: rules(rule('/Admin', team), rule('/admin', 'everyone')),
      expected: ['rule-narrowed services.a.rules.1'],
      fine: [
        rules(rule('/Admin', team), rule('/admin', team)),
        rules(rule('/Admin', team, 'GET'), rule('/admin', 'everyone')),
      ],
    },
    {
      says: 'protects one spelling of a path that is open in another one',
      text: rules(rule('/Admin', 'everyone'), rule('/admin', team)),
      expected: ['rule-by-case services.a.rules.1'],
      fine: [rules(rule('/Admin', team), rule('/admin', team))],
    },
    {
      says: 'is missing, so that nobody gets in',
      text: rules(),
      expected: ['rules-missing services.a.rules'],
      fine: [rules(rule('/', 'everyone'))],
    },
  ])

  test('is one that decides about no request, and every other rule decides about some', () => {
    const paths = ['/', '/a', '/a/b', '/A', '/a/B', '/c']
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
    const written = fc.record({
      path: fc.constantFrom(...paths),
      methods: fc.option(fc.uniqueArray(fc.constantFrom<Method>('GET', 'HEAD', 'POST'), { minLength: 1 }), {
        nil: undefined,
      }),
      allow: fc.constantFrom<Rule['allow']>('everyone', 'authenticated', ['team:t'], ['team:u']),
    })
    const everybody = { names: [], teams: ['t', 'u'] }

    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (some) => {
        const config = { services: { a: { url: 'https://a.example.com', rules: some } } } as unknown as Config
        const found = shadowedRules(config).flatMap((each) =>
          each.severity === 'warning' && each.code === 'rule-unreachable' ? [each.path[3]] : [],
        )
        const compiled = some.map(compileRule)
        compiled.forEach(({ path, name }, index) => {
          const decides = methods.some(
            (method) => decidingRule(compiled, { method, path, wantsPage: false, identity: everybody })?.name === name,
          )
          assert.equal(found.includes(index), !decides, name)
        })
      }),
      { numRuns: runs(300) },
    )
  })

  test('is found among 2,000 rules of 8 entries in less than two seconds of work', () => {
    const names = (index: number) => Array.from({ length: 8 }, (_, at) => `"user:u${index}-${at}"`).join(', ')
    const many = (path: (index: number) => string) =>
      rules(...Array.from({ length: 2_000 }, (_, index) => rule(path(index), `[${names(index)}]`)))
    const before = process.cpuUsage()

    const apart = saidOf(many((index) => `/p${index}/x`))
    const spelled = saidOf(many((index) => (index % 2 === 0 ? '/a/b' : '/A/b')))

    const { user, system } = process.cpuUsage(before)
    assert.deepEqual(apart, [])
    assert.equal(spelled.length, 1_999)
    assert.ok(user + system < 4e6, `${(user + system) / 1e6} s for both`)
  })
})

describe('a service that nobody reaches', () => {
  const service = (more = '', above = '') =>
    `${server}${above}services: { a: { url: "https://a.example.com"${more} } }\n`
  prove([
    {
      says: 'has no upstream, and no proxy may ask the gate for it',
      text: service(),
      expected: ['service-unreachable services.a'],
      fine: [service(', upstream: "http://127.0.0.1:1"'), service('', proxies)],
    },
    {
      says: 'has a time limit that only the proxy in front could keep',
      text: service(', timeout: 10m', proxies),
      expected: ['setting-ignored services.a.timeout'],
      fine: [service(', timeout: 10m, upstream: "http://127.0.0.1:1"')],
    },
  ])
})

describe('a service that is this server, and a team that nobody joins', () => {
  const upstream = (address: string, above = '') =>
    `${server}${above}services: { a: { url: "https://a.example.com", upstream: "${address}" } }\n`
  const teams = (someClass: string, more = '') =>
    wayIn(someClass, 'teams: { t: { from: [{ authenticationClass: corp, group: g }] } }\n').replace(
      'clientCredentialsSecret: s }',
      `clientCredentialsSecret: s${more} }`,
    )
  const source = 'teams.t.from.0.authenticationClass'
  prove([
    {
      says: 'has its own address, that of the issuer or that of the listener as upstream',
      text: upstream('http://127.0.0.1:8080'),
      expected: ['upstream-is-here services.a.upstream'],
      fine: [upstream('http://127.0.0.1:8081'), upstream('http://127.0.0.1:8080', 'listen: { port: 9000 }\n')],
    },
    {
      says: 'has the address of a service as upstream',
      text: upstream('https://a.example.com'),
      expected: ['upstream-is-here services.a.upstream'],
      fine: [upstream('https://a.internal')],
    },
    {
      says: 'takes a group of a class that is no way in',
      text: teams(corp).replace(/login:.*\n/, ''),
      expected: [`team-unreachable ${source}`],
      fine: [teams(corp)],
    },
    {
      says: 'takes a group of a provider that never sends any',
      text: teams(oidc('accounts.google.com')),
      expected: [`groups-missing ${source}`],
      fine: [teams(oidc('acme.eu.auth0.com', 'groupsClaim: "https://example.com/groups"'))],
    },
    {
      says: 'takes a group of Okta, whose scope for groups nobody asks for',
      text: teams(oidc('acme.okta.com', 'providerHint: Okta')),
      expected: [`groups-missing ${source}`],
      fine: [teams(oidc('acme.okta.com', 'providerHint: Okta'), ', extraScopes: [groups]'), teams(corp)],
    },
  ])
})

describe('a reference in the syntax of another tool', () => {
  const secret = (text: string) => `${server}secrets: { a: { clientId: a, clientSecret: ${JSON.stringify(text)} } }\n`
  const foreign = [
    '${NAME}',
    '${ NAME }',
    '${NAME:-x}',
    '${{ secrets.NAME }}',
    '$NAME',
    '$(NAME)',
    '{{ NAME }}',
    '{{ .Values.name }}',
    '<%= name %>',
    '%NAME%',
    'env:NAME',
    '$env:NAME',
    'ENV.NAME',
    'file:/run/secrets/a',
  ]
  for (const text of foreign) {
    test(`is an error in the place of a secret: ${text}`, () => {
      assert.equal(saidOf(secret(text))[0], 'error secrets.a.clientSecret')
      assert.match(run(secret(text)).stderr, /did you mean \$\{(?:env:NAME|file:\/path)\}\?/)
    })
  }

  test('is one that we read, or a secret that only looks odd', () => {
    for (const text of ['${env:NAME}', '${file:/run/secrets/a}']) assert.deepEqual(saidOf(secret(text)), [])
    for (const text of ['$ecret', '%41bc', 'env', '100%', '$1$salt$hash', 'a{{b', 'p%a%ss'])
      assert.deepEqual(saidOf(secret(text)), ['secret-in-file secrets.a.clientSecret'], text)
  })

  test('is an error in the key and the address of the store', () => {
    for (const text of ['${KEY}', '$(KEY)', '%KEY%', '{{ KEY }}'])
      assert.equal(saidOf(`${server}encryptionKey: "${text}"\n`)[0], 'error encryptionKey', text)
    for (const text of ['${PASS}', '$PASS', '%PASS%', '$(PASS)', '{{ PASS }}']) {
      const store = `${server}encryptionKey: "\${env:K}"\nstore: "postgres://u:${text}@db.example.com/g"\n`
      assert.equal(saidOf(store)[0], 'error store', text)
    }
  })

  prove([
    {
      says: 'is taken as it is in a client id',
      text: `${server}secrets: { a: { clientId: "\${CLIENT}", clientSecret: "\${env:S}" } }\n`,
      expected: ['reference-misread secrets.a.clientId'],
      fine: [`${server}secrets: { a: { clientId: client, clientSecret: "\${env:S}" } }\n`],
    },
    {
      says: 'is taken as it is in a client id even in our syntax, and in that of Argo CD',
      text: `${server}secrets: { a: { clientId: "\${env:CLIENT}", clientSecret: "\${env:S}" }, b: { clientId: "$sso:kc.id" } }\n`,
      expected: ['reference-misread secrets.a.clientId', 'reference-misread secrets.b.clientId'],
      fine: [],
    },
    {
      says: 'is taken as it is in the account of a directory',
      text: `${server}secrets: { a: { user: "\${BIND_DN}", password: "\${env:P}" } }\n`,
      expected: ['reference-misread secrets.a.user'],
      fine: [`${server}secrets: { a: { user: "\${env:BIND_DN}", password: "\${env:P}" } }\n`],
    },
    {
      says: 'is taken as it is in any other setting',
      text: wayIn(oidc('sso.example.com', 'scopes: [openid, "$SCOPE"], groupsClaim: "{{ groups }}"')),
      expected: [
        'reference-misread authenticationClasses.corp.oidc.scopes.1',
        'reference-misread authenticationClasses.corp.oidc.groupsClaim',
      ],
      fine: [wayIn(oidc('sso.example.com', 'scopes: [openid, profile], groupsClaim: groups'))],
    },
    {
      says: 'stands where a placeholder was left, as import writes one',
      text: `${server}secrets: { a: { clientId: CLIENT-ID, clientSecret: "\${env:S}" }, b: { clientId: <your client id> } }\n`,
      expected: ['placeholder-left secrets.a.clientId', 'placeholder-left secrets.b.clientId'],
      fine: [`${server}secrets: { a: { clientId: CLIENT-ID, clientIdVariable: ID, clientSecret: "\${env:S}" } }\n`],
    },
  ])
})

describe('a variable that is not set', () => {
  const text = wayIn(corp)

  test('is a note, with which the configuration is fine', () => {
    const plain = run(text)
    assert.equal(plain.status, 0)
    assert.match(
      plain.stderr,
      /^gatehouse\.yaml:\d+:\d+ secrets\.s\.clientSecret: note: the variable S is not set here, and serve needs it \(variable-missing\)\n$/,
    )
    assert.equal(plain.stdout, 'gatehouse.yaml: fine, 1 note\n')
    assert.equal(run(text, { strict: true }).status, 0)
    assert.deepEqual(run(text, {}, { S: 'x' }), { status: 0, stdout: 'gatehouse.yaml: fine\n', stderr: '' })
  })

  test('is an error where the server runs, and so is a key that is none', () => {
    const there = run(text, { env: true })
    assert.equal(there.status, 2)
    assert.match(
      there.stderr,
      /secrets\.s\.clientSecret: the variable S is not set here, and serve needs it\n1 problem\n$/,
    )
    assert.equal(run(text, { env: true }, { S: 'x' }).status, 0)

    const key = `${server}encryptionKey: "\${env:KEY}"\n`
    for (const [value, status] of [
      ['short', 2],
      ['ab'.repeat(32), 2],
      [Buffer.alloc(32, 7).toString('base64'), 0],
    ] as const)
      assert.equal(run(key, { env: true }, { KEY: value }).status, status, value)
    assert.deepEqual(saidOf(key, { KEY: 'short' }), ['key-unusable encryptionKey'])
  })

  test('is one note for all that only products read', () => {
    const [note, ...others] = problemsOf(product(portal()))
    assert.deepEqual(others, [])
    assert.equal(note?.severity, 'note')
    assert.match(note?.message ?? '', /^not set here: S\. /)
    assert.equal(run(product(portal()), { env: true }).status, 2)
  })
})

describe('a key that is none', () => {
  for (const key of ['hello', 'ab'.repeat(32), Buffer.alloc(16).toString('base64'), ''])
    test(`is an error: ${key}`, () => {
      assert.equal(saidOf(`${server}encryptionKey: "${key}"\n`)[0], 'error encryptionKey')
    })

  test('is found in the file to which it refers', () => {
    writeFileSync(join(folder, 'key'), 'no key\n')
    const text = `${server}encryptionKey: "\${file:./key}"\n`
    assert.deepEqual(saidOf(text), ['key-unusable encryptionKey'])
    writeFileSync(join(folder, 'key'), `${Buffer.alloc(32, 7).toString('base64')}\n`)
    assert.deepEqual(saidOf(text), [])
  })
})

describe('an address that is no issuer', () => {
  const at = (setting: string) => [`address-not-issuer authenticationClasses.corp.oidc.${setting}`]
  const rootPath = (path: string, hostname = 'sso.example.com') => wayIn(oidc(hostname, `rootPath: "${path}"`))

  for (const path of [
    '/realms/a/.well-known/openid-configuration',
    '/realms/a/.well-known/openid-configuration/',
    '/realms/a/.Well-Known/OpenID-Configuration',
    '/.well-known/oauth-authorization-server/realms/a',
    '/realms/a/.well-known',
    '/realms/a/.well-known/jwks.json',
    'https://sso.example.com/realms/a',
    'https://sso.example.com/realms/a/.well-known/openid-configuration',
  ])
    test(`is an error as the path of a class: ${path}`, () => {
      assert.deepEqual(saidOf(rootPath(path)), ['error authenticationClasses.corp.oidc.rootPath'])
      assert.match(run(rootPath(path)).stderr, /write \/realms\/a\b/)
    })

  for (const [hostname, meant] of [
    ['https://sso.example.com', 'hostname: sso.example.com'],
    ['sso.example.com/realms/a', 'hostname: sso.example.com and rootPath: /realms/a'],
    ['sso.example.com:8443', 'hostname: sso.example.com and port: 8443'],
    ['https://sso.example.com:8443/x/', 'hostname: sso.example.com and port: 8443 and rootPath: /x/'],
    ['https://sso.example.com/.well-known/openid-configuration', 'hostname: sso.example.com'],
    [
      'https://sso.example.com/realms/a/.well-known/openid-configuration',
      'hostname: sso.example.com and rootPath: /realms/a',
    ],
  ] as const)
    test(`is an error as a host name, with the settings for its parts: ${hostname}`, () => {
      const [error, ...others] = problemsOf(wayIn(oidc(`"${hostname}"`)))
      assert.deepEqual([error?.path, others], ['authenticationClasses.corp.oidc.hostname', []])
      assert.ok(error?.message.endsWith(`: write ${meant}`), error?.message)
    })

  test('is an error as our own issuer', () => {
    for (const issuer of [
      'https://id.example.com/.well-known/openid-configuration',
      'https://id.example.com/x/.well-known',
    ])
      assert.deepEqual(saidOf(`issuer: ${issuer}\n`), ['error issuer'], issuer)
    assert.deepEqual(saidOf('issuer: https://id.example.com/x\n'), [])
  })

  const consoles: [hostname: string, path: string, setting: string][] = [
    ['acme-admin.okta.com', '', 'hostname'],
    ['acme-admin.okta-emea.com', '', 'hostname'],
    ['acme-admin.oktapreview.com', '/oauth2/default', 'hostname'],
    ['acme.okta.com', '/oauth2/v1', 'rootPath'],
    ['acme.okta.com', '/oauth2/default/v1/authorize', 'rootPath'],
    ['manage.auth0.com', '', 'hostname'],
    ['acme.eu.auth0.com', '/authorize', 'rootPath'],
    ['acme.auth.eu-west-1.amazoncognito.com', '', 'hostname'],
    ['cognito-idp.eu-west-1.amazonaws.com', '', 'hostname'],
    ['portal.azure.com', '', 'hostname'],
    ['console.cloud.google.com', '', 'hostname'],
    ['accounts.google.com', '/o/oauth2/v2/auth', 'rootPath'],
    ['sso.example.com', '/admin/master/console', 'rootPath'],
    ['sso.example.com', '/realms/a/protocol/openid-connect/auth', 'rootPath'],
    ['sso.example.com', '/auth/realms', 'rootPath'],
    ['sts.example.com', '/adfs/oauth2/authorize', 'rootPath'],
    ['example.com', '/dex/callback', 'rootPath'],
    ['gitlab.com', '/acme', 'rootPath'],
  ]
  for (const [hostname, path, setting] of consoles)
    test(`is named where it comes from: ${hostname}${path}`, () => {
      const text = wayIn(oidc(hostname, path === '' ? '' : `rootPath: ${path}`))
      assert.deepEqual(saidOf(text, { S: 'x' }), at(setting))
    })

  test('is none of those that vendors publish', () => {
    for (const [hostname, path] of [
      ['acme.okta.com', '/'],
      ['acme.okta.com', '/oauth2/default'],
      ['acme.okta.com', '/oauth2/aus1a2b3c'],
      ['administration.okta.com', '/'],
      ['acme.eu.auth0.com', '/'],
      ['cognito-idp.eu-west-1.amazonaws.com', '/eu-west-1_AbCdEfGhI'],
      ['login.microsoftonline.com', '/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0'],
      ['accounts.google.com', '/'],
      ['sso.example.com', '/realms/admin'],
      ['sso.example.com', '/auth/realms/a'],
      ['sts.example.com', '/adfs'],
      ['example.com', '/dex'],
      ['gitlab.com', '/'],
      ['auth.example.com', '/application/o/data/'],
    ] as const)
      assert.deepEqual(saidOf(rootPath(path, hostname)), [], `${hostname}${path}`)
  })
})

describe('clients and their secrets', () => {
  /** Two applications: each a class, a client id and the variable of its secret. */
  const two = (second: string, b = oidc('other.example.com')) => {
    const [className, clientId, variable] = second.split(' ')
    const entry = (at: string, name: string) =>
      `{ authenticationClass: ${at}, oidc: { clientCredentialsSecret: ${name} } }`
    return `authenticationClasses: { a: { ${corp} }, b: { ${b} } }
products:
  p: { ${portal('p')}, authentication: [${entry('a', 's')}] }
  q: { ${portal('q')}, authentication: [${entry(className ?? '', 't')}] }
secrets: { s: { clientId: one, clientSecret: "\${env:A}" }, t: { clientId: ${clientId}, clientSecret: "\${env:${variable}}" } }
`
  }
  const shared = (kind: string) => {
    const entry = '[{ authenticationClass: corp, oidc: { clientCredentialsSecret: s } }]'
    return `authenticationClasses: { corp: { ${corp} } }
products:
  p: { ${portal('p')}, authentication: ${entry} }
  q: { ${kind === 'oidc' ? portal('q') : `product: ${kind}, url: "https://q.example.com"`}, authentication: ${entry} }
${secrets}`
  }
  const place = 'products.q.authentication.0.oidc.clientCredentialsSecret'
  prove([
    {
      says: 'are one client with two secrets',
      text: two('a one B'),
      expected: [`client-two-secrets ${place}`],
      fine: [two('a one A'), two('a two B'), two('b one B')],
    },
    {
      says: 'are one client with two secrets where two classes are one provider',
      text: two('b one B', corp),
      expected: [`client-two-secrets ${place}`],
      fine: [two('b one A', corp)],
    },
    {
      says: 'are two clients with one secret',
      text: two('a two A'),
      expected: [`secret-shared ${place}`],
      fine: [two('a two B'), two('b one A')],
    },
    {
      says: 'are one client, of which the provider is to require PKCE and one product sends none',
      text: shared('trino'),
      expected: ['client-shared products.q.authentication.0', 'issuer-slash products.q.authentication.0'],
      fine: [shared('oidc')],
    },
  ])
})

describe('cookies that browsers refuse', () => {
  const proxy = (domains: string, url = 'https://app.example.com') =>
    product(`product: oauth2-proxy, url: "${url}", oauth2-proxy: { cookieDomains: [${domains}] }`)
  const at = 'products.p.oauth2-proxy.cookieDomains'
  prove([
    {
      says: 'are for domains that do not cover the url of oauth2-proxy',
      text: proxy('.example.org, other.example.com'),
      expected: [`error ${at}`],
      fine: [
        proxy('.example.com'),
        proxy('example.com'),
        proxy('app.example.com'),
        proxy('.example.org, .example.com'),
        proxy(''),
      ],
    },
    {
      says: 'are for a domain with which the host only ends',
      text: proxy('example.com', 'https://my-example.com'),
      expected: [`error ${at}`],
      fine: [proxy('example.com', 'https://my.example.com')],
    },
    {
      says: 'are for no domain',
      text: proxy('"*"'),
      expected: [`error ${at}.0`],
      fine: [],
    },
    {
      says: 'are for a pattern, an address or a host with a port',
      text: proxy('"*.example.com", "https://app.example.com", "app.example.com:443"'),
      expected: [`error ${at}.0`, `error ${at}.1`, `error ${at}.2`],
      fine: [],
    },
    {
      says: 'are for a domain below which anybody has a name',
      text: proxy('co.uk', 'https://app.example.co.uk'),
      expected: [`cookie-domain-useless ${at}.0`],
      fine: [proxy('example.co.uk', 'https://app.example.co.uk')],
    },
  ])

  const kubeflow = (url: string) => product(`product: kubeflow, url: "${url}"`)
  const warned = 'cookie-needs-https products.p.url'
  test('are those of Kubeflow over http, on this machine too', () => {
    for (const url of ['http://localhost:8080', 'http://127.0.0.1', 'http://kubeflow.example.com'])
      assert.ok(saidOf(kubeflow(url)).includes(warned), url)
    assert.deepEqual(saidOf(kubeflow('https://kubeflow.example.com')), [])
  })
})

const entra = (more = '', tenant = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31') =>
  oidc('login.microsoftonline.com', `rootPath: /${tenant}/v2.0${more}`)
const pool = (claim: string) =>
  oidc('cognito-idp.eu-west-1.amazonaws.com', 'rootPath: /eu-west-1_AbCdEfGhI, providerHint: Cognito').replace(
    'principalClaim: email',
    `principalClaim: ${claim}`,
  )

describe('what a provider cannot do for a product', () => {
  const trino = (someClass: string) =>
    product('product: trino, url: "https://p.example.com", trino: { validateTokensLocally: true }', someClass)
  const dex = (someClass: string, more = '') =>
    product(
      `product: dex, url: "https://p.example.com/dex"${more}, dex: { clients: [{ id: a, redirectUris: ["https://a.example.com/cb"] }] }`,
      someClass,
    )
  const believed = 'address-unverified products.p.authentication.0'
  prove([
    {
      says: 'Trino checks access tokens of Cognito, which have no audience',
      text: trino(pool('username')),
      expected: ['access-token-unusable products.p.trino.validateTokensLocally'],
      fine: [product('product: trino, url: "https://p.example.com"', pool('username'))],
    },
    {
      says: 'Trino looks for a claim that access tokens of Cognito do not have',
      text: trino(pool('email')),
      expected: [
        'access-token-unusable products.p.trino.validateTokensLocally',
        'principal-claim-never-sent products.p.authentication.0',
      ],
      fine: [],
    },
    {
      says: 'Dex passes on no groups of Entra unless its class names the claim',
      text: dex(entra(', providerHint: EntraID')),
      expected: [believed, 'groups-missing products.p.authentication.0'],
      fine: [],
    },
    {
      says: 'Dex passes on no groups of ADFS unless its class names the claim',
      text: dex(oidc('sts.example.com', 'rootPath: /adfs, providerHint: ADFS')),
      expected: [believed, 'groups-missing products.p.authentication.0'],
      fine: [],
    },
  ])

  test('Dex passes on groups where something asks for them', () => {
    assert.deepEqual(saidOf(dex(entra(', providerHint: EntraID, groupsClaim: groups'))), [believed])
    assert.deepEqual(saidOf(dex(entra(', providerHint: EntraID'), ', roles: { g: [] }')), [believed])
    assert.deepEqual(saidOf(dex(oidc('sso.example.com', 'scopes: [openid, email, groups]'))), [])
    assert.deepEqual(saidOf(dex(corp)), [])
  })
})

describe('products that read the ID token alone', () => {
  const gitlab = (more: string) => oidc('gitlab.example.com', `providerHint: GitLab${more}`)
  const at = 'products.p.authentication.0'
  const kinds = {
    kubernetes: 'product: kubernetes, url: "https://p.example.com", roles: { g: [view] }',
    opensearch: 'product: opensearch, url: "https://p.example.com", roles: { g: [all_access] }',
  }
  for (const [kind, described] of Object.entries(kinds)) {
    test(`look in vain for names and groups that GitLab keeps at its userinfo endpoint: ${kind}`, () => {
      const named = gitlab('').replace('principalClaim: email', 'principalClaim: preferred_username')

      assert.deepEqual(saidOf(product(described, named)), [`principal-claim-never-sent ${at}`, `groups-missing ${at}`])
      assert.deepEqual(saidOf(product(described, gitlab(', groupsClaim: groups_direct'))), [])
      assert.deepEqual(
        saidOf(
          product(
            described,
            oidc('sso.example.com', 'scopes: [openid, email, groups], providerHint: Keycloak, rootPath: /realms/a'),
          ),
        ),
        [],
      )
    })
  }
})

describe('people of every organisation', () => {
  const service = 'services: { a: { url: "https://a.example.com", upstream: "http://127.0.0.1:1" } }\n'

  for (const tenant of ['common', 'organizations', 'consumers', 'Common']) {
    test(`cannot come by Entra's ${tenant}, neither here nor at a product, with a hint or without`, () => {
      assert.deepEqual(saidOf(wayIn(entra('', tenant))), ['error login.0.authenticationClass'])
      assert.deepEqual(saidOf(wayIn(entra(', providerHint: EntraID', tenant))), ['error login.0.authenticationClass'])
      for (const hint of ['', ', providerHint: EntraID']) {
        const said = saidOf(product(portal(), entra(hint, tenant)))
        assert.equal(said[0], 'error products.p.authentication.0')
      }
    })
  }

  const google = oidc('accounts.google.com')
  const open = [
    ['Google', google],
    ['Google with its hint', oidc('accounts.google.com', 'providerHint: Google')],
    ['gitlab.com', oidc('gitlab.com')],
    ["Entra's tenant of personal accounts", entra('', '9188040d-6c67-4c5b-b112-36a304b66dad')],
  ] as const
  for (const [name, someClass] of open) {
    test(`can come by ${name}, to what is open to whoever is signed in`, () => {
      assert.deepEqual(saidOf(wayIn(someClass, service)), ['strangers login.0'])
      assert.ok(saidOf(product(portal(), someClass)).includes('strangers products.p.authentication.0'))
    })
  }

  test('cannot come where rules name teams, or the provider is one of an organisation', () => {
    const named = service.replace(' } }\n', `, rules: [${rule('/', team)}] } }\nteams: { t: {} }\n`)
    assert.deepEqual(saidOf(wayIn(google, named)), [])
    assert.deepEqual(saidOf(wayIn(google)), [])
    for (const someClass of [corp, entra(), oidc('gitlab.example.com', 'providerHint: GitLab'), oidc('acme.okta.com')])
      assert.deepEqual(saidOf(wayIn(someClass, service)), [])
  })
})

describe('the verdict', () => {
  const warned = rules(rule('/', 'everyone'), rule('/admin', team))
  const reason = 'acknowledge: [{ code: rule-unreachable, at: services.a.rules.1, why: "the admin page is gone" }]\n'

  test('is never "fine" where there are warnings; they count with --strict only', () => {
    assert.deepEqual([run(warned).status, run(warned).stdout], [0, 'gatehouse.yaml: 1 warning\n'])
    const strict = run(warned, { strict: true })
    assert.deepEqual([strict.status, strict.stdout], [1, ''])
    assert.match(strict.stderr, /\(rule-unreachable\)\n1 warning, and --strict allows none\n$/)
    assert.equal(run(server, { strict: true }).stdout, 'gatehouse.yaml: fine\n')
  })

  test('counts what the file acknowledges, and does not repeat it', () => {
    for (const strict of [false, true])
      assert.deepEqual(run(warned + reason, { strict }), {
        status: 0,
        stdout: 'gatehouse.yaml: fine, 1 acknowledged\n',
        stderr: '',
      })
    const [found] = problemsOf(warned + reason)
    assert.equal(found?.acknowledged, 'the admin page is gone')
    assert.deepEqual(Object.keys(found ?? {}), [
      'severity',
      'code',
      'file',
      'line',
      'column',
      'path',
      'message',
      'acknowledged',
    ])
  })

  test('is shared by render and serve, which do not repeat what is acknowledged', async () => {
    const nessie = product('product: nessie, url: "https://p.example.com"')
    const open = 'acknowledge: [{ code: permissions-unchecked, at: products.p, why: everybody is meant }]\n'
    for (const [text, expected] of [
      [nessie, /^gatehouse\.yaml:\d+:\d+ products\.p: warning: has no roles, .*\(permissions-unchecked\)\n$/],
      [nessie + open, /^$/],
    ] as const) {
      writeFileSync(file, text)
      const rendered = await saidBy((surroundings) =>
        render(
          {
            files: [file],
            products: [],
            output: '-',
            format: 'files',
            withSecrets: false,
            diff: false,
            against: undefined,
            check: false,
          },
          { ...surroundings, load: (files) => loadConfig(readSources(files), {}), reveal: () => undefined },
        ),
      )
      assert.match(rendered, expected)
    }

    // Without an issuer it ends there, before it starts anything.
    const withoutIssuer = (text: string) => text.replace(server, '')
    for (const [text, count] of [
      [warned, 2],
      [warned + reason, 1],
    ] as const) {
      writeFileSync(file, withoutIssuer(text))
      const said = await saidBy((surroundings) =>
        serve({ files: [file], json: false }, { ...surroundings, stopped: Promise.resolve(), hungUp: () => {} }),
      )
      assert.equal(said.trimEnd().split('\n').length, count, said)
    }
  })

  test('warns of an acknowledgement of something that is not there', () => {
    for (const unused of [
      reason.replace('rules.1', 'rules.0'),
      reason.replace('rule-unreachable', 'rule-unreachible'),
      reason.replace('rule-unreachable', 'clear-text'),
    ])
      assert.deepEqual(saidOf(warned + unused), [...unreachable, 'acknowledgement-unused acknowledge.0'], unused)
    assert.deepEqual(saidOf(server + reason), ['acknowledgement-unused acknowledge.0'])
    const twice = `${warned}${reason.replace(' }]', ' }, { code: rule-unreachable, at: services.a.rules.1, why: again }]')}`
    assert.deepEqual(saidOf(twice), [...unreachable, 'acknowledgement-unused acknowledge.1'])
    assert.equal(run(server + reason, { strict: true }).status, 1)
    assert.match(run(warned + reason.replace('able', 'ible')).stderr, /did you mean "rule-unreachable"/)
  })

  test('takes no acknowledgement without a reason, and none of an error', () => {
    const without = reason.replace(', why: "the admin page is gone"', '')
    assert.deepEqual(saidOf(warned + without), ['error acknowledge.0.why'])
    assert.deepEqual(saidOf(warned + reason.replace('"the admin page is gone"', '""')), ['error acknowledge.0.why'])
    const insecure = 'issuer: http://id.example.com\nacknowledge: [{ code: clear-text, at: issuer, why: tests }]\n'
    assert.deepEqual(saidOf(insecure), ['error issuer', 'acknowledgement-unused acknowledge.0'])
  })

  test('has a code for every warning, and the fields that scripts know', () => {
    const [found] = problemsOf(warned)
    assert.equal(found?.severity, 'warning')
    assert.deepEqual([found?.line, found?.path], [2, 'services.a.rules.1'])
    assert.match(found?.message ?? '', /^no request reaches it: rules above, from rules\.0 \(\/\) on/)
  })
})
