/**
 * Writes the files derived from the code: schema/config.schema.json, docs/reference/config.md, docs/reference/errors.md, docs/reference/warnings.md, from the
 * list of product kinds the two lists of their code, src/products/index.ts and src/products/client-kinds.ts, from the table of headers
 * that services believe docs/reference/headers.md, from the package of marks those that pages show and the lists in the guides of other proxies, and from the titles of tests
 * docs/security/attack-table.md.
 * `--check` writes nothing and fails when one of them is stale; the table of attacks is left to `npm test` (test/attack), so that a
 * test can be renamed without it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { productKinds } from '../src/config/kinds/index.ts'
import { Config } from '../src/config/schema.ts'
import { type WarningRow, warningRows } from '../src/config/warning-codes.ts'
import { errorRows } from '../src/errors.ts'
import type { ProductDescription } from '../src/products/contract.ts'
import { products } from '../src/products/index.ts'
import { type MetricRow, metricTable } from '../src/server/metrics/metric-table.ts'
import { headersOfKinds, methodOverrides, trustedFamilies, trustedHeaders } from '../src/trusted-headers.ts'
import { attackTable } from '../test/attack/table.ts'
import { drawnMarks } from './marks.ts'

const checking = process.argv.includes('--check')
const schema = z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }) as JsonSchema

/** What the guides let their proxy set. */
const toldByGuides = [
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-User',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
]

const files: Record<string, string> = {
  'schema/config.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
  'docs/reference/config.md': configReference(),
  'docs/reference/errors.md': errorReference(),
  'docs/reference/warnings.md': warningReference(),
  'src/products/index.ts': descriptionList(),
  'src/products/client-kinds.ts': clientList(),
  'src/web/marks/drawn.ts': drawnMarks(),
  'docs/reference/headers.md': headerReference(),
  'docs/reference/metrics.md': metricReference(),
  'docs/reference/products.md': peopleReference(),
  'docs/guides/proxies/nginx.md': nginxGuide(),
  'docs/guides/proxies/traefik.md': traefikGuide(),
  ...(checking ? {} : { 'docs/security/attack-table.md': attackTable() }),
}

const stale = Object.entries(files).filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text)
for (const [file, text] of checking ? [] : stale) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  process.stdout.write(`wrote ${file}\n`)
}
if (checking && stale.length > 0) {
  process.stderr.write(`stale: ${stale.map(([file]) => file).join(', ')}; run npm run generate\n`)
  process.exitCode = 1
}

/** What each kind of product does with people about whom a provider says little. */
function peopleReference(): string {
  const rows = productKinds.flatMap((kind) => {
    const description: Pick<ProductDescription, 'title' | 'people'> | undefined = products[kind]
    // A new kind is in the list of the next run.
    if (description === undefined) return []
    const { title, people } = description
    const { withoutEmail, unverifiedEmail, unsaidEmail, withoutGroups, singleGroup, joinsGroups, refresh } = people
    const groups = joinsGroups === undefined ? singleGroup : `${singleGroup}; passed on ${joinsGroups} between groups`
    return [[title, withoutEmail, unverifiedEmail, unsaidEmail, withoutGroups, groups, refresh].map(cell).join(' | ')]
  })
  return `# What products do with people of whom a provider says little

Generated from \`people\` of each kind in \`src/products\`; do not edit. It is about sign-in at an OpenID Connect provider with the files that
\`gatehouse render\` writes. \`unknown\`: nobody here has read it in the source or the documentation of the product. \`gatehouse check\` warns
where the provider is known to say so little that something is lost.

| product | without an e-mail address | \`email_verified: false\` | no \`email_verified\` | in no group | one group, as a text | when the access token has expired |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`
}

interface JsonSchema {
  description?: string
  type?: string
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  required?: string[]
  default?: unknown
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  maxLength?: number
}

