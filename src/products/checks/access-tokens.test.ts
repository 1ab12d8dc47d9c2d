/** Products that check access tokens themselves: what they are told about providers whose tokens they could not check. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Config } from '../../config/schema.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { renderProduct } from '../render-product.ts'

const id = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
const clientId = '7d4e2f60-1111-4222-8333-9a5b6c7d8e9f'

const providers = {
  EntraID: { hostname: 'login.microsoftonline.com', rootPath: `/${id}/v2.0` },
  GitLab: { hostname: 'gitlab.com' },
  Google: { hostname: 'accounts.google.com' },
  Okta: { hostname: 'acme.okta.com' },
  Auth0: { hostname: 'acme.eu.auth0.com' },
} satisfies Partial<Record<ProviderHint, object>>

/** Every kind that checks access tokens itself, with the setting that makes it do so. */
const kinds = {
  trino: { product: 'trino', url: 'https://p.example.com', trino: { validateTokensLocally: true } },
  kafka: { product: 'kafka', url: 'https://p.example.com:9093' },
}

function errors(kind: keyof typeof kinds, hint: keyof typeof providers, extraScopes: readonly string[] = []): string[] {
  return problems(kind, hint, extraScopes, 'error')
}

function problems(
  kind: keyof typeof kinds,
  hint: keyof typeof providers,
  extraScopes: readonly string[],
  wanted: 'error' | 'warning',
): string[] {
  const config = Config.parse({
    authenticationClasses: {
      idp: {
        oidc: {
          ...providers[hint],
          principalClaim: 'sub',
          providerHint: hint,
          tls: { verification: { server: { caCert: { webPki: {} } } } },
        },
      },
    },
    secrets: { client: { clientId, clientSecret: '${env:P_SECRET}' } },
    products: {
      p: {
        ...kinds[kind],
        authentication: [{ authenticationClass: 'idp', oidc: { clientCredentialsSecret: 'client', extraScopes } }],
      },
    },
  })
  return renderProduct(config, 'p')
    .problems.filter(({ severity }) => severity === wanted)
    .map(({ message }) => message)
}

/** The same sentence for each kind, but for its name. */
function sentencesOf(hint: keyof typeof providers, extraScopes: readonly string[]): string[] {
  const titles = { trino: 'Trino', kafka: 'Kafka' }
  return (['trino', 'kafka'] as const).flatMap((kind) =>
    errors(kind, hint, extraScopes).map((text) => text.replaceAll(titles[kind], 'X')),
  )
}

describe('an access token for Microsoft Graph', () => {
  const spellings = [
    'https://graph.microsoft.com/.default',
    'https://graph.microsoft.com/User.Read',
    'https://graph.microsoft.com//.default',
    'https://graph.microsoft.com/',
    'https://graph.microsoft.com',
    'HTTPS://Graph.Microsoft.com/.default',
    '00000003-0000-0000-c000-000000000000/.default',
    '00000003-0000-0000-C000-000000000000/.default',
    'https://graph.microsoft.us/.default',
    'https://dod-graph.microsoft.us/.default',
    'https://microsoftgraph.chinacloudapi.cn/.default',
  ]
  for (const scope of spellings) {
    test(`is refused by every kind with one sentence: ${scope}`, () => {
      const expected = `for the scope ${scope} X gets an access token for Microsoft Graph, which nobody else can check: replace it with ${clientId}/.default`

      const sentences = sentencesOf('EntraID', [scope])

      // A client of its own gets a token only for /.default, whatever the API is.
      assert.deepEqual(
        sentences.filter((text) => !text.startsWith('Entra gives clients')),
        [expected, expected],
      )
    })
  }

  test('is what a permission without an API asks for', () => {
    assert.match(
      errors('trino', 'EntraID', ['User.Read']).join('\n'),
      /for the scope User\.Read Trino gets .* Microsoft Graph/,
    )
    assert.match(
      errors('kafka', 'EntraID', ['User.Read']).join('\n'),
      /for the scope User\.Read Kafka gets .* Microsoft Graph/,
    )
  })

  test('is what comes when it is asked for before the scope of the client', () => {
    const own = `${clientId}/.default`

    assert.equal(errors('trino', 'EntraID', [own, 'User.Read']).length, 0)
    assert.match(
      errors('trino', 'EntraID', ['User.Read', own]).join('\n'),
      /for the scope User\.Read Trino gets .*: remove it/,
    )
  })

  test('is no token of another API of Microsoft, which is refused by its name', () => {
    const sentences = sentencesOf('EntraID', ['https://management.azure.com/.default'])

    assert.equal(sentences.length, 2)
    for (const text of sentences) assert.match(text, /an access token for management\.azure\.com, which/)
  })

  for (const scope of [`${clientId}/.default`, 'api://data/.default', 'https://acme.onmicrosoft.com/data/.default']) {
    test(`is not what the scope of an own API asks for: ${scope}`, () => {
      assert.deepEqual(sentencesOf('EntraID', [scope]), [])
    })
  }

  test('comes where no scope names an API', () => {
    assert.match(
      errors('trino', 'EntraID').join('\n'),
      /without its own scope Trino gets an access token for Microsoft Graph/,
    )
  })
})

describe('an access token that only its provider can check', () => {
  for (const hint of ['Google', 'GitLab', 'Okta'] as const) {
    test(`is refused by every kind: ${hint}`, () => {
      for (const kind of ['trino', 'kafka'] as const) {
        assert.match(errors(kind, hint).join('\n'), new RegExp(`only ${hint} can check access tokens of ${hint}`))
      }
    })
  }
})

test('a tenant of Auth0 needs a default audience, for every kind', () => {
  for (const kind of ['trino', 'kafka'] as const) {
    assert.match(problems(kind, 'Auth0', [], 'warning').join('\n'), /Auth0 gives a token that \w+ can check only if/)
  }
})
