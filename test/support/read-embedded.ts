/** Readers for languages inside of values: what the product reads there is compared, not how it is written. */
import assert from 'node:assert/strict'
import { expandSmallRye, readProperties, readYaml, splitSmallRye, type Variables } from './read-formats.ts'

/** Every variable is set, to a text that names it. */
export const anyVariable: Variables = { get: (name) => `variable ${name}` }

const yamlKeys = /^(?:oidc\.config|dex\.config|sso)$/

/** A ConfigMap of Argo CD or Argo Workflows: documents in its values are read as well. */
export function readConfigMap(text: string): unknown {
  const [document] = readYaml(text)
  assert.ok(document instanceof Map)
  const data: unknown = document.get('data')
  assert.ok(data instanceof Map)
  const read = [...data].map(([key, value]: [string, string]) => [key, readValue(key, value)])
  return [...document].map(([key, value]: [string, unknown]) => [key, key === 'data' ? read : value])
}

function readValue(key: string, value: string): unknown {
  if (yamlKeys.test(key)) return readYaml(value)
  if (key === 'policy.csv') return value.split('\n').map(csvFields)
  return value
}

/** RFC 4180, with blanks before a field. */
function csvFields(line: string): string[] {
  const fields: string[] = []
  let rest = line
  while (rest !== '') {
    const [whole, quoted, plain] = /^ *(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/.exec(rest) ?? assert.fail(`CSV: ${rest}`)
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    rest = rest.slice(whole.length)
  }
  return fields
}

/** ServiceAccounts: the texts of their rules (expr-lang.org) are read. */
export function readRules(text: string): unknown {
  return readYaml(text).map((document) => withRules(document))
}

function withRules(value: unknown): unknown {
  if (!(value instanceof Map)) return value
  return [...value].map(([key, item]: [string, unknown]) => [
    key,
    key === 'workflows.argoproj.io/rbac-rule' ? exprTokens(String(item)) : withRules(item),
  ])
}

function exprTokens(text: string): string[] {
  const tokens = text.match(/'(?:[^'\\]|\\.)*'|[a-z|]+| /gu) ?? []
  assert.equal(tokens.join(''), text, 'expr')
  return tokens.map((token) => (token.startsWith("'") ? token.slice(1, -1).replace(/\\(.)/gu, '$1') : token))
}

/** Settings of Quarkus: lists, paths of claims, rules of Nessie (Common Expression Language), expressions of Polaris (Java). */
export function readQuarkus(text: string): unknown {
  return readProperties(text).map(([key, written]) => {
    const value = expandSmallRye(written, anyVariable)
    if (/\.(?:scopes|audience|tenant-paths|anonymous-paths|realms)$/.test(key)) return [key, splitSmallRye(value)]
    if (key.endsWith('.name-claim-path')) return [key, claimNames(value)]
    if (/\.(?:filter|regex)$/.test(key)) return [key, javaAlternatives(value)]
    if (key.endsWith('.replacement')) return [key, value.replace(/\\(.)/gsu, '$1')]
    if (key.endsWith('.role-claim-path')) return [key, splitSmallRye(value).map(claimNames)]
    return [key, key.includes('.authorization.rules.') ? celTokens(value) : value]
  })
}

/** Slashes outside of double quotes part the names. */
function claimNames(path: string): string[] {
  return path.split(/\/(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((name) => name.replaceAll('"', ''))
}

/** The texts that an expression of java.util.regex matches, of texts and alternatives; anchors stay as they stand. */
function javaAlternatives(expression: string): string[] {
  return (expression.match(/(?:[^\\|]|\\.)+/gsu) ?? []).map((text) => {
    assert.match(text, /^(?:\(\?s\)\\A\.\+\\z|(?:[^\\^$.|?*+()[\]{}]|\\[Az\\^$.|?*+()[\]{}])*)$/u, 'java.util.regex')
    return text.replace(/\\([^Az])/gsu, '$1')
  })
}

/** The texts of the rule are read, the rest stays. */
function celTokens(text: string): string[] {
  const tokens = text.match(/"(?:[^"\\\n]|\\.)*"|'[A-Z_]+'|[a-z]+|&&|\|\||[()[\], ]/gu) ?? []
  assert.equal(tokens.join(''), text, 'CEL')
  return tokens.map((token) => (token.startsWith('"') ? token.slice(1, -1).replace(/\\(["\\])/g, '$1') : token))
}

/** Settings of Grafana: JMESPath, addresses with a query, and mappings whose parts are split at colons. */
export function readGrafana(pairs: Iterable<readonly [string, string]>): unknown {
  return [...pairs].map(([key, value]) => {
    // The address of an e-mail is an expression of the user.
    if (/(?<!email_)attribute_path$/i.test(key)) return [key, jmesTokens(value)]
    if (/org_mapping$/i.test(key)) return [key, (JSON.parse(value) as string[]).map(mappingParts)]
    if (/_url$/i.test(key) && value.includes('?')) return [key, queryOf(value)]
    return [key, value]
  })
}

/** An address whose query is of parameters. */
export function queryOf(address: string): unknown {
  const [before = '', query = ''] = address.split(/\?(.*)/su)
  return [before, ...new URLSearchParams(query)]
}

function jmesTokens(text: string): unknown[] {
  const tokens =
    text.match(/'(?:[^'\\]|\\.?)*?(?<!\\)'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*|[^'"`]/gsu) ?? []
  assert.equal(tokens.join(''), text, 'JMESPath')
  const words: unknown[] = []
  let plain = ''
  for (const token of tokens) {
    if (!/^['"`\w]/.test(token)) {
      plain += token
      continue
    }
    if (plain !== '') words.push(plain)
    plain = ''
    words.push(/^\w/.test(token) ? token : jmesText(token))
  }
  return plain === '' ? words : [...words, plain]
}

function jmesText(token: string): unknown {
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll("\\'", "'")
  return JSON.parse(token.startsWith('`') ? token.slice(1, -1).replaceAll('\\`', '`') : token)
}

function mappingParts(mapping: string): string[] {
  return mapping.split(/(?<!\\):/).map((part) => part.replaceAll('\\:', ':'))
}
