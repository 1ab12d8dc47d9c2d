import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadConfig } from './load.ts'
import { nameWarnings, namingOf } from './names.ts'

const client = 'oidc: { clientCredentialsSecret: client }'

/** A configuration with three providers, of which the first two are ways in by default. */
function load(
  rest: string,
  login = `[{ authenticationClass: corp, ${client} }, { authenticationClass: partner, ${client} }, { local: {} }]`,
) {
  const text = `
authenticationClasses:
  corp: { oidc: { hostname: sso.example.com, principalClaim: preferred_username } }
  partner: { oidc: { hostname: sso.partner.test, principalClaim: preferred_username } }
  microsoft: { oidc: { hostname: login.microsoftonline.com, rootPath: /0d4e3bd5-ad0a-4c4c-8f1c-2b9a1d3b6a70/v2.0, principalClaim: preferred_username, providerHint: EntraID, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
  example.org: { oidc: { hostname: sso.example.org, principalClaim: sub } }
secrets: { client: { clientId: gatehouse, clientSecret: "\${env:SECRET}" } }
login: ${login}
${rest}
`
  const { config, problems } = loadConfig({ files: [{ name: 'g.yaml', text }], baseDir: '/' }, {})
  const warnings = config ? nameWarnings(config) : []
  return {
    config,
    said: [
      ...problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`),
      ...warnings.map(({ path, message }) => `warning ${path.join('.')}: ${message}`),
    ],
  }
}

const rule = (entry: string) =>
  `names: { from: corp }\nservices: { wiki: { url: https://wiki.example.com, rules: [{ path: /, allow: ["${entry}"] }] } }`

describe('plain names', () => {
  it('are those of the first provider when nobody says whose, and check asks', () => {
    const { config, said } = load('')

    assert.equal(config && namingOf(config).owner, 'corp')
    assert.deepEqual(said, [
      'warning login: people of corp have plain names, those of partner are NAME@CLASS. Say so, before the order changes: names: { from: corp }',
    ])
  })

  it('are those of the only provider, and nothing has to be said', () => {
    const { config, said } = load('', `[{ local: {} }, { authenticationClass: partner, ${client} }]`)

    assert.equal(config && namingOf(config).owner, 'partner')
    assert.deepEqual(said, [])
  })

  for (const [from, owner] of [
    ['partner', 'partner'],
    ['local', undefined],
  ] as const) {
    it(`are those of ${from} when the configuration says so`, () => {
      const { config, said } = load(`names: { from: ${from} }`)

      assert.equal(config && namingOf(config).owner, owner)
      assert.deepEqual(said, [])
    })
  }

  it('cannot be those of a provider that is no way in', () => {
    assert.deepEqual(load('names: { from: microsoft }').said, [
      'error names.from: there is no provider under login named "microsoft"; known: corp, partner, local',
    ])
  })
})

describe('a rule', () => {
  for (const entry of ['user:alice', 'user:Alice', 'user:alice@partner', 'user:partner/alice', 'user:local/alice']) {
    it(`may say ${entry}`, () => {
      assert.deepEqual(load(rule(entry)).said, [])
    })
  }

  for (const [entry, why] of [
    ['user:al ice', 'the name contains a blank: nobody can have it'],
    ['user:\\u0430lice', 'the name mixes letters of several scripts: nobody can have it'],
    ['user:alice\\u202e', 'the name contains a character that changes the direction of writing: nobody can have it'],
    [
      'user:partner/alice/x',
      'the name contains a character that means something in rules, paths or lists: nobody can have it',
    ],
    ['user:partnr/alice', 'there is no provider under login named "partnr" (did you mean "partner"?)'],
    ['user:microsoft/alice', 'there is no provider under login named "microsoft"; known: corp, partner, local'],
  ] as const) {
    it(`cannot say ${entry}`, () => {
      assert.deepEqual(load(rule(entry)).said, [`error services.wiki.rules.0.allow.0: ${why}`])
    })
  }
})

describe('a domain of e-mail addresses', () => {
  const login = (one: string, other: string) =>
    `[{ authenticationClass: corp, ${client}, emailDomains: ${one} }, { authenticationClass: partner, ${client}, emailDomains: ${other} }]`

  it('belongs to one provider, so that nobody else speaks for it', () => {
    const { config, said } = load('names: { from: corp }', login('[example.com]', '[partner.test]'))

    assert.deepEqual(said, [])
    assert.deepEqual(
      [...(config ? namingOf(config).classOfDomain : [])],
      [
        ['example.com', 'corp'],
        ['partner.test', 'partner'],
      ],
    )
  })

  for (const [what, one, other, said] of [
    [
      'of two providers',
      '[example.com]',
      '[partner.test, example.com]',
      'login.1.emailDomains.1: example.com is at login.0 as well: a domain belongs to one way in',
    ],
    [
      'in capitals',
      '[Example.com]',
      '[]',
      'login.0.emailDomains.0: must be a domain in lower case, such as example.com',
    ],
    [
      'that is an address',
      '["@example.com"]',
      '[]',
      'login.0.emailDomains.0: must be a DNS name or an IP address, without scheme, port or path',
    ],
    [
      'with a pattern',
      '["*.example.com"]',
      '[]',
      'login.0.emailDomains.0: must be a DNS name or an IP address, without scheme, port or path',
    ],
    [
      'that is a class',
      '[example.org]',
      '[]',
      'login.0.emailDomains.0: example.org is the name of a class too, and its people are called NAME@example.org: give the class another name',
    ],
  ] as const) {
    it(`${what} is an error [idp-out-of-domain]`, () => {
      const found = load('names: { from: corp }', login(one, other)).said
      assert.ok(
        found.some((line) => line.startsWith(`error ${said}`)),
        found.join('\n'),
      )
    })
  }

  it('is asked for where the provider does not say what it has verified [noauth-email]', () => {
    const entra = (domains: string) => load('', `[{ authenticationClass: microsoft, ${client}${domains} }]`).said

    assert.match(
      entra('').join(),
      /^warning login.0: Microsoft Entra ID does not say whether it has verified an address/,
    )
    assert.deepEqual(entra(', emailDomains: [example.com]'), [])
  })
})
