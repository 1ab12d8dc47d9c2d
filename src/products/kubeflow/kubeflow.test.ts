import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse as parseToml } from 'smol-toml'
import { parse, parseAllDocuments } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'

interface IstioResource {
  kind: string
  spec: { jwtRules: { issuer: string; jwksUri: string }[] }
}

test('the issuer of Dex is the same in every file', () => {
  const files = goldenFiles('kubeflow', 'dex.yaml')
  assert.ok(files.length > 10)
  for (const { path, text } of files) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    const textOf = (name: string) =>
      goldenFiles('kubeflow', name).find((file) => file.path === `${folder}/${name}`)?.text
    const { issuer } = parse(text) as { issuer: string }

    const proxy = parseToml(textOf('oauth2-proxy.cfg') ?? '')
    const istio = parseAllDocuments(textOf('istio.yaml') ?? '').map((document) => document.toJS() as IstioResource)
    const connectors = JSON.parse(textOf('oidc-connector.json') ?? '[]') as { config: { redirectURI?: string } }[]

    assert.equal(proxy['oidc_issuer_url'], issuer, path)
    const [rule] = istio.find(({ kind }) => kind === 'RequestAuthentication')?.spec.jwtRules ?? []
    assert.equal(rule?.issuer, issuer, path)
    assert.equal(rule?.jwksUri, proxy['oidc_jwks_url'], path)
    for (const { config } of connectors) {
      if (config.redirectURI !== undefined) assert.equal(config.redirectURI, `${issuer}/callback`, path)
    }
  }
})

test('oauth2-proxy asks Dex for groups, and Dex not for approval each time', () => {
  for (const { path, text } of goldenFiles('kubeflow', 'oauth2-proxy.cfg')) {
    const proxy = parseToml(text)

    assert.ok(String(proxy['scope']).split(' ').includes('groups'), path)
    assert.equal(proxy['prompt'], undefined, path)
    assert.equal(proxy['approval_prompt'], 'auto', path)
  }
})
