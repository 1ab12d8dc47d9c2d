/** What a file is that a tool's importer cannot read: which other importer reads it, or what stands in it. */
import { looksSecret } from '../config/shown-text.ts'
import { isMap } from '../maps.ts'
import type { ImportFile, ImportSource } from './contract.ts'
import { yamlMaps } from './input-values.ts'

/** Marks of each tool, the surest first. */
const marks: readonly (readonly [ImportSource, string, RegExp])[] = [
  ['stackable', 'manifests of Stackable', /\bstackable\.tech\//],
  [
    'flaskoidc',
    'a configuration of flaskoidc',
    /\bFLASK_OIDC_|\bFLASK_APP_(?:MODULE|CLASS)_NAME\b|\bOIDC_(?:CLIENT_SECRETS|ORG_URL)\b|\boidcEnabled\b/,
  ],
  [
    'astronomer',
    'a configuration of Astronomer Software',
    /\bAUTH__OPENID_CONNECT__|\bopenidConnect\s*:|\bhouston\s*:/m,
  ],
  [
    'oauth2-proxy',
    'a configuration of oauth2-proxy',
    /\bOAUTH2_PROXY_|\boauth2[-_]proxy\b|^\s*(?:email_domains|cookie_secret|oidc_issuer_url|whitelist_domains|upstreams|redirect_url)\s*=|^\s*(?:upstreamConfig|injectRequestHeaders)\s*:/m,
  ],
  ['dex', 'a configuration of Dex', /^\s*["']?(?:connectors|staticClients|staticPasswords)["']?\s*:|\bdex\.config\b/m],
]

/** Whether a file is a result of an import, not a source of one. */
export function isGatehouse({ text }: ImportFile): boolean {
  return /^(?:authenticationClasses|products)\s*:/m.test(text) && !/^(?:connectors|staticClients)\s*:/m.test(text)
}

/** A sentence about the first file that says something of itself; undefined when none does. */
export function whatWasFound(source: ImportSource, files: readonly ImportFile[]): string | undefined {
  return files.map((file) => found(source, file)).find((sentence) => sentence !== undefined)
}

function found(source: ImportSource, { name, text }: ImportFile): string | undefined {
  const content = text.replace(/^\s*(?:#|\/\/).*$/gm, '')
  if (content.trim() === '') return 'It is empty'
  if (text.includes('\0')) return 'It is not a text'
  const other = marks.find(([tool, , mark]) => tool !== source && mark.test(content))
  const own = marks.some(([tool, , mark]) => tool === source && mark.test(content))
  if (other && !own) return `It looks like ${other[1]}: gatehouse import ${other[0]} ${name === '<stdin>' ? '-' : name}`
  if (/^\s*<(?:!doctype|html)/i.test(content))
    return 'It is a page of HTML: save the file itself, not the page that shows it'
  if (/-----BEGIN [A-Z ]*(?:CERTIFICATE|KEY)-----/.test(content)) return 'It is a certificate or a key'
  return ofKeys(content)
}

function ofKeys(text: string): string | undefined {
  const maps = yamlMaps(text)
  const kinds = maps.flatMap(kindsOf)
  if (kinds.length > 0) return `It has ${listed(kinds)} of Kubernetes`
  const keys = maps.flatMap((map) => Object.keys(map))
  if (keys.includes('realm') && keys.includes('clients'))
    return 'It looks like an export of a realm of Keycloak, which is not read: give Keycloak the class by its address'
  if (keys.length > 0) return `It has the ${keys.length === 1 ? 'key' : 'keys'} ${listed(keys)}`
  return undefined
}

function kindsOf(map: Readonly<Record<string, unknown>>): string[] {
  const { kind, items } = map
  if (typeof kind !== 'string' || map['apiVersion'] === undefined) return []
  return kind.endsWith('List') && Array.isArray(items) ? items.filter(isMap).flatMap(kindsOf) : [kind]
}

/** Names that are words, each once; a name can be anything when the file is none of ours. */
function listed(names: readonly string[]): string {
  const plain = [...new Set(names)].filter((name) => /^[A-Za-z_][\w.-]{0,40}$/.test(name) && !looksSecret(name))
  const more = plain.length > 6 ? ' ...' : ''
  return plain.length === 0 ? 'names that are not shown' : `${plain.slice(0, 6).join(', ')}${more}`
}
