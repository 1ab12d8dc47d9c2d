import { smallRyeList, smallRyeText, smallRyeVariable } from '../../formats.ts'
import type { PropertySyntax } from './files.ts'

/** Products on Quarkus: nothing in a text is expanded, and items of lists keep their commas. */
export const quarkusSyntax: PropertySyntax = {
  text: smallRyeText,
  variable: (name) => smallRyeVariable(name),
  list: (items) =>
    items.every((item) => typeof item !== 'object' && item !== '') ? smallRyeList(items.map(String)) : undefined,
}
