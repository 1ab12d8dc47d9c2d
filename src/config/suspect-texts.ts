/**
 * Texts that were meant as something else than they say: references to variables where none is read, and placeholders that somebody should have
 * replaced. Settings whose value is a secret refuse such references themselves (`misreadReference`).
 */
import { productKinds } from './kinds/index.ts'
import { type PathProblem, warning } from './problem.ts'
import type { Config } from './schema.ts'
import { parseSecretReference } from './secret-reference.ts'

/** In whole: `${NAME}`, `${env:NAME}`, `$(NAME)`, `{{ .Values.name }}`, `<%= name %>`, `%NAME%`, `$NAME`. */
const reference =
  /^(?:\$\{[^{}]+\}|\$\([A-Za-z_][\w.-]*\)|\{\{[^{}]+\}\}|<%[^%]+%>|%[A-Za-z_]\w*%|\$[A-Z][A-Z0-9_]{2,}|\$?env:[A-Za-z_]\w*)$/

/** Argo CD's `$name:key`, and names of variables in lower case: ids of clients do not look so. */
const referenceOfId = /^\$[A-Za-z_][\w.-]*(?::[\w.-]+)*$/

/** What import, guides and people write in the place of an id. */
const placeholder =
  /^(?:<.+>|(?:your|my)[-_ ]client[-_ ]?id|client-id|change[-_ ]?me|replace[-_ ]?me|todo|x{3,}|\.{3}|…)$/i

/** Settings that are a product's own: it may read references there. */
const ofProducts: ReadonlySet<string> = new Set(['extra', ...productKinds])

/** Where references are read. What else such a text could mean the schema says, but for the account of a directory. */
const takesReferences = [
  /^(?:store|encryptionKey|network\.proxy)$/,
  /^secrets\..+\.(?:clientSecret|privateKey|certificate|ca\.crt|tls\.crt|tls\.key|password|user)$/,
  /^secrets\..+\.users\..+$/,
]

/** A warning for each such text. */
export function suspectTexts(config: Config): PathProblem[] {
  return [...placeholders(config), ...referencesIn(config, [])]
}

/** The word of import at a product is said by the product (`commonProblems`), as `render` says it too. */
function placeholders({ secrets, products }: Pick<Config, 'secrets' | 'products'>): PathProblem[] {
  const said = new Set(
    Object.values(products).flatMap(({ authentication }) =>
      authentication.map(({ oidc }) => oidc?.clientCredentialsSecret),
    ),
  )
  return Object.entries(secrets).flatMap(([name, { clientId, clientIdVariable }]) => {
    // The product reads the id from its environment.
    if (clientId === undefined || clientIdVariable !== undefined || !placeholder.test(clientId)) return []
    if (clientId === 'CLIENT-ID' && said.has(name)) return []
    const message = 'is a placeholder: write the id that the provider gave to the client'
    return [warning('placeholder-left', ['secrets', name, 'clientId'], message)]
  })
}

function referencesIn(data: unknown, path: readonly (string | number)[]): PathProblem[] {
  if (typeof data === 'string') return problemOf(data, path)
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) =>
    isElsewhere(path, key) ? [] : referencesIn(value, [...path, Array.isArray(data) ? Number(key) : key]),
  )
}

/** Names for people, and what a product reads itself. */
function isElsewhere(path: readonly (string | number)[], key: string): boolean {
  if (path.length === 0) return key === 'acknowledge'
  if (path.length !== 2) return false
  return key === 'title' || (path[0] === 'products' && ofProducts.has(key))
}

function problemOf(text: string, path: readonly (string | number)[]): PathProblem[] {
  const isId = path.at(-1) === 'clientId'
  if (!reference.test(text) && !(isId && referenceOfId.test(text))) return []
  const at = path.join('.')
  if (takesReferences.some((place) => place.test(at))) {
    if (path.at(-1) !== 'user' || parseSecretReference(text).kind !== 'literal') return []
    return [warning('reference-misread', path, 'is no reference, so it is taken as it is: write ${env:NAME}')]
  }
  const message =
    'looks like a reference, and none is read here: it is taken as it is. Write the value, or set it by a variable of the form GATEHOUSE__...'
  return [warning('reference-misread', path, message)]
}
