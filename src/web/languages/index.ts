/** The languages of the pages. A new one is a catalogue and a line here. */
import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { ja } from './ja.ts'
import type { Texts } from './texts.ts'

/** A language by its own name. */
export interface Language {
  /** BCP 47: `lang` of the page. */
  tag: string
  /** In itself: people find their own. */
  name: string
  direction: 'ltr' | 'rtl'
  texts: Texts
}

const english: Language = { tag: 'en', name: 'English', direction: 'ltr', texts: en }

export const languages: readonly Language[] = [
  english,
  { tag: 'de', name: 'Deutsch', direction: 'ltr', texts: de },
  { tag: 'es', name: 'Español', direction: 'ltr', texts: es },
  { tag: 'fr', name: 'Français', direction: 'ltr', texts: fr },
  { tag: 'ja', name: '日本語', direction: 'ltr', texts: ja },
]

/** The language with that tag; undefined: there is none. `de-AT` is `de`. */
export function languageOf(tag: string | undefined): Language | undefined {
  if (tag === undefined) return undefined
  const [primary] = tag.toLowerCase().split('-')
  return languages.find((language) => language.tag === primary)
}

/** Tags beyond these are nobody's: what a browser sends has a handful. */
const mostTags = 20

/** The best language for somebody: their own choice, what the product asks for (`ui_locales`), what the browser says; otherwise English. */
export function languageFor({
  chosen,
  uiLocales = '',
  accepted = '',
}: {
  chosen?: string | undefined
  /** OpenID Connect Core section 3.1.2.1: tags with blanks between, the preferred one first. */
  uiLocales?: string | undefined
  /** `Accept-Language` (RFC 9110 section 12.5.4). */
  accepted?: string | undefined
}): Language {
  const asked = [chosen, ...uiLocales.split(' ', mostTags), ...acceptedTags(accepted)]
  for (const tag of asked) {
    const language = languageOf(tag)
    if (language) return language
  }
  return english
}

function acceptedTags(header: string): string[] {
  const ranges = header.split(',', mostTags).map((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { tag, quality: quality === undefined ? 1 : Number(quality) }
  })
  return ranges
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag)
}
