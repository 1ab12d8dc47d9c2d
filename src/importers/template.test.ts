import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImportAnswers, type ImportSource, UnreadableImport } from './contract.ts'
import { importers } from './index.ts'

/** Why a text is refused; undefined when it is imported. */
function refusal(source: ImportSource, name: string, text: string, answers: ImportAnswers = {}): string | undefined {
  try {
    importers[source].read([{ name, text }], answers)
    return undefined
  } catch (error) {
    assert.ok(error instanceof UnreadableImport, String(error))
    return error.message
  }
}

const dex = (issuer: string, teams = '[data]') => `issuer: ${issuer}
connectors:
  - type: github
    id: github
    config:
      clientID: $GITHUB_CLIENT_ID
      clientSecret: \${GITHUB_CLIENT_SECRET}
      orgs: [{ name: acme, teams: ${teams} }]
`
const proxy = (line: string) =>
  `provider = "oidc"\noidc_issuer_url = "https://sso.example.com"\nclient_id = "a"\n${line}\n`
const houston = (id: string) =>
  `astronomer: { houston: { config: { auth: { openidConnect: { okta: { enabled: true, clientId: ${id}, discoveryUrl: "https://acme.okta.com" } } } } } }\n`
const stackable = (host: string) => `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: sso }
spec: { provider: { oidc: { hostname: ${host}, principalClaim: sub, scopes: [openid] } } }
`

const templates: readonly (readonly [ImportSource, string, string, number])[] = [
  ['dex', 'dex.yaml', dex('{{ .Values.url }}'), 1],
  ['dex', 'dex.yaml', dex('"{{ getenv "DEX_ISSUER" }}"'), 1],
  ['dex', 'dex.yaml', dex("'{{ .Env.DEX_ISSUER }}'"), 1],
  ['dex', 'dex.yaml', dex('https://dex.example.com', '{{ teams }}'), 8],
  ['dex', 'dex.yaml', dex('<%= @issuer %>'), 1],
  ['dex', 'dex.yaml', dex('${DEX_ISSUER}'), 1],
  ['dex', 'dex.yaml', dex('https://${HOST}/dex'), 1],
  ['dex', 'dex.yaml', `{{- if .Values.dex }}\n${dex('https://dex.example.com')}{{- end }}\n`, 1],
  ['dex', 'dex.yaml', `{% for c in connectors %}\n${dex('https://dex.example.com')}{% endfor %}\n`, 1],
  ['oauth2-proxy', 'a.cfg', proxy('redirect_url = "https://{{ host }}/oauth2/callback"'), 4],
  ['oauth2-proxy', 'a.cfg', proxy('redirect_url = {{ redirect_url | to_json }}'), 4],
  ['oauth2-proxy', 'a.cfg', proxy('redirect_url = "https://${HOST}/oauth2/callback"'), 4],
  ['oauth2-proxy', 'a.cfg', proxy('<% if @groups %>\nallowed_groups = ["a"]\n<% end %>'), 4],
  ['oauth2-proxy', 'a.env', 'OAUTH2_PROXY_PROVIDER=oidc\nOAUTH2_PROXY_OIDC_ISSUER_URL={{ issuer }}\n', 2],
  ['flaskoidc', 'a.env', 'FLASK_OIDC_CLIENT_ID=a\nFLASK_OIDC_CONFIG_URL=https://{{ host }}/x\n', 2],
  ['flaskoidc', 'a.env', 'FLASK_OIDC_CLIENT_ID=a\nFRONTEND_BASE=https://${HOST}\n', 2],
  ['astronomer', 'values.yaml', houston('{{ .Values.id }}'), 1],
  ['astronomer', 'values.yaml', houston('"{{ .Values.id }}"'), 1],
  ['stackable', 'm.yaml', stackable('{{ host }}'), 4],
  ['stackable', 'm.yaml', stackable('"{{ host }}"'), 4],
]

for (const [source, name, text, line] of templates) {
  test(`${source}: line ${line} of ${JSON.stringify(text.split('\n')[line - 1])} is a template`, () => {
    assert.match(
      refusal(source, name, text) ?? '',
      new RegExp(`^${name}: line ${line}: is a template: render it first`),
    )
  })
}

test('a template in a comment, or in what the importer does not read, is none', () => {
  for (const [source, name, text] of [
    ['dex', 'dex.yaml', `# {{ was: a template }}\n${dex('https://dex.example.com # <%= @issuer %>')}`],
    ['oauth2-proxy', 'a.cfg', proxy('auth_logging_format = "{{.Client}} {{.Username}}"')],
    ['oauth2-proxy', 'a.cfg', proxy('client_secret = "${CLIENT_SECRET}"')],
    ['oauth2-proxy', 'a.cfg', proxy('backend_logout_url = "https://sso.example.com/out?id_token_hint={id_token}"')],
    ['astronomer', 'values.yaml', `${houston('a')}nginx: { annotation: "{{ .Release.Name }}" }\n`],
    [
      'stackable',
      'm.yaml',
      `${stackable('sso.example.com')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: "{{ x }}" }\n`,
    ],
  ] as const) {
    assert.equal(refusal(source, name, text), undefined, text)
  }
})

test('an answer takes the place of a value that is a template', () => {
  const text = 'provider = "oidc"\noidc_issuer_url = "${ISSUER}"\nclient_id = "a"\n'

  assert.match(refusal('oauth2-proxy', 'a.cfg', text) ?? '', /a template/)
  assert.equal(refusal('oauth2-proxy', 'a.cfg', text, { issuer: 'https://sso.example.com' }), undefined)
})
