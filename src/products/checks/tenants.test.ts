/** The tenant that an issuer of Microsoft Entra ID names, as products are told about it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Config, type ProductKind } from '../../config/schema.ts'
import { renderProduct } from '../render-product.ts'

const id = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
const at = 'authenticationClasses.idp.oidc.rootPath'

function rendered(kind: ProductKind, rootPath: string) {
  const config = Config.parse({
    authenticationClasses: {
      idp: {
        oidc: {
          hostname: 'login.microsoftonline.com',
          rootPath,
          principalClaim: 'email',
          providerHint: 'EntraID',
          tls: { verification: { server: { caCert: { webPki: {} } } } },
        },
      },
    },
    secrets: { client: { clientId: 'p-client', clientSecret: '${env:P_SECRET}' } },
    products: {
      p: {
        product: kind,
        url: 'https://p.example.com',
        ...(kind === 'oidc' ? { redirectUris: ['https://p.example.com/callback'] } : {}),
        authentication: [{ authenticationClass: 'idp', oidc: { clientCredentialsSecret: 'client' } }],
      },
    },
  })
  const { files, problems } = renderProduct(config, 'p')
  return {
    text: (files ?? []).map(({ content }) => content).join('\n'),
    errors: problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
  }
}

/** Grafana and OpenMetadata write the tenant down; the others compare issuers with that in a token. */
const kinds = ['grafana', 'openmetadata', 'trino', 'superset', 'oidc'] as const

describe('an issuer that is not one of Entra ID', () => {
  const cases = {
    '/contoso.onmicrosoft.com/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0 has another word, so that issuers differ: write the id of your tenant in ${at}`,
    '/common/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/common/v2.0 has another word, so that issuers differ and people of every tenant can come: write the id of your tenant in ${at}`,
    '/organizations/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/organizations/v2.0 has another word, so that issuers differ and people of every tenant can come: write the id of your tenant in ${at}`,
    '/contoso.onmicrosoft.com': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/contoso.onmicrosoft.com has another word, so that issuers differ: write the id of your tenant in ${at}`,
    '/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/v2.0 has nothing, so that issuers differ: write the id of your tenant in ${at}`,
    '/': `Microsoft Entra ID puts the id of the tenant into tokens where https://login.microsoftonline.com/ has nothing, so that issuers differ: write the id of your tenant in ${at}`,
    [`/${id.toUpperCase()}/v2.0`]: `the issuer in tokens of Microsoft Entra ID is https://login.microsoftonline.com/${id}/v2.0, and not https://login.microsoftonline.com/${id.toUpperCase()}/v2.0: write /${id}/v2.0 in ${at}`,
    [`/${id}`]: `the issuer in tokens of Microsoft Entra ID is https://login.microsoftonline.com/${id}/v2.0, and not https://login.microsoftonline.com/${id}: write /${id}/v2.0 in ${at}`,
  }
  for (const [rootPath, sentence] of Object.entries(cases)) {
    test(`is refused for every kind of product with one sentence: ${rootPath}`, () => {
      for (const kind of kinds) {
        const { errors, text } = rendered(kind, rootPath)

        assert.deepEqual(
          errors.filter((message) => message.includes(at)),
          [sentence],
          kind,
        )
        assert.equal(text, '', kind)
      }
    })
  }
})

describe('the id of a tenant', () => {
  for (const rootPath of [`/${id}/v2.0`, `/${id}/v2.0/`]) {
    test(`is written down where a product wants it: ${rootPath}`, () => {
      const grafana = rendered('grafana', rootPath)
      const openmetadata = rendered('openmetadata', rootPath)

      assert.deepEqual([...grafana.errors, ...openmetadata.errors], [])
      assert.match(grafana.text, new RegExp(`allowed_organizations = .\\["${id}"\\]`))
      assert.match(openmetadata.text, new RegExp(`OIDC_TENANT=.*${id}`))
    })
  }
})
