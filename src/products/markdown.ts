/** Lists of Markdown. The texts in them are Markdown already: user input goes through `mdCode` or `mdText` first. */
import { mdCode } from '../formats.ts'

export function numbered(steps: readonly string[]): string {
  return steps.map((step, index) => `${index + 1}. ${step.replaceAll('\n', '\n   ').replace(/^ +$/gm, '')}`).join('\n')
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

export function codes(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.map(mdCode).join(', ')
}
