import { createBrand } from '../../src/web/brand.ts'
import { languageFor } from '../../src/web/languages/index.ts'
import type { Look } from '../../src/web/look.ts'

const language = languageFor({})

/** The look of a server whose operator has configured none, in English. */
export const plainLook: Look = {
  brand: createBrand({}, { issuer: 'https://id.example.com' }),
  language,
  texts: language.texts,
}
