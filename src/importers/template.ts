/** Files that something else must fill in first: `{{ }}` of Helm, Ansible and gomplate, `<% %>` of ERB, `${ }` of envsubst and Terraform. */
import type { Data } from '../formats.ts'
import { isMap } from '../maps.ts'
import { type ImportAnswers, type ImportFile, type ImportSource, UnreadableImport } from './contract.ts'
import { inputValues } from './input-values.ts'

interface Kind {
  mark: string
  pattern: RegExp
  /** What fills it in. */
  with: string
}

const braces: Kind = {
  mark: '{{ }}',
  pattern: /\{\{.*?\}\}|\{%.*?%\}/s,
  with: '`helm template`, `kubectl get -o yaml` of what is deployed, Ansible or gomplate',
}
const percents: Kind = { mark: '<% %>', pattern: /<%.*?%>/s, with: 'ERB, Puppet or Chef' }
/** Not `${env:NAME}` and `${file:PATH}`, which are ours. */
const dollars: Kind = {
  mark: '${ }',
  pattern: /\$\{(?!(?:env|file):)[^}]*\}/,
  with: '`envsubst`, `docker compose config` or Terraform',
}

/** A line that is no comment, up to a comment behind it. */
const comment = /(?:^|\s)(?:#|\/\/).*$/

/** The refusal of a file that cannot be read because it is a template; undefined if it is none. */
export function templateThatBreaks({ name, text }: ImportFile): UnreadableImport | undefined {
  const rows = text.split('\n').map((row) => row.replace(comment, ''))
  const found = [braces, percents].flatMap((kind) => {
    const line = rows.findIndex((row) => kind.pattern.test(row))
    return line < 0 ? [] : [refusal(name, kind, line + 1)]
  })
  return found[0]
}

/** Names of values that each tool's importer reads, as `inputValues` names them. What else is in the file may be a template of others. */
const read: Readonly<Record<ImportSource, RegExp>> = {
  dex: /(?:^|\.)(?:issuer|connectors|staticClients|staticPasswords)(?:\.|$)|^(?:storage|oauth2|expiry|web|logger)\.|(?:^|\.)(?:data|cm)\.url$/,
  'oauth2-proxy':
    /(?:^|\.)(?:OAUTH2_PROXY_\w+|providers?|client_?(?:id|ID|secret|Secret)|cookie_\w+|email_domains?|upstreams?|upstreamConfig|oidc_\w+|oidcConfig|(?:login|redeem|profile|validate|redirect)_url|scope|allowed_\w+|whitelist_domains?|skip_\w+|github_\w+|gitlab_\w+|google_\w+|keycloak_\w+|http_address|reverse_proxy|trusted_\w+)(?:\.|$)/,
  flaskoidc:
    /(?:^|\.)(?:FLASK_OIDC_\w+|OIDC_\w+|FRONTEND_BASE|OVERWRITE_REDIRECT_URI|client_id|client_secret|issuer|redirect_uris|baseUrl)$/,
  astronomer: /^auth\.|(?:^|\.)(?:config\.auth\.|openidConnect\.|global\.baseDomain$|AUTH__\w+$)/,
  stackable: /(?:^|\.)(?:spec\.provider|clusterConfig\.authentication|stringData)(?:\.|$)/,
}

/** Formats of the log, and texts of pages, that oauth2-proxy fills in itself; settings of products in their own language. */
const filledIn = /(?:logging_?format|banner|footer|sign_?in_?logo|^extra)$/i
/** Files that nobody but a template fills in: elsewhere the tool, its shell or Compose takes `${NAME}` from the environment. */
const takesNoVariables: Readonly<Partial<Record<ImportSource, RegExp>>> = {
  dex: /^(?!connectors\.|storage\.)/,
  'oauth2-proxy': /^(?!OAUTH2_PROXY_)\w+$/,
}
const becomesReference = /client_?id|secret|pass|token|key|salt/i

/** Refuses files in which a value that an importer reads is a template. */
export function refuseTemplates(source: ImportSource, files: readonly ImportFile[], answers: ImportAnswers): void {
  for (const file of files) {
    for (const { name, value } of inputValues(file)) {
      if (!read[source].test(name) || filledIn.test(name) || isAnswered(name, answers)) continue
      const kind = [braces, percents].find(({ pattern }) => pattern.test(value))
      if (kind) throw refusal(file.name, kind, lineOf(file, value))
      const isLiteral = takesNoVariables[source]?.test(name) === true && !becomesReference.test(name)
      if (isLiteral && dollars.pattern.test(value)) throw refusal(file.name, dollars, lineOf(file, value))
    }
  }
}

/** What the caller says, the file need not. */
function isAnswered(name: string, { url, issuer, clientId }: ImportAnswers): boolean {
  return (
    (url !== undefined && /(?:redirect_?ur[il]|frontend_base|baseUrl|baseDomain|(?:^|\.)url)$/i.test(name)) ||
    (issuer !== undefined && /(?:issuer\w*|config_url|discoveryUrl)$/i.test(name)) ||
    (clientId !== undefined && /client_?id$/i.test(name))
  )
}

/** Refuses a result that holds a template: it was read at a place that nobody thought of. */
export function refuseTemplatesIn(config: Data, source: ImportSource, files: readonly ImportFile[]): void {
  // Trino and the operators of Stackable have `${ENV:NAME}` and `${USER}` of their own.
  const kinds = source === 'stackable' ? [braces, percents] : [braces, percents, dollars]
  const found = textsIn(config).flatMap((text) => {
    const kind = kinds.find(({ pattern }) => pattern.test(text))
    return kind ? [{ kind, mark: kind.pattern.exec(text)?.[0] ?? '' }] : []
  })[0]
  if (!found) return
  const file = files.find((candidate) => lineOf(candidate, found.mark) !== undefined) ?? files[0]
  if (file) throw refusal(file.name, found.kind, lineOf(file, found.mark))
}

function textsIn(data: unknown): string[] {
  if (typeof data === 'string') return [data]
  if (Array.isArray(data)) return data.flatMap(textsIn)
  if (!isMap(data)) return []
  return Object.entries(data).flatMap(([key, value]) => (filledIn.test(key) ? [] : [key, ...textsIn(value)]))
}

function lineOf({ text }: ImportFile, value: string): number | undefined {
  // The host of an address has no case.
  const at = text.toLowerCase().indexOf(value.toLowerCase())
  return at < 0 ? undefined : text.slice(0, at).split('\n').length
}

function refusal(name: string, { mark, with: tools }: Kind, line: number | undefined): UnreadableImport {
  const place = line === undefined ? '' : `line ${line}: `
  return new UnreadableImport(
    name,
    `${place}is a template: render it first, and import what comes out. ${mark} is filled in by ${tools}`,
  )
}
