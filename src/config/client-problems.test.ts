import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { loadConfig } from './load.ts'
import { isPrivateUseUri, pageOriginOf, policySourceOf } from './redirect-addresses.ts'

interface Client {
  kind?: string
  /** Fields of the product, as YAML. */
  fields: string
  /** Options of its client. */
  oidc?: string
  className?: string
}

/** What `check` says of a product: path below it, and the message. */
function saidOf({ kind = 'oidc', fields, oidc = '{}', className = 'gatehouse' }: Client): string[] {
  const text = `issuer: https://id.example.com
authenticationClasses: { corp: { oidc: { hostname: sso.example.com, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } } } } }
secrets: { c: { clientId: app } }
products:
  app: { product: ${kind}, url: "https://app.example.com", ${fields}, authentication: [{ authenticationClass: ${className}, oidc: ${oidc} }] }
`
  const { problems } = loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '/' }, {})
  return problems.map(({ path, message }) => `${String(path).replace('products.app.', '')}: ${message}`)
}

const open = '{ clientAuthenticationMethod: none }'
const returnsTo = (...uris: string[]) => `redirectUris: [${uris.map((uri) => JSON.stringify(uri)).join(', ')}]`
const jwk = (type: 'rsa' | 'ec', modulusLength = 2048) => {
  const { publicKey, privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength })
  return { open: publicKey.export({ format: 'jwk' }), secret: privateKey.export({ format: 'jwk' }) }
}
const byKey = (keys: unknown[]) => `{ clientAuthenticationMethod: private_key_jwt, jwks: ${JSON.stringify({ keys })} }`

describe('a client without a secret', () => {
  for (const uri of [
    'https://app.example.com/cb',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:7000/cb',
    'http://[::1]/cb',
    'http://localhost:7000/cb',
    'com.example.app:/cb',
    'com.example.app://cb',
    'io.x-y.app2:/oauth/cb?a=b',
  ])
    it(`may be answered at ${uri}`, () => assert.deepEqual(saidOf({ fields: returnsTo(uri), oidc: open }), []))

  for (const uri of [
    'http://app.example.com/cb',
    'app:/cb',
    'app://cb',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'Com.example.app:/cb',
    'com.example.app:',
    'com.example.app:cb',
    'com.example.app:/cb#x',
    'com.example.app:/*',
    'com.example.app:/a/../cb',
    'com.example.app://user@cb',
    'com.example.app:/c b',
    'com..app:/cb',
    'data.x,y:/cb',
  ])
    it(`may not be answered at ${uri} [redirect-script-scheme]`, () => {
      const [problem = ''] = saidOf({ fields: returnsTo(uri), oidc: open })

      assert.match(problem, /^redirectUris\.0: /)
    })

  it('has loopback addresses by http, because nobody can have a certificate for them', () => {
    const [problem = '', ...more] = saidOf({
      fields: returnsTo('http://127.0.0.1/cb', 'https://localhost/cb'),
      oidc: open,
    })

    assert.match(problem, /^redirectUris\.1: must be http/)
    assert.deepEqual(more, [])
  })

  it('may be on http off this machine where that is said, but not beside addresses of an app', () => {
    const insecure = (...uris: string[]) => saidOf({ fields: `insecure: true, ${returnsTo(...uris)}`, oidc: open })

    assert.deepEqual(insecure('http://app.test/cb'), [])
    assert.match(insecure('http://app.test/cb', 'http://127.0.0.1/cb')[0] ?? '', /must be https off this machine/)
  })

  it('has no tokens of its own, and looks none up', () => {
    const fields = `${returnsTo('https://app.example.com/cb')}, grantTypes: [client_credentials], services: []`

    assert.match(saidOf({ fields, oidc: open }).join('\n'), /^grantTypes: needs a client that can prove who it is/m)
    const looks = `${returnsTo('https://app.example.com/cb')}, introspects: [wiki]`
    assert.match(
      saidOf({ fields: looks, oidc: open }).join('\n'),
      /^introspects: needs a client that can prove who it is/m,
    )
  })

  it('is one of a kind that is known to work so', () => {
    assert.deepEqual(saidOf({ kind: 'kubernetes', fields: 'title: x', oidc: open }), [])
    for (const kind of ['superset', 'trino', 'grafana']) {
      const [problem = ''] = saidOf({ kind, fields: 'title: x', oidc: open })
      assert.match(
        problem,
        /clientAuthenticationMethod: is not known to the class gatehouse: write client_secret_basic or/,
      )
    }
  })
})

describe('a client with a secret', () => {
  it('may not be answered by a scheme, which any app can take [redirect-script-scheme]', () => {
    const [problem = ''] = saidOf({ fields: returnsTo('com.example.app:/cb') })

    assert.match(problem, /^redirectUris\.0: has a scheme of its own, which only an app without a secret may have/)
  })
})

