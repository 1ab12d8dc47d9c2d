/** Every kind of product gets the issuer as it is written, and no address that is made of it loses or doubles its slash. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goldenCases, renderData } from '../../test/support/golden-cases.ts'
import { productKinds } from '../config/schema.ts'
import { isMap } from '../maps.ts'
import { allFiles } from './render-product.ts'

const issuer = 'https://auth.example.com/application/o/platform/'
const below = (path: string) => `${issuer}${path}`
const endpoints = {
  authorization: 'https://auth.example.com/application/o/authorize/',
  token: 'https://auth.example.com/application/o/token/',
  jwks: below('jwks/'),
  userinfo: 'https://auth.example.com/application/o/userinfo/',
  endSession: below('end-session/'),
}

/** The same configuration with every class at an authentik. */
function atAuthentik(data: Record<string, unknown>): Record<string, unknown> {
  const { authenticationClasses } = data
  if (!isMap(authenticationClasses)) return data
  const classes = Object.entries(authenticationClasses).map(([name, described]) => {
    if (!isMap(described) || !isMap(described['oidc'])) return [name, described]
    const { providerHint: _, port: __, ...oidc } = described['oidc']
    return [name, { oidc: { ...oidc, hostname: 'auth.example.com', rootPath: '/application/o/platform/', endpoints } }]
  })
  return { ...data, authenticationClasses: Object.fromEntries(classes) }
}

for (const kind of productKinds) {
  test(`${kind} gets an issuer that ends in a slash as it is`, () => {
    const cases = goldenCases(kind).filter(({ name }) => name.includes('keycloak') && !name.includes('error'))
    const texts = cases.map(({ name, data }) => [name, renderedText(atAuthentik(data))] as const)

    for (const [name, text] of texts) {
      assert.doesNotMatch(text, /platform\/\/|platform\.well-known/, `${name}: the slash is doubled or lost`)
      assert.doesNotMatch(text, /application\/o\/platform(?![/\\]|\/?%2F)/, `${name}: the slash is lost`)
    }
    assert.ok(
      texts.some(([, text]) => text.includes(issuer)),
      `${texts.length} cases have it`,
    )
  })
}

function renderedText(data: Record<string, unknown>): string {
  const result = renderData(data)
  return result
    ? allFiles(result)
        .map(({ content }) => content)
        .join('\n')
    : ''
}
