/**
 * Dangerous or broken settings for any product: every kind that takes such a class says so, once, at the right place. Each case
 * is a golden one of that kind with one change, so a new kind is tested as soon as it has goldens.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClassType, Config, type ProductKind, productKinds } from '../src/config/schema.ts'
import { profileOf } from '../src/products/clients.ts'
import type { ProductProblem } from '../src/products/contract.ts'
import { products } from '../src/products/index.ts'
import { goldenCases, renderData } from './support/golden-cases.ts'

interface Entry {
  authenticationClass: string
  oidc?: Record<string, unknown>
}

interface Product extends Record<string, unknown> {
  url: string
  authentication: Entry[]
}

type ClassData = Record<string, Record<string, unknown>>

interface Data {
  authenticationClasses: Record<string, ClassData>
  products: Record<string, Product>
  secrets: Record<string, unknown>
}

interface Case {
  data: Data
  product: Product
  /** The one class that the product uses. */
  provider: ClassData
  className: string
}

const webPki = { verification: { server: { caCert: { webPki: {} } } } }
const github = { github: {} }
const keycloak = {
  oidc: {
    hostname: 'sso.example.com',
    rootPath: '/realms/data',
    scopes: ['openid', 'email', 'profile', 'groups'],
    principalClaim: 'preferred_username',
    providerHint: 'Keycloak',
    tls: webPki,
  },
}

function oidcOf(providerHint: string, hostname: string, rootPath = '/'): ClassData {
  const scopes = ['openid', 'email', 'profile']
  return { oidc: { hostname, rootPath, scopes, principalClaim: 'email', providerHint, tls: webPki } }
}

const google = oidcOf('Google', 'accounts.google.com')
const entra = oidcOf('EntraID', 'login.microsoftonline.com', '/11111111-2222-3333-4444-555555555555/v2.0')
const entraOfAll = oidcOf('EntraID', 'login.microsoftonline.com', '/common/v2.0')

/** Golden cases of a kind in which the product has one class, of that type. */
function casesOf(kind: ProductKind, type: ClassType): Case[] {
  return goldenCases(kind).flatMap(({ data: original }) => {
    const data = structuredClone(original) as unknown as Data
    const product = Object.values(data.products)[0] ?? assert.fail()
    const [entry, ...others] = product.authentication
    const provider = data.authenticationClasses?.[entry?.authenticationClass ?? '']
    if (!entry || !provider?.[type] || others.length > 0) return []
    return [{ data, product, provider, className: entry.authenticationClass }]
  })
}

/** The same product with other classes. */
function withClasses({ data, product }: Case, classes: Record<string, ClassData>): Data {
  const names = Object.keys(classes)
  const authentication = names.map((name) => ({
    authenticationClass: name,
    ...(classes[name]?.['oidc'] || classes[name]?.['github']
      ? { oidc: { clientCredentialsSecret: `${name}-it` } }
      : {}),
  }))
  const secrets = names.map((name) => [
    `${name}-it`,
    { clientId: 'it', clientSecret: `\${env:${name.toUpperCase()}_SECRET}` },
  ])
  const name = Object.keys(data.products)[0] ?? assert.fail()
  return {
    ...data,
    authenticationClasses: classes,
    products: { [name]: { ...product, authentication } },
    secrets: { ...data.secrets, ...Object.fromEntries(secrets) },
  }
}

function takes(type: ClassType, least = 1) {
  return (kind: ProductKind) => (products[kind].accepts.classes[type]?.most ?? 0) >= least
}

/** Where the keys of roles are the groups that get in. */
const groupsGetIn: readonly ProductKind[] = ['dex', 'kubeflow', 'oauth2-proxy']

interface Situation {
  title: string
  appliesTo: (kind: ProductKind) => boolean
  /** Undefined: the case cannot be changed in this way. */
  make: (kind: ProductKind) => Data | undefined
  message: RegExp
  /** The end of the path, or all of it. */
  path: (data: Data) => ProductProblem['path']
}

const inProduct = (...rest: (string | number)[]) => {
  return ({ products: all }: Data) => ['products', Object.keys(all)[0] ?? '', ...rest]
}
const inClass = (...rest: string[]) => {
  return ({ products: all }: Data) => [
    'authenticationClasses',
    Object.values(all)[0]?.authentication[0]?.authenticationClass ?? '',
    ...rest,
  ]
}
const atEntry = inProduct('authentication', 0)

const plainKeys = ['authorization', 'extra', 'roles', 'version', 'kubeflow', 'oauth2-proxy', 'minio']

/** A plain case of a kind, without roles. */
function base(kind: ProductKind, type: ClassType = 'oidc'): Case {
  const found = casesOf(kind, type)
  const plain = found.find(({ product }) => plainKeys.every((key) => product[key] === undefined))
  return plain ?? found[0] ?? assert.fail(`${kind} has no golden case with a class of type ${type}`)
}

