/** The colour of the operator, in light and in dark: contrasts by WCAG 2.2. Colours are `#rrggbb`. */

type Rgb = readonly [number, number, number]

/** WCAG 2.2, success criterion 1.4.3. */
export const leastContrast = 4.5

/** Of the surfaces of the style sheet (web/style.ts) those that are hardest to stand out from. */
const surfaces = { light: '#f2f4f7', dark: '#252b32' } as const
const inks = ['#ffffff', '#10141a'] as const

/** The contrast of two colours (WCAG 2.2), from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(rgb(one)), luminance(rgb(other))]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/** The contrast of an accent on the light pages. */
export function contrastOnLight(accent: string): number {
  return contrast(accent, surfaces.light)
}

/** The colour itself where it is dark enough for light pages, otherwise the next darker one that is. */
export function darkEnough(accent: string): string {
  return towards(accent, [0, 0, 0], (color) => contrast(color, surfaces.light) >= leastContrast)
}

/** The colour as much lighter as dark pages need. */
export function lightEnough(accent: string): string {
  return towards(accent, [255, 255, 255], (color) => contrast(color, surfaces.dark) >= leastContrast)
}

/** What stands out more on a colour: white, or almost black. */
export function inkOn(color: string): string {
  return inks.toSorted((one, other) => contrast(other, color) - contrast(one, color))[0] ?? inks[0]
}

/** The first colour on the way to another that will do, in steps of a hundredth. */
function towards(color: string, end: Rgb, isGood: (color: string) => boolean): string {
  const start = rgb(color)
  for (let step = 0; step <= 100; step++) {
    const mixed = hex(start.map((part, index) => part + ((end[index] ?? 0) - part) * (step / 100)))
    if (isGood(mixed)) return mixed
  }
  return hex(end)
}

function rgb(color: string): Rgb {
  const part = (index: number) => Number.parseInt(color.slice(1 + 2 * index, 3 + 2 * index), 16)
  return [part(0), part(1), part(2)]
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

function luminance(color: Rgb): number {
  const [r = 0, g = 0, b = 0] = color.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
