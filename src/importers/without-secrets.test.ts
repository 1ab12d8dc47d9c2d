import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImportSource, UnreadableImport } from './contract.ts'
import { importers } from './index.ts'
import { withoutSecrets } from './without-secrets.ts'

const canary = 'CANARY-real-secret'

/** Everything that an import gives: configuration, comments, what was left behind, or why it cannot be read. */
function saidOf(source: ImportSource, name: string, text: string): string {
  try {
    return JSON.stringify(importers[source].read([{ name, text }]))
  } catch (error) {
    assert.ok(error instanceof UnreadableImport, String(error))
    return error.message
  }
}

const oauth2Proxy = (line: string) =>
  `provider = "oidc"\nclient_id = "app"\nredirect_url = "https://app.example.com/oauth2/callback"\nemail_domains = ["*"]\n${line}\n`
const dexConnector = (line: string, type = 'oidc') => `issuer: https://dex.example.com
connectors:
- type: ${type}
  id: corp
  name: Corp
  config:
    ${line}
`

const texts: readonly (readonly [ImportSource, string, string])[] = [
  ...[
    `oidc_issuer_url = "https://user:${canary}@sso.example.com/realms/data?key=${canary}"`,
    `oidc_issuer_url = "https://sso.example.com/?token=${canary}"`,
    `redeem_url = "https://user:${canary}@sso.example.com/token"`,
    `upstreams = ["http://u:${canary}@127.0.0.1:8080/?k=${canary}"]`,
    `redis_connection_url = "redis://:${canary}@redis:6379"`,
    `client_secret = "${canary}`,
    `client_secret = ${canary}`,
    `basic_auth_password = "${canary}"`,
    `signature_key = "sha256:${canary}"`,
    `trusted_proxy_ips = ["http://u:${canary}@10.0.0.1"]`,
    `redirect_url = "ftp://u:${canary}@app.example.com/?a=${canary}"`,
  ].map((line): [ImportSource, string, string] => ['oauth2-proxy', 'x.cfg', oauth2Proxy(line)]),
  ['oauth2-proxy', 'x.env', `OAUTH2_PROXY_OIDC_ISSUER_URL=https://user:${canary}@sso.example.com/\n`],
  ['oauth2-proxy', 'x.yaml', `providers: [{ clientSecret: *${canary} }]`],
  ...[
    `issuer: https://user:${canary}@sso.example.com/?x=${canary}`,
    `clientSecret: ${canary}`,
    `clientSecret: *${canary}`,
    `clientSecret: "${canary}`,
    `clientID: a\n    clientID: ${canary}`,
    `host: "u:${canary}@ldap.example.com"`,
  ].map((line): [ImportSource, string, string] => ['dex', 'dex.yaml', dexConnector(line)]),
  ['dex', 'dex.yaml', dexConnector(`host: ldap.example.com\n    bindDN: cn=admin\n    bindPW: ${canary}`, 'ldap')],
  ['dex', 'dex.yaml', dexConnector(`host: "ldap://cn=admin:${canary}@ldap.example.com"`, 'ldap')],
  [
    'dex',
    'dex.yaml',
    `issuer: https://u:${canary}@dex.example.com\nstaticClients: [{ id: a, secret: ${canary}, redirectURIs: ["https://u:${canary}@a.example.com/cb"] }]\n`,
  ],
  [
    'flaskoidc',
    'a.env',
    `FLASK_OIDC_CONFIG_URL=https://u:${canary}@sso.example.com/.well-known/openid-configuration\nFLASK_OIDC_CLIENT_SECRET=${canary}\n`,
  ],
  [
    'flaskoidc',
    'a.env',
    `FLASK_OIDC_CLIENT_ID=a\nFRONTEND_BASE=ftp://u:${canary}@a.example.com\nFLASK_OIDC_X=https://u:${canary}@b/\nSQLALCHEMY_DATABASE_URI=mysql://u:${canary}@db/x\nOIDC_ORG_URL=//u:${canary}@x\nMETADATASERVICE_BASE=http://u:${canary}@m:1\n`,
  ],
  ['flaskoidc', 'client_secrets.json', `{ "web": { "client_secret": "${canary}, "issuer": "x" } }`],
  [
    'flaskoidc',
    'client_secrets.json',
    `{ "web": { "client_secret": "${canary}", "issuer": "https://u:${canary}@sso.example.com" } }`,
  ],
  [
    'astronomer',
    'values.yaml',
    `astronomer: { houston: { config: { auth: { openidConnect: { okta: { enabled: true, clientId: a, clientSecret: ${canary}, discoveryUrl: "https://u:${canary}@acme.okta.com/?x=${canary}", baseDomain: "u:${canary}@x" } } } } } }\n`,
  ],
  [
    'astronomer',
    'houston.env',
    `AUTH__OPENID_CONNECT__OKTA__CLIENT_SECRET=${canary}\nAUTH__OPENID_CONNECT__OKTA__ENABLED=true\nGLOBAL_AGENT_HTTPS_PROXY=http://u:${canary}@proxy:3128\nAUTH__X=https://u:${canary}@y\n`,
  ],
  [
    'stackable',
    'x.yaml',
    `apiVersion: v1\nkind: Secret\nmetadata: { name: c }\nstringData: { clientId: a, clientSecret: *${canary} }\n`,
  ],
  [
    'stackable',
    'x.yaml',
    `apiVersion: v1\nkind: Secret\nmetadata: { name: c }\nstringData: { clientId: a, clientSecret: "${canary}" "b" }\n`,
  ],
]

