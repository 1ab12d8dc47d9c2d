/** Texts that a product would replace, cut or misread, which its kind refuses. */
import type { ProductInput, ProductProblem, Provider, ResolvedClass } from '../contract.ts'
import { error } from './problem.ts'

/** A text, what it is, and where it is in the configuration. */
export interface NamedText {
  what: string
  text: string
  path: ProductProblem['path']
}

export function providerTexts(provider: Provider): NamedText[] {
  const { path } = provider
  return [
    ...clientTexts(provider),
    { what: 'principalClaim', text: provider.principalClaim, path },
    ...provider.groupsClaim.map((text) => ({ what: 'groupsClaim', text, path })),
    ...provider.scopes.map((text) => ({ what: 'scope', text, path })),
  ]
}

/** What its button says, if the configuration says so. */
export function titleTexts({ entry, path }: Pick<ResolvedClass, 'entry' | 'path'>): NamedText[] {
  return entry.title === undefined ? [] : [{ what: 'title', text: entry.title, path }]
}

/** The client id, unless it comes from a variable. */
export function clientTexts({
  clientId,
  clientIdVariable,
  path,
}: Pick<Provider, 'clientId' | 'clientIdVariable' | 'path'>): NamedText[] {
  return clientIdVariable === undefined ? [{ what: 'client id', text: clientId, path }] : []
}

export function roleTexts({ product, path }: ProductInput): NamedText[] {
  return Object.entries(product.roles).flatMap(([group, roles]) =>
    [group, ...roles].map((text) => ({ what: 'name', text, path: [...path, 'roles', group] })),
  )
}

/** An error for each text that matches, each once. `why` completes "the client id "x" ...". */
export function textProblems(
  texts: readonly NamedText[],
  unsafe: (text: string) => boolean,
  why: string,
): ProductProblem[] {
  const matching = texts.filter(({ text }) => unsafe(text))
  const once = matching.filter(
    ({ what, text }, index) => matching.findIndex((other) => other.what === what && other.text === text) === index,
  )
  return once.map(({ what, text, path }) => error(path, `the ${what} ${JSON.stringify(text)} ${why}`))
}
