/**
 * A text that the schema allows is refused with a reason, or can be read back unchanged from the rendered files. Each run takes a golden
 * case, replaces some of its texts with hostile ones, and compares with the files for harmless texts: every file must
 * read as if only those texts had changed, so no value became a key, a line or code.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNested, readClaimPath } from '../src/claim-path.ts'
import { productKinds } from '../src/config/schema.ts'
import { allFiles } from '../src/products/render-product.ts'
import { type GoldenCase, goldenCases, type Leaf, leavesOf, renderData, withText } from './support/golden-cases.ts'
import { hostile } from './support/hostile-text.ts'
import { fc, runs } from './support/properties.ts'
import { comparable, readRendered, type Tree } from './support/read-rendered.ts'

/** Places of a kind, with the texts that go there. */
type Chosen = readonly (readonly [place: number, text: string])[]

/** How a text gets into a leaf: it replaces the leaf, or follows an address. */
type Insert = (old: string, text: string) => string
const inPlace: Insert = (_old, text) => text
/** Slashes at the ends of a path are not part of it. */
const insideOfPath: Insert = (_old, text) => `/x${text}x`
const behind: Insert = (old, text) => `${old}/${text}x`
/** What has a query is an address that somebody wrote whole, so the text is one that may stand in it. */
const inQuery: Insert = (old, text) => `${old}${text.isWellFormed() ? encodeURIComponent(text) : text}`

const insertsOf: ReadonlyMap<unknown, readonly Insert[]> = new Map([
  ['rootPath', [insideOfPath]],
  ['logoutUrl', [inQuery]],
])

interface Place {
  leaf: Leaf
  insert: Insert
}

const marker = (index: number) => `zq${index}zq`

/**
 * Where harmless and other texts are written in two different ways: the old chart of Amundsen makes the Secret of the client
 * itself, but only of plain texts.
 */
function hasTwoForms(name: string, path: Leaf['path']): boolean {
  return name === 'amundsen/flaskoidc-0-okta' && path[0] === 'secrets'
}

/** The leaves of a case that take a text of our choice. */
function placesOf({ name, data }: GoldenCase): Place[] {
  // Host names allow no such characters, and have no case.
  const leaves = leavesOf(data).filter(({ path }) => path.at(-1) !== 'hostname' && !hasTwoForms(name, path))
  return leaves.flatMap((leaf) => {
    const inserts = insertsOf.get(leaf.path.at(-1)) ?? [inPlace, behind]
    const insert = inserts.find((candidate) => {
      const rendered = renderData(withText(data, leaf, (old) => candidate(old, marker(0))))
      return rendered !== undefined && allFiles(rendered).length > 0
    })
    return insert ? [{ leaf, insert }] : []
  })
}

/** What is not a hostile text but means something else: a reference, a path, no prefix at all. */
function isOtherMeaning(place: Place | undefined, text: string): boolean {
  const { path = [], isKey } = place?.leaf ?? {}
  if (text === '') return path.at(-1) === 'groupsPrefix'
  // At Microsoft a scope with a slash is one of an API.
  if (path.includes('entra') && path.includes('scopes') && text.includes('/')) return true
  if (path.at(-1) === 'groupsClaim' && isNested(readClaimPath(text, { nestsDots: true }).path)) return true
  const takesReferences = !isKey && (path[0] === 'secrets' || path[2] === 'extra' || path[2] === 'dex')
  return takesReferences && /^\$\{(env|file):[^}]+\}$/.test(text)
}

function apply(data: unknown, places: readonly Place[], texts: readonly string[]): unknown {
  return places.reduce(
    (found, { leaf, insert }, index) => withText(found, leaf, (old) => insert(old, texts[index] ?? '')),
    data,
  )
}

interface Read {
  trees: Map<string, Tree>
  /** What the product said about the configuration. */
  remarks: readonly string[]
}

function read(data: unknown): Read | undefined {
  const rendered = renderData(data)
  if (!rendered) return undefined
  const files = allFiles(rendered)
  if (files.length === 0) {
    const errors = rendered.problems.filter(({ severity }) => severity === 'error')
    assert.ok(errors.length > 0 && errors.every(({ message }) => message.length > 20), 'a refusal has a reason')
    return undefined
  }
  for (const { path, content } of files) {
    assert.ok(content.isWellFormed() && content.endsWith('\n'), `${path} is well-formed text that ends its last line`)
  }
  const trees = new Map(files.map(({ path, content }) => [path, readRendered(path, content)]))
  return { trees, remarks: rendered.problems.map(({ message }) => message) }
}

interface Candidate extends GoldenCase {
  places: readonly Place[]
}

function candidatesOf(kind: string): Candidate[] {
  return goldenCases(kind)
    .map((found) => ({ ...found, places: placesOf(found) }))
    .filter(({ places }) => places.length > 0)
}

/**
 * Renders the case with the texts and with harmless ones in their places, and compares what a reader finds.
 *
 * @returns whether there was something to compare: not where a text was refused or warned of.
 */
function readsTheSame({ name, data, places }: Candidate, chosen: Chosen): boolean {
  const distinct = new Map(
    chosen
      .map(([which, text]): [number, string] => [which % places.length, text])
      .filter(([which, text]) => !isOtherMeaning(places[which], text)),
  )
  // Two equal keys would be one.
  if (new Set(distinct.values()).size < distinct.size) return false
  const there = [...distinct.keys()].map((index) => places[index] ?? assert.fail())
  const markers = there.map((_, index) => marker(index))
  const found = read(apply(data, there, [...distinct.values()]))
  if (!found) return false
  const harmless = read(apply(data, there, markers))
  // A problem has named what cannot be written.
  const texts = new Map([...distinct.values()].map((text, index) => [marker(index), text]))
  if (!harmless || !isSameSaid(found.remarks, harmless.remarks, texts)) return false
  try {
    assertSameTrees(found.trees, harmless.trees, texts)
  } catch (error) {
    const where = there.map(
      ({ leaf }, index) => `${leaf.path.join('.')}: ${JSON.stringify([...distinct.values()][index])}`,
    )
    throw new Error(`${name} with ${where.join(', ')}`, { cause: error })
  }
  return true
}