function configReference(): string {
  const rows: string[] = []
  describe(schema, '', rows)
  return `# Configuration

Generated from \`src/config/schema.ts\`; do not edit. Unknown keys are errors. \`gatehouse check\` names every problem with its place.
A setting can be overridden by an environment variable: \`GATEHOUSE__LISTEN__PORT=9000\`, \`GATEHOUSE__PRODUCTS__TRINO_PROD__URL=...\`
(two underscores between the parts; case, hyphens and single underscores do not count).

| key | type | default | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** A setting that may be null is described as what it is otherwise. */
function unlessNull(node: JsonSchema): JsonSchema {
  const [only, ...others] = (node.anyOf ?? []).filter(({ type }) => type !== 'null')
  if (!only || others.length > 0 || only === node) return node
  const description = node.description ?? only.description
  return { ...only, ...(description === undefined ? {} : { description }) }
}

function describe(written: JsonSchema, path: string, rows: string[]): void {
  const node = unlessNull(written)
  const children = Object.entries(node.properties ?? {})
  for (const [key, wanted] of children) {
    const child = unlessNull(wanted)
    const at = path === '' ? key : `${path}.${key}`
    const required = node.required?.includes(key) && child.default === undefined
    rows.push(
      `| \`${at}\` | ${typeOf(child)} | ${required ? 'required' : defaultOf(child)} | ${cell(child.description ?? '')} |`,
    )
    describe(child, at, rows)
  }
  if (typeof node.additionalProperties === 'object') describe(node.additionalProperties, `${path}.<name>`, rows)
  if (node.items) describe(node.items, `${path}[]`, rows)
}

function typeOf(node: JsonSchema): string {
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ')
  if (node.const !== undefined) return `\`${node.const}\``
  if (node.type === 'string' && node.maxLength !== undefined) return `text, at most ${node.maxLength} characters`
  if (node.anyOf) return node.anyOf.map(typeOf).join(' or ')
  if (node.type === 'array') return `list of ${node.items ? typeOf(node.items) : 'anything'}`
  if (node.type === 'object') return 'map'
  return (
    { string: 'text', integer: 'number', number: 'number', boolean: 'true or false' }[node.type ?? ''] ?? 'anything'
  )
}

function defaultOf(node: JsonSchema): string {
  if (node.default === undefined) return ''
  const text = JSON.stringify(node.default)
  return text === '{}' ? '' : `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function errorReference(): string {
  const rows = Object.entries(errorRows).map(
    ([code, { status, message, hint }]) => `| \`${code}\` | ${status} | ${cell(message)} | ${cell(hint)} |`,
  )
  return `# Errors

Generated from \`src/errors.ts\`; do not edit. Codes are stable: the same on the page, in the log, in \`gatehouse doctor\` and in
\`gatehouse explain CODE\`, which says more about each.

| code | status | what people read | what to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function warningReference(): string {
  const rows = Object.entries<WarningRow>(warningRows).map(
    ([name, { meaning, remedy }]) => `| ${code(name)} | ${cell(meaning)} | ${cell(remedy)} |`,
  )
  return `# Warnings about a configuration

Generated from \`src/config/warning-codes.ts\`; do not edit. \`gatehouse check\` prints the code of a warning at the end of its line, and as \`code\` with
\`--json\`. Codes are stable: a file that [acknowledges](../guides/check.md#warnings-that-may-be-as-they-are) one by code and place keeps its meaning.

| code | what is the matter | what to do |
| --- | --- | --- |
${rows.join('\n')}
`
}

function metricReference(): string {
  const rows = Object.entries<MetricRow>(metricTable).map(
    ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.map(code).join(' ')} | ${cell(help)} |`,
  )
  return `# Metrics

Generated from \`src/server/metrics/metric-table.ts\`; do not edit. [The guide](../guides/operations.md#metrics) says how to read them.

| metric | type | labels | what it says |
| --- | --- | --- | --- |
${rows.join('\n')}

A histogram has \`_bucket\` (label \`le\`, seconds), \`_sum\` and \`_count\`. Besides these come those that
[prom-client](https://github.com/siimon/prom-client) collects: \`process_*\` (CPU, memory, open files, start) and \`nodejs_*\`: the delay of the event loop
(\`nodejs_eventloop_lag_p99_seconds\` and its kin), heap, garbage collections, handles.

Labels come from the configuration (\`service\`, \`client\`, \`way\`) and from fixed lists (\`part\`, \`status\`, \`reason\`, \`outcome\`, \`grant\`, \`error\`): never from what somebody sends.
No name of a person, no address and no path is in them. Counts begin at 0 with the process; a reload keeps them.
`
}