function baseOfAnyType(kind: ProductKind): Case {
  const type = (['oidc', 'ldap', 'tls'] as const).find((each) => casesOf(kind, each).length > 0)
  return base(kind, type)
}

function withoutCheck(kind: ProductKind, type: 'oidc' | 'ldap'): Data {
  const found = base(kind, type)
  Object.assign(found.provider[type] ?? {}, { tls: { verification: { none: {} } } })
  return found.data
}

const situations: Situation[] = [
  {
    title: 'everybody in the world can have an account at GitHub',
    // It says that nobody is let in.
    appliesTo: (kind) => takes('github')(kind) && kind !== 'jupyterhub',
    make: (kind) => withClasses(base(kind), { github }),
    message: /everybody in the world/,
    path: atEntry,
  },
  {
    title: 'everybody in the world can have an account at Google',
    // The last ones never let such people in: they have no groups, or tokens that nobody can check.
    appliesTo: (kind) => takes('oidc')(kind) && !['mlflow', 'minio', 'kafka', 'polaris', 'jupyterhub'].includes(kind),
    make: (kind) => withClasses(base(kind), { google }),
    message: /everybody in the world/,
    path: atEntry,
  },
  {
    title: 'Google sends no groups',
    appliesTo: (kind) =>
      takes('oidc')(kind) &&
      products[kind].client.follows.includes('roles') &&
      !['grafana', 'openmetadata'].includes(kind),
    make: (kind) => {
      const found = base(kind)
      return withClasses({ ...found, product: { ...found.product, roles: rolesOf(kind) } }, { google })
    },
    message: /which Google never sends/,
    path: atEntry,
  },
  {
    title: 'nobody can search the directory',
    appliesTo: takes('ldap'),
    make: (kind) => {
      const found = base(kind, 'ldap')
      found.provider['ldap'] = { ...found.provider['ldap'], bindCredentials: undefined }
      return JSON.parse(JSON.stringify(found.data))
    },
    message: /^is missing/,
    path: inClass('ldap', 'bindCredentials'),
  },
  ...(['oidc', 'ldap'] as const).map((type) => ({
    title: `the certificate of a provider of type ${type} is not checked`,
    appliesTo: takes(type),
    make: (kind: ProductKind) => withoutCheck(kind, type),
    message: /(?:does not check the certificate of|cannot call \S+ without checking its certificate)/,
    path: atEntry,
  })),
  {
    title: 'people come to the product without TLS',
    appliesTo: () => true,
    make: (kind) => {
      const found = baseOfAnyType(kind)
      found.product.url = found.product.url.replace('https:', 'http:')
      return found.data
    },
    message: /write https/i,
    path: inProduct('url'),
  },
  ...(['tls', 'kerberos'] as const).map((type) => ({
    title: `clients come to the product without TLS, with a class of type ${type}`,
    appliesTo: (kind: ProductKind) => takes(type)(kind) && casesOf(kind, type).length > 0,
    make: (kind: ProductKind) => {
      const found = base(kind, type)
      found.product.url = found.product.url.replace('https:', 'http:')
      return found.data
    },
    message: /write https/i,
    path: inProduct('url'),
  })),
  {
    title: 'a group has no role',
    appliesTo: (kind) => products[kind].client.follows.includes('roles') && !groupsGetIn.includes(kind),
    make: (kind) => {
      const found = base(kind)
      found.product['roles'] = { nobody: [] }
      return found.data
    },
    message: /gives no role to anybody/,
    path: inProduct('roles', 'nobody'),
  },
  {
    title: 'groups of two providers are one',
    appliesTo: (kind) =>
      takes('oidc', 2)(kind) &&
      products[kind].client.follows.includes('roles') &&
      // A prefix keeps them apart.
      kind !== 'kubernetes',
    make: (kind) => {
      const found = base(kind)
      return withClasses({ ...found, product: { ...found.product, roles: rolesOf(kind) } }, { keycloak, entra })
    },
    message: /counts at every provider/,
    path: inProduct('roles'),
  },
  {
    title: 'people of two providers are one',
    appliesTo: (kind) => kind === 'kubeflow' || kind === 'dex' || kind === 'astronomer',
    make: (kind) => withClasses(base(kind), { keycloak, entra }),
    message: /by their e-mail address, whichever provider/,
    path: inProduct('authentication'),
  },
  {
    title: 'addresses of Entra are believed unchecked',
    appliesTo: (kind) => kind === 'kubeflow' || kind === 'dex',
    make: (kind) => withClasses(base(kind), { entra }),
    message: /sends no email_verified/,
    path: atEntry,
  },
  {
    title: 'an issuer of Entra is a template',
    appliesTo: takes('oidc'),
    make: (kind) => withClasses(base(kind), { entra: entraOfAll }),
    message: /write the id of your tenant/,
    path: atEntry,
  },
  {
    title: 'the product cannot check an ID token of Gatehouse',
    appliesTo: (kind) => signsWith(kind) === 'RS256' && products[kind].client.takesGatehouse !== false,
    make: (kind) => {
      const { product } = base(kind)
      const authentication = [{ authenticationClass: 'gatehouse' }]
      const all = { it: { ...product, authentication, idTokenSigningAlg: 'ES256' } }
      return { issuer: 'https://id.example.com', products: all } as unknown as Data
    },
    message: /signed with RS256/,
    path: inProduct('idTokenSigningAlg'),
  },
  ...(['ldap', 'static', 'tls', 'kerberos'] as const).map((type) => ({
    title: `a class of type ${type} has no client`,
    appliesTo: (kind: ProductKind) => takes(type)(kind) && casesOf(kind, type).length > 0,
    make: (kind: ProductKind) => {
      const found = base(kind, type)
      Object.assign(found.product.authentication[0] ?? {}, { oidc: { extraScopes: ['groups'] } })
      return found.data
    },
    message: /is ignored: .* is not an OpenID Connect provider/,
    path: inProduct('authentication', 0, 'oidc'),
  })),
  ...Object.entries({
    extraScopes: ['groups'],
    authorizationParameters: { prompt: 'login' },
    clientAuthenticationMethod: 'client_secret_post',
  }).map(([key, value]) => ({
    title: `GitHub is not asked with ${key}`,
    appliesTo: takes('github'),
    make: (kind: ProductKind) => {
      const data = withClasses(base(kind), { github: { github: { organizations: ['acme'] } } })
      const entry = Object.values(data.products)[0]?.authentication[0]
      Object.assign(entry?.oidc ?? {}, { [key]: value })
      return data
    },
    message: /is ignored: .* is not an OpenID Connect provider/,
    path: inProduct('authentication', 0, 'oidc', key),
  })),
]