/** Whether the same is said: nothing, or the same sentences once the texts are cut out of them. */
function isSameSaid(
  found: readonly string[],
  harmless: readonly string[],
  texts: ReadonlyMap<string, string>,
): boolean {
  const without = (message: string, words: Iterable<string>) =>
    [...words]
      .flatMap((word) => [JSON.stringify(word).slice(1, -1), word])
      .reduce((left, word) => left.replaceAll(word, ''), message)
  return (
    found.length === harmless.length &&
    found.every((message, index) => without(message, texts.values()) === without(harmless[index] ?? '', texts.keys()))
  )
}

function assertSameTrees(
  found: ReadonlyMap<string, Tree>,
  harmless: ReadonlyMap<string, Tree>,
  texts: ReadonlyMap<string, string>,
): void {
  // HCL cannot hold every text, and REGISTER.md says the same in words.
  const left = (path: string) => path.endsWith('.tf') && !found.has(path)
  const paths = [...harmless.keys()].filter((path) => !left(path))
  assert.deepEqual([...found.keys()], paths, 'the same files')
  const otherwise = paths.length < harmless.size
  for (const [path, tree] of harmless) {
    if (left(path) || (otherwise && path === 'REGISTER.md')) continue
    const { actual, expected } = comparable(found.get(path), tree, texts)
    assert.deepEqual(actual, expected, path)
  }
}

/** What random runs have found once. */
const foundOnce: readonly (readonly [why: string, name: string, last: string, text: string])[] = [
  ['a variable called like a property of every object', 'grafana/client-id-variable', 'clientIdVariable', '__proto__'],
  ['a listener in upper case', 'kafka/4.0-keycloak', 'listener', 'No'],
  ['a group of GitHub with a slash', 'kafbat/several-classes', 'analysts', 'a/b'],
  [
    'a claim called like a property of every object',
    'oauth2-proxy/alpha-auth0-nickname',
    'principalClaim',
    '__proto__',
  ],
  [
    'a claim called like a method of every object',
    'oauth2-proxy/alpha-auth0-nickname',
    'principalClaim',
    'constructor',
  ],
  ['a parameter called like a method of every object', 'oauth2-proxy/parameters', 'kc_idp_hint', 'constructor'],
]
for (const [why, name, last, text] of foundOnce) {
  test(`${name} reads ${why}`, () => {
    const found = candidatesOf(name.split('/')[0] ?? '').find((candidate) => candidate.name === name) ?? assert.fail()
    const place = found.places.findIndex(({ leaf }) => String(leaf.path.at(-1)) === last)

    assert.ok(place >= 0 && readsTheSame(found, [[place, text]]))
  })
}

for (const kind of productKinds) {
  test(`${kind} reads the same values whatever is in them [render-properties-newline] [render-python-escape] [render-xml-escape]`, () => {
    const candidates = candidatesOf(kind)
    const numRuns = runs(12)
    let compared = 0

    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), hostile), { minLength: 1, maxLength: 3 }),
        (whichCase, chosen) => {
          if (readsTheSame(candidates[whichCase % candidates.length] ?? assert.fail(), chosen)) compared++
        },
      ),
      { numRuns },
    )
    assert.ok(compared >= numRuns / 20, `only ${compared} of ${numRuns} were rendered`)
  })

  test(`${kind} does not drop a text without a word`, () => {
    const dropped = goldenCases(kind).flatMap((found) =>
      placesOf(found)
        .filter(({ leaf }) => !saysNothing(leaf, found) && !isWarnedOf(leaf, found))
        .filter(
          (place) =>
            outcome(apply(found.data, [place], [marker(0)])) === outcome(apply(found.data, [place], [marker(1)])),
        )
        .map(({ leaf }) => `${found.name} ${leaf.path.join('.')}`),
    )
    assert.deepEqual(dropped, [])
  })
}

/** Texts for the server alone, classes of others, and references to secrets, whose values no file holds. */
function saysNothing({ path }: Leaf, { data }: GoldenCase): boolean {
  const last = String(path.at(-1))
  if (path[0] === 'authenticationClasses' && !JSON.stringify(data['products']).includes(`"${path[1]}"`)) return true
  if (path[0] === 'teams' || path[0] === 'login' || last === 'title') return true
  // Only for products that cannot read the discovery document.
  if (path.at(-2) === 'endpoints') return true
  // This server asks for the keys of its client there; the client's own settings are not Gatehouse's to write.
  if (last === 'jwksUri') return true
  // A product that asks the userinfo endpoint needs no keys.
  if (path.at(-2) === 'endpoints' && last === 'jwks') return true
  // The client of this server at its own way in.
  if (path[0] === 'secrets' && !JSON.stringify(data['products']).includes(`"${path[1]}"`)) return true
  return path[0] === 'secrets' && last !== 'clientId'
}

function isWarnedOf({ path }: Leaf, { data }: GoldenCase): boolean {
  const problems = renderData(data)?.problems ?? []
  return problems.some(
    (problem) => problem.path.length > 2 && problem.path.every((segment, index) => segment === path[index]),
  )
}

function outcome(data: unknown): string {
  const rendered = renderData(data)
  return rendered ? JSON.stringify([allFiles(rendered), rendered.problems]) : ''
}