test('no import repeats a secret of its input, in the result, in a comment or in a message [canary-everywhere]', () => {
  for (const [source, name, text] of texts) {
    const said = saidOf(source, name, text)
    assert.ok(!said.includes(canary), `${source}\n${text}\n${said}`)
  }
})

test('an import still shows what is no secret', () => {
  const said = saidOf(
    'oauth2-proxy',
    'x.cfg',
    oauth2Proxy('oidc_issuer_url = "https://user:pw-of-us@SSO.example.com/realms/data"'),
  )

  assert.match(said, /sso\.example\.com/)
  assert.match(said, /https:\/\/SSO\.example\.com\/realms\/data/)
})

test('a value of a setting that the tool does not list is hidden in messages that an importer builds itself', () => {
  const files = [
    {
      name: 'a.cfg',
      text: 'requirepass = "hunter-2-of-us"\nscope = "openid-and-more"\nsame = "https://sso.example.com"\n',
    },
    { name: 'b.yaml', text: 'issuer: https://sso.example.com\nvault: { inner: [{ deep: passcode-42-of-us }] }\n' },
    { name: 'c.sh', text: 'redis-server --masterauth=master-77-of-us\n' },
  ]
  const why = 'hunter-2-of-us passcode-42-of-us master-77-of-us openid-and-more https://sso.example.com'
  const imported = { config: {}, comments: [{ path: [], text: why }], notCarried: [{ where: 'a', what: why, why }] }

  const { comments, notCarried } = withoutSecrets(imported, files, new Set(['scope', 'issuer']))

  const shown = '… … … openid-and-more https://sso.example.com'
  assert.deepEqual(notCarried, [{ where: 'a', what: shown, why: shown }])
  assert.equal(comments[0]?.text, shown)
})

test('the name of a Secret is no secret', () => {
  const files = [
    {
      name: 'values.yaml',
      text: 'config: { existingSecret: oauth2-proxy }\nother: { clientSecret: oauth2-client-9 }\n',
    },
  ]
  const text = 'Imported from values.yaml of oauth2-proxy, not of oauth2-client-9.'

  const { comments } = withoutSecrets({ config: {}, comments: [{ path: [], text }], notCarried: [] }, files)

  assert.equal(comments[0]?.text, 'Imported from values.yaml of oauth2-proxy, not of ….')
})