/** The algorithm that the kind requires for ID tokens. */
function signsWith(kind: ProductKind): string | undefined {
  const [product] = Object.values(Config.parse(baseOfAnyType(kind).data).products)
  return product && profileOf(product).idTokenSigningAlg
}

/** A role that the kind has, for one group. */
function rolesOf(kind: ProductKind): Record<string, string[]> {
  if (groupsGetIn.includes(kind)) return { data: [] }
  const golden = goldenCases(kind).flatMap(({ data }) =>
    Object.values(data['products'] as Record<string, { roles?: Record<string, string[]> }>).flatMap(({ roles = {} }) =>
      Object.values(roles).flat(),
    ),
  )
  const [role] = golden
  return role === undefined ? {} : { [kind === 'minio' ? role : 'data']: [role] }
}

for (const { title, appliesTo, make, message, path } of situations) {
  for (const kind of productKinds.filter(appliesTo)) {
    test(`${kind} says that ${title}`, () => {
      const data = make(kind) ?? assert.fail()
      const rendered = renderData(data) ?? assert.fail('the configuration is valid')

      const found = rendered.problems.filter((problem) => message.test(problem.message))
      const said = rendered.problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('\n')
      assert.equal(found.length, 1, `once:\n${said}`)
      assert.deepEqual(found[0]?.path, path(data), said)
    })
  }
}

for (const kind of productKinds.filter((each) => products[each].client.follows.includes('roles'))) {
  if (groupsGetIn.includes(kind)) continue
  test(`${kind} takes roles that nobody has for no roles`, () => {
    const found = base(kind)
    const product = { ...found.product, roles: {} }

    const without = renderData(withClasses({ ...found, product }, { keycloak }))
    const empty = renderData(withClasses({ ...found, product: { ...product, roles: { nobody: [] } } }, { keycloak }))

    assert.ok(without?.files)
    assert.deepEqual(empty?.files, without.files)
  })
}

test('Kafbat UI is open to nobody with an account at GitHub because a group has no role', () => {
  const found = base('kafbat')
  const data = withClasses({ ...found, product: { ...found.product, roles: { acme: [] } } }, { github })

  const rendered = renderData(data) ?? assert.fail()

  assert.equal(rendered.files, undefined)
})

for (const kind of ['dex', 'kubeflow', 'oauth2-proxy'] as const) {
  test(`${kind} does not let everybody in who has an account at GitHub`, () => {
    const open = renderData(withClasses(base(kind), { github })) ?? assert.fail()
    const closed = renderData(withClasses(base(kind), { github: { github: { organizations: ['acme'] } } }))

    assert.equal(open.files, undefined)
    assert.ok(closed?.files)
  })
}