function headerReference(): string {
  const kinds = Object.entries(headersOfKinds)
    .filter(([, names]) => names !== '')
    .map(([kind, names]) => `| \`${kind}\` | ${names.split(' ').map(code).join(' ')} |`)
  return `# Headers that services believe

Generated from \`src/trusted-headers.ts\`; do not edit. Services behind a proxy are told by headers who it is, what was asked for or from
where. The gate's reverse proxy removes every header of this page that a client sends, in any spelling that a server could read alike
(\`X_Forwarded_User\`, \`x.forwarded.user\`), and tells the service itself. Headers whose names servers read differently (\`X~User\`, \`X--User\`)
are refused with \`header-refused\`. A service adds names with \`removeHeaders\`, keeps some with \`keepHeaders\`, and lets odd names pass
with \`allowOddHeaderNames\`.

## Names that begin with

${trustedFamilies.map((family) => code(`${family}*`)).join(' ')}

## Names

${trustedHeaders.map(code).join(' ')}

## Of kinds of products

| kind | headers |
| --- | --- |
${kinds.join('\n')}

## Where rules depend on the method

Removed by the reverse proxy, and refused when another proxy asks and they differ from the method that is judged: ${methodOverrides.map(code).join(' ')}
`
}

function code(text: string): string {
  return `\`${text}\``
}

/** Names that a client must not send past a proxy which sets \`own\` itself, in alphabetical order. */
function cleaned(own: readonly string[]): string[] {
  return [...trustedHeaders, ...methodOverrides].filter((name) => !own.includes(name)).sort()
}

function nginxGuide(): string {
  const lines = cleaned(toldByGuides).map(
    (name) => `proxy_set_header ${name} ${name === 'X-Real-Ip' ? '$remote_addr' : '""'};\n`,
  )
  return withList('docs/guides/proxies/nginx.md', /(<!-- e2e: clean-headers\.conf -->\n```nginx\n)[^`]*(```)/, lines)
}

/** Traefik sets X-Forwarded-Port, X-Forwarded-Server and X-Real-Ip itself. */
function traefikGuide(): string {
  const own = [...toldByGuides, 'X-Forwarded-Port', 'X-Forwarded-Server', 'X-Real-Ip']
  const lines = cleaned(own).map((name) => `          ${name}: ""\n`)
  return withList(
    'docs/guides/proxies/traefik.md',
    /(customRequestHeaders:\n)(?: {10}\S+: ""\n)*(\n {2}services:)/,
    lines,
  )
}

/** A guide with the list between the two groups replaced. */
function withList(guide: string, place: RegExp, lines: readonly string[]): string {
  const text = readFileSync(guide, 'utf8')
  if (!place.test(text)) throw new Error(`${guide} has no place for its list`)
  return text.replace(place, (_, before: string, after: string) => before + lines.join('') + after)
}

/** Of every kind what writes its files: `ProductDescription`s, by the name of the kind. */
function descriptionList(): string {
  return listOfKinds({
    says: 'Every kind of product, with what writes its files.',
    declares: 'products: { readonly [K in ProductKind]: ProductDescription<K> }',
    imports: ["import type { ProductDescription } from './contract.ts'"],
    member: (kind) => ({ name: camelCase(kind), file: `./${kind}/index.ts` }),
  })
}

/** Of every kind what it is to providers, apart from what writes its files: the server loads this list only. */
function clientList(): string {
  return listOfKinds({
    says: 'Every kind of product as providers see it. Nothing here writes files, so that the server loads no renderer.',
    declares: 'clients: { readonly [K in ProductKind]: ClientKind<K> }',
    imports: ["import type { ClientKind } from './contract.ts'"],
    member: (kind) => ({ name: `${camelCase(kind)}Client`, file: `./${kind}/client.ts` }),
  })
}

function listOfKinds({
  says,
  declares,
  imports,
  member,
}: {
  says: string
  declares: string
  imports: readonly string[]
  member: (kind: string) => { name: string; file: string }
}): string {
  const members = productKinds.map((kind) => ({ kind, ...member(kind) }))
  const lines = [...imports, ...members.map(({ name, file }) => `import { ${name} } from '${file}'`)]
  const place = (line: string) => line.slice(line.indexOf(" from '"))
  const key = (kind: string) => (kind.includes('-') ? `'${kind}'` : kind)
  return `// Generated from the list in src/config/kinds/index.ts by \`npm run generate\`; do not edit.
import type { ProductKind } from '../config/schema.ts'
${lines.toSorted((one, other) => (place(one) < place(other) ? -1 : 1)).join('\n')}

/** ${says} */
export const ${declares} = {
${members.map(({ kind, name }) => `  ${kind === name ? name : `${key(kind)}: ${name}`},`).join('\n')}
}
`
}

function camelCase(kind: string): string {
  return kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