describe('a client that proves itself with a key', () => {
  const fields = returnsTo('https://app.example.com/cb')

  it('has public keys in the configuration, or the address of them', () => {
    assert.deepEqual(saidOf({ fields, oidc: byKey([jwk('rsa').open, jwk('ec').open]) }), [])
    for (const address of ['https://app.example.com/jwks', 'http://127.0.0.1:7000/jwks']) {
      const oidc = `{ clientAuthenticationMethod: private_key_jwt, jwksUri: "${address}" }`
      assert.deepEqual(saidOf({ fields, oidc }), [])
    }
  })

  it('has one of both', () => {
    const both = byKey([jwk('ec').open])
      .replace(' }', ', jwksUri: "https://app.example.com/jwks" }')
      .replace(/ }$/, ' }')

    assert.match(
      saidOf({ fields, oidc: '{ clientAuthenticationMethod: private_key_jwt }' })[0] ?? '',
      /needs the public keys/,
    )
    assert.match(
      saidOf({
        fields,
        oidc: `{ jwksUri: "https://app.example.com/jwks", ${both.slice(2).split(', jwksUri')[0]} }`,
      }).join(),
      /jwksUri: is given beside jwks/,
    )
  })

  it('has keys that nobody else can make, and none that is secret', () => {
    const problems = (keys: unknown[]) => saidOf({ fields, oidc: byKey(keys) }).join('\n')

    assert.match(problems([jwk('ec').secret]), /keys\.0: must be a public key: take its private part out/)
    assert.match(problems([jwk('rsa', 1024).open]), /keys\.0: must have at least 2048 bits/)
    assert.match(problems([{ kty: 'RSA', n: 'x', e: 'y' }]), /keys\.0/)
    assert.match(problems([{ kty: 'oct', k: 'c2VjcmV0' }]), /keys\.0\.kty/)
    assert.match(problems([]), /keys/)
    assert.doesNotMatch(problems([{ ...jwk('ec').open, d: 'the-private-part' }]), /the-private-part/)
  })

  it('publishes them where nobody can put in another one', () => {
    const oidc = '{ clientAuthenticationMethod: private_key_jwt, jwksUri: "http://app.example.com/jwks" }'

    assert.match(saidOf({ fields, oidc })[0] ?? '', /jwksUri: must be https off this machine/)
  })

  it('registers them at other providers by itself', () => {
    const oidc = '{ clientCredentialsSecret: c, jwksUri: "https://app.example.com/jwks" }'

    assert.match(saidOf({ fields, oidc, className: 'corp' })[0] ?? '', /jwksUri: is for the class gatehouse/)
  })
})

describe('a client whose tokens come through the browser', () => {
  const types = (...list: string[]) => `responseTypes: [${list.join(', ')}]`

  for (const type of ['id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'])
    it(`has https addresses that are no localhost: ${type}`, () => {
      const said = (...uris: string[]) => saidOf({ fields: `${types(type)}, ${returnsTo(...uris)}` })

      assert.deepEqual(said('https://app.example.com/cb', 'https://127.0.0.1:8443/cb'), [])
      for (const uri of ['http://127.0.0.1/cb', 'http://localhost/cb', 'https://localhost:8443/cb'])
        assert.match(
          said('https://app.example.com/cb', uri)[0] ?? '',
          /^redirectUris\.1: must be https, and not localhost/,
        )
    })

  it('has them after a sign-out too, and is no app on a laptop', () => {
    const fields = `${types('id_token')}, ${returnsTo('https://app.example.com/cb')}, postLogoutRedirectUris: ["http://localhost/bye"]`

    assert.match(saidOf({ fields })[0] ?? '', /^postLogoutRedirectUris\.0: must be https/)
    const native = saidOf({ fields: `${types('code id_token')}, ${returnsTo('com.example.app:/cb')}`, oidc: open })
    assert.match(native[0] ?? '', /^redirectUris\.0: must be https/)
  })

  it('has a response type that exists', () => {
    for (const type of ['token', 'none', 'token id_token', 'ID_TOKEN'])
      assert.match(
        saidOf({ fields: `${types(type)}, ${returnsTo('https://app.example.com/cb')}` })[0] ?? '',
        /^responseTypes\.0/,
      )
  })
})

describe('an address', () => {
  it('of an app has no origin of pages, and its scheme stands for it in a policy', () => {
    assert.equal(pageOriginOf('com.example.app:/cb'), undefined)
    assert.equal(pageOriginOf('https://app.example.com:8443/cb'), 'https://app.example.com:8443')
    assert.deepEqual(
      ['com.example.app:/cb', 'http://[::1]:7000/cb', 'https://app.example.com/cb', 'http://127.0.0.1:7000/cb'].map(
        policySourceOf,
      ),
      ['com.example.app:', 'http:', 'https://app.example.com', 'http://127.0.0.1:7000'],
    )
  })

  it('with a scheme that browsers know is never one of an app, however it is written', () => {
    const schemes = [
      'http',
      'https',
      'javascript',
      'data',
      'vbscript',
      'blob',
      'file',
      'about',
      'ws',
      'ftp',
      'view-source',
    ]
    const known = fc.constantFrom(...schemes, ...schemes.map((scheme) => scheme.toUpperCase()))

    fc.assert(
      fc.property(known, fc.string({ unit: 'binary' }), (scheme, rest) => {
        assert.equal(isPrivateUseUri(`${scheme}:${rest}`), false)
      }),
      { numRuns: runs(500) },
    )
  })
})
