import type { IncomingMessage } from 'node:http'
import { parseCookies, setCookie } from '../cookies.ts'
import type { Brand } from './brand.ts'
import { type Language, languageFor, languageOf, languages } from './languages/index.ts'
import type { Texts } from './languages/texts.ts'

/** How a page looks for whoever has asked for it: every page is made with one. */
export interface Look {
  brand: Brand
  language: Language
  /** Those of the language: `texts.choose.signIn`. */
  texts: Texts
  /** The address of this page below the issuer, for the links that show it in another language; undefined: it cannot be asked for again. */
  here?: string | undefined
}

/** Finds the look of pages. */
export interface Looks {
  brand: Brand
  /** `uiLocales`: the languages that the product asks for; the person's own choice comes first, what the browser says last. */
  of(request: IncomingMessage, asked?: { uiLocales?: string | undefined; here?: string | undefined }): Look
  /** The cookie that keeps somebody's choice; undefined: there is no such language. */
  choose(tag: string): string | undefined
}

/** The parameter of every page that asks for another language. */
export const languageParameter = 'language'
const aYear = 365 * 24 * 3600

/** @param secure the issuer is https. */
export function createLooks({ brand, secure }: { brand: Brand; secure: boolean }): Looks {
  const name = secure ? '__Host-gatehouse_language' : 'gatehouse_language'
  return {
    brand,
    of: (request, { uiLocales, here } = {}) => {
      const chosen = parseCookies(request.headers.cookie).get(name)
      const language = languageFor({ chosen, uiLocales, accepted: request.headers['accept-language'] })
      return { brand, language, texts: language.texts, here }
    },
    choose: (tag) => {
      const language = languageOf(tag)
      return language && setCookie({ name, value: language.tag, maxAge: aYear, secure })
    },
  }
}

/** The addresses of a page in every language. */
export function inEveryLanguage(here: string): { language: Language; href: string }[] {
  const [path = '/', query = ''] = here.split('?', 2)
  return languages.map((language) => {
    const parameters = new URLSearchParams(query)
    parameters.set(languageParameter, language.tag)
    return { language, href: `${path}?${parameters}` }
  })
}
