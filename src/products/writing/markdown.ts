/** Lists of Markdown. The texts in them are Markdown already: user input goes through `mdCode` or `mdText` first. */
import { mdCode } from '../../formats.ts'

export function numbered(steps: readonly string[]): string {
  return steps
    .map((step, index) => {
      const marker = `${index + 1}. `
      // A line belongs to the step only if it is indented as far as the text of the step.
      return marker + step.replaceAll('\n', `\n${' '.repeat(marker.length)}`).replace(/^ +$/gm, '')
    })
    .join('\n')
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

export function codes(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.map(mdCode).join(', ')
}
